"""Which shorts there are, and drawing one of them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from coldreel.media.demo.caption import Caption
from coldreel.media.demo.film import RATE_HZ, write_film
from coldreel.media.demo.kinds import KINDS
from coldreel.media.demo.scene import Take
from coldreel.media.demo.synth import master

SHORTEST_S = 5.0
LONGEST_S = 8.0
FRAME_RATES = (24, 25)


@dataclass(frozen=True, slots=True)
class DemoShort:
    """One drawn short. Its file name says nothing; `kind` is for tests and evaluation only."""

    path: Path
    kind: str
    caption: str


def plan(folder: Path, index: int, seed: int) -> DemoShort:
    """The short at a place of the list: kinds take turns, and every turn is another take."""
    turn, number = divmod(index, len(KINDS))
    kind = list(KINDS)[number]
    captions = KINDS[kind].captions
    opaque = hashlib.blake2s(f"{seed} {index}".encode(), digest_size=3).hexdigest()
    return DemoShort(folder / f"short-{opaque}.mp4", kind, captions[turn % len(captions)])


def draw_one(folder: Path, index: int, seed: int) -> DemoShort:
    """Draw the short at a place of the list and write its file.

    Raises OSError when the folder cannot be written.
    """
    short = plan(folder, index, seed)
    rng = np.random.default_rng([seed, index])
    fps = int(rng.choice(FRAME_RATES))
    frames = round(rng.uniform(SHORTEST_S, LONGEST_S) * fps)
    scene = KINDS[short.kind](Take(index // len(KINDS), frames / fps, rng))
    caption = Caption(short.caption)

    pictures = (caption.on(scene.frame(number / fps), number / fps) for number in range(frames))
    write_film(short.path, pictures, fps, master(scene.sound(RATE_HZ), RATE_HZ))
    return short
