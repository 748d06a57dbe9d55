"""The way of a clip into the catalogue step by step, in this process: what takes how many CPU seconds."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from coldreel.media.limits import Limits
from coldreel.media.playback import decide
from coldreel.media.remuxing import remux
from coldreel.media.watch import watch
from coldreel.model import Playback
from coldreel.settings import Settings
from coldreel.understand.choice import Chosen, Rooms
from coldreel.understand.contract import FootageProvider
from coldreel.understand.signals import reading

Result = TypeVar("Result")


@dataclass(slots=True)
class Stopwatch:
    """CPU seconds of this process by step."""

    seconds: dict[str, float] = field(default_factory=dict)

    def time(self, step: str, work: Callable[[], Result]) -> Result:
        start = time.process_time()
        try:
            return work()
        finally:
            self.seconds[step] = self.seconds.get(step, 0.0) + time.process_time() - start


def step_by_step(clips: Sequence[Path]) -> dict[str, float]:
    """CPU seconds of decoding, descriptors, reading (OCR), placing in the vector space and making playable.

    Summed over the clips; models are loaded before the clock starts.
    """
    chosen = Rooms(Settings.load(provider="signals")).choose()
    reading.read(watch(clips[0], Limits()).frames)
    clock = Stopwatch()
    with tempfile.TemporaryDirectory() as folder:
        for clip in clips:
            _one(clip, Path(folder) / "rendition.mp4", chosen, clock)
    return clock.seconds


def _one(clip: Path, rendition: Path, chosen: Chosen, clock: Stopwatch) -> None:
    limits = Limits()
    footage = clock.time("decoding", lambda: watch(clip, limits))
    before = dict(clock.seconds)
    provider = chosen.provider
    assert isinstance(provider, FootageProvider)
    understanding = clock.time("descriptors", lambda: provider.understand(footage))
    clock.time("reading", lambda: reading.read(footage.frames))
    # The provider has read too: what it took beyond that is the descriptors' share.
    clock.seconds["descriptors"] -= clock.seconds["reading"] - before.get("reading", 0.0)
    clock.time("placing", lambda: chosen.place(understanding.blocks, understanding.description))

    def playable() -> None:
        if decide(clip, footage.facts, limits) is Playback.REMUX:
            remux(clip, rendition, limits)

    clock.time("making playable", playable)
