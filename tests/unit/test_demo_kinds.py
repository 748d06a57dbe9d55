"""Each kind of demo short: pictures that follow from the time, sound, readable words, a look of its own."""

from __future__ import annotations

import difflib

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from coldreel.media.demo import DemoShort
from coldreel.media.demo.canvas import HEIGHT, WIDTH, Picture
from coldreel.media.demo.caption import Caption
from coldreel.media.demo.kinds import KINDS
from coldreel.media.demo.scene import Scene, Take

TAKES = 6


def scene(kind: str, number: int = 0, seed: int = 1) -> Scene:
    return KINDS[kind](Take(number, 6.0, np.random.default_rng(seed)))


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_follows_from_the_time_alone(kind: str) -> None:
    one, other = scene(kind), scene(kind)
    early = one.frame(1.0)
    assert early.shape == (HEIGHT, WIDTH, 3)
    assert early.dtype == np.uint8
    other.frame(4.0)
    np.testing.assert_array_equal(early, other.frame(1.0))
    assert np.abs(early.astype(int) - one.frame(4.0)).mean() > 0.5


@pytest.mark.parametrize("kind", KINDS)
def test_takes_and_seeds_differ(kind: str) -> None:
    pictures = [scene(kind, number).frame(2.0).astype(int) for number in range(TAKES)]
    pictures.append(scene(kind, 0, seed=2).frame(2.0).astype(int))
    for place, picture in enumerate(pictures):
        assert all(np.abs(picture - other).mean() > 2 for other in pictures[:place])


@pytest.mark.parametrize("kind", KINDS)
def test_the_sound_fills_the_short(kind: str) -> None:
    track = scene(kind).sound(44_100)
    assert track.shape == (6 * 44_100,)
    assert np.isfinite(track).all()
    for second in track.reshape(6, -1):
        assert np.sqrt(np.mean(second**2)) > 0.05 * np.sqrt(np.mean(track**2))


def look(picture: Picture) -> NDArray[np.float64]:
    """Coarse colours and the strength of edges: less than any describer sees."""
    small = cv2.resize(picture, (4, 8), interpolation=cv2.INTER_AREA)
    edges = cv2.Laplacian(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.CV_32F)
    rough = cv2.resize(np.abs(edges), (4, 8), interpolation=cv2.INTER_AREA)
    return np.concatenate([small.ravel() / 128.0, rough.ravel() / 8.0])


def test_kinds_can_be_told_apart_by_a_crude_eye() -> None:
    labels = [kind for kind in KINDS for _ in range(TAKES)]
    looks = np.stack([look(scene(kind, number).frame(3.0)) for kind in KINDS for number in range(TAKES)])
    apart = np.linalg.norm(looks[:, None] - looks[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    right = np.mean([labels[near] == label for near, label in zip(apart.argmin(axis=1), labels, strict=True)])
    assert right > 0.9  # one in ten by chance


@pytest.mark.parametrize("words", ["Snow", "Waves at dusk", "Butterflies in the garden"])
def test_a_caption_stays_inside_the_picture_and_is_white_on_dark(words: str) -> None:
    picture = np.full((HEIGHT, WIDTH, 3), 128, np.uint8)
    written = Caption(words).on(picture.copy(), 2.0)
    changed = np.argwhere((written != picture).any(axis=2))
    assert changed[:, 1].min() > 0
    assert changed[:, 1].max() < WIDTH - 1
    assert written.max() == 255
    assert written.min() < 60


def test_captions_can_be_read_by_a_machine(demo_clips: list[DemoShort]) -> None:
    rapidocr = pytest.importorskip("rapidocr")
    reader = rapidocr.RapidOCR()
    for short in demo_clips[: len(KINDS) : 3]:
        with av.open(str(short.path)) as container:
            frame = next(frame for frame in container.decode(video=0) if frame.time >= 1)
            picture = frame.to_ndarray(format="bgr24")[:240]
        read = " ".join(reader(picture).txts or ())
        alike = difflib.SequenceMatcher(None, read.lower(), short.caption.lower()).ratio()
        assert alike > 0.8, (read, short.caption)
