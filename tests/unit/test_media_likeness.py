"""A re-upload is known again, and other videos of the same scene are not taken for one."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from coldreel.media.fingerprints import MOST_SECONDS, fingerprint
from coldreel.media.likeness import Fingerprint, is_one_video

Frames = NDArray[np.uint8]


def video(seed: int, seconds: int = 8, height: int = 160, width: int = 90) -> Frames:
    """Each second another blurred picture."""
    rng = np.random.default_rng(seed)
    small = rng.integers(0, 256, (seconds, 12, 10, 3), dtype=np.uint8)
    return np.stack(
        [cv2.resize(picture, (width, height), interpolation=cv2.INTER_CUBIC) for picture in small]
    )


def speaker(seed: int, seconds: int = 8) -> Frames:
    """Always the same room, in which a hand moves."""
    rng = np.random.default_rng(seed)
    frames = np.repeat(video(99, 1), seconds, axis=0)
    for frame in frames:
        y, x = rng.integers(20, 120), rng.integers(10, 60)
        frame[y : y + 30, x : x + 25] = (230, 190, 170)
    return frames


def print_of(frames: Frames) -> Fingerprint:
    return fingerprint(frames, np.arange(len(frames), dtype=np.float64))


def letterboxed(frames: Frames) -> Frames:
    return np.pad(frames, ((0, 0), (40, 40), (0, 0), (0, 0)))


def captioned(frames: Frames) -> Frames:
    changed = frames.copy()
    changed[:, 128:148] = 255
    return changed


def coded_again(frames: Frames) -> Frames:
    quality = [cv2.IMWRITE_JPEG_QUALITY, 30]
    halves = [cv2.resize(frame, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA) for frame in frames]
    return np.stack([cv2.imdecode(cv2.imencode(".jpg", half, quality)[1], 1) for half in halves])


ALTERED: dict[str, Callable[[Frames], Frames]] = {
    "itself": lambda frames: frames,
    "coded again": coded_again,
    "brighter": lambda frames: np.clip(frames * 1.1 + 15, 0, 255).astype(np.uint8),
    "captioned": captioned,
    "letterboxed": letterboxed,
    "cropped": lambda frames: frames[:, 4:-4, 2:-2],
    "mirrored": lambda frames: frames[:, :, ::-1],
    "begun two seconds later": lambda frames: frames[2:],
}


@pytest.mark.parametrize("made", [video, speaker])
@pytest.mark.parametrize("name", ALTERED)
def test_a_re_upload_is_known_again_both_ways(made: Callable[[int], Frames], name: str) -> None:
    for seed in range(3):
        frames = made(seed)
        one, other = print_of(frames), print_of(np.ascontiguousarray(ALTERED[name](frames)))
        assert is_one_video(one, other)
        assert is_one_video(other, one)
        asked = {*other.keys(24), *other.mirrored.keys(24)}
        assert asked & set(one.keys())


@pytest.mark.parametrize("made", [video, speaker])
def test_other_videos_are_not(made: Callable[[int], Frames]) -> None:
    prints = [print_of(made(seed)) for seed in range(8)]
    for i, one in enumerate(prints):
        assert not any(is_one_video(one, other) for other in prints[i + 1 :])


def test_a_part_of_a_much_longer_video_is_not_the_video() -> None:
    frames = video(1, seconds=20)
    assert not is_one_video(print_of(frames[:8]), print_of(frames))


def test_frames_that_stay_on_show_count_for_each_second() -> None:
    frames = video(1, seconds=3)
    held = fingerprint(frames, np.array([0.0, 1.0, 4.0]))
    assert np.array_equal(held.pictures, print_of(frames).pictures[[0, 1, 1, 1, 2]])
    assert len(fingerprint(video(1, 2), np.array([0.0, 500.0])).pictures) == MOST_SECONDS


@pytest.mark.parametrize("level", [0, 10, 255])
def test_plain_pictures_are_not_looked_for(level: int) -> None:
    frames = np.full((5, 90, 160, 3), level, np.uint8)
    assert print_of(frames).keys() == []


def test_a_fingerprint_comes_back_from_its_bytes() -> None:
    one = print_of(video(3))
    assert np.array_equal(Fingerprint.from_bytes(one.to_bytes()).pictures, one.pictures)
    assert np.array_equal(one.mirrored.mirrored.hashes, one.hashes)
