"""A re-upload is known again, and other videos of the same scene are not taken for one."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from coldreel.media.fingerprints import MOST_SECONDS, fingerprint
from coldreel.media.likeness import Fingerprint, is_one_video
from coldreel.model import SOUND_RATE

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


def voice(seed: int, seconds: float = 8) -> NDArray[np.float32]:
    """Syllables: bursts of tones, at random."""
    rng = np.random.default_rng(seed)
    sound = rng.normal(0, 1e-3, round(seconds * SOUND_RATE)).astype(np.float32)
    for start in rng.integers(0, len(sound), round(4 * seconds)):
        burst = np.arange(min(SOUND_RATE // 8, len(sound) - start)) / SOUND_RATE
        sound[start : start + len(burst)] += 0.2 * np.sin(2 * np.pi * rng.uniform(150, 4000) * burst)
    return sound


def print_of(frames: Frames, sound: NDArray[np.float32] | None = None) -> Fingerprint:
    return fingerprint(frames, np.arange(len(frames), dtype=np.float64), sound)


def letterboxed(frames: Frames) -> Frames:
    return np.pad(frames, ((0, 0), (40, 40), (0, 0), (0, 0)))


def captioned(frames: Frames) -> Frames:
    changed = frames.copy()
    changed[:, 128:148] = 255
    return changed


def coded_again(frames: Frames) -> Frames:
    quality = [cv2.IMWRITE_JPEG_QUALITY, 30]
    halves = [cv2.resize(frame, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA) for frame in frames]
    coded = [cv2.imencode(".jpg", half, quality)[1] for half in halves]
    return np.stack([np.asarray(cv2.imdecode(jpeg, 1), np.uint8) for jpeg in coded])


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


def distance(one: Fingerprint, other: Fingerprint) -> float:
    """Between the scenes, whichever way round the one is."""
    return min(float(np.linalg.norm(each.scene - other.scene)) for each in (one, one.mirrored))


@pytest.mark.parametrize("made", [video, speaker])
@pytest.mark.parametrize("name", ALTERED)
def test_a_re_upload_is_known_again_both_ways(made: Callable[[int], Frames], name: str) -> None:
    for seed in range(3):
        frames = made(seed)
        one, other = print_of(frames), print_of(np.ascontiguousarray(ALTERED[name](frames)))
        assert is_one_video(one, other)
        assert is_one_video(other, one)
        others = [print_of(made(seed)) for seed in range(100, 120)]
        assert distance(other, one) < min(distance(other, each) for each in others)


@pytest.mark.parametrize("made", [video, speaker])
def test_other_videos_are_not(made: Callable[[int], Frames]) -> None:
    prints = [print_of(made(seed)) for seed in range(8)]
    for i, one in enumerate(prints):
        assert not any(is_one_video(one, other) for other in prints[i + 1 :])


@pytest.mark.parametrize("alter", [lambda frames: frames, lambda frames: frames[:, :, ::-1]])
def test_a_copy_that_begins_half_a_second_later_is_known_by_its_sound(
    alter: Callable[[Frames], Frames],
) -> None:
    for seed in range(3):
        moments, sound = speaker(seed, seconds=16), voice(seed)  # two pictures a second
        original = print_of(moments[::2], sound)
        later = print_of(np.ascontiguousarray(alter(moments[1::2])), sound[SOUND_RATE // 2 :] / np.float32(2))
        assert is_one_video(later, original)
        assert is_one_video(original, later)
        assert not is_one_video(print_of(moments[1::2]), original)  # not by what is seen


def test_the_same_sound_alone_makes_no_copy() -> None:
    sound = voice(1)
    later = sound[SOUND_RATE // 2 :]
    assert not is_one_video(print_of(video(1), sound), print_of(video(2), later))  # one song, two videos
    assert not is_one_video(print_of(speaker(1), sound), print_of(speaker(2), sound))  # two takes to one song


def test_another_sound_excuses_nothing() -> None:
    assert is_one_video(print_of(video(1), voice(1)), print_of(video(1), voice(2)))
    moments = speaker(1, seconds=16)
    assert not is_one_video(print_of(moments[::2], voice(1)), print_of(moments[1::2], voice(2)))


def test_a_part_of_a_much_longer_video_is_not_the_video() -> None:
    frames = video(1, seconds=20)
    assert not is_one_video(print_of(frames[:8]), print_of(frames))


def test_frames_that_stay_on_show_count_for_each_second() -> None:
    frames = video(1, seconds=3)
    held = fingerprint(frames, np.array([0.0, 1.0, 4.0]), None)
    assert np.array_equal(held.pictures, print_of(frames).pictures[[0, 1, 1, 1, 2]])
    assert len(fingerprint(video(1, 2), np.array([0.0, 500.0]), None).pictures) == MOST_SECONDS


@pytest.mark.parametrize("level", [0, 10, 255])
def test_plain_pictures_are_not_looked_for(level: int) -> None:
    frames = np.full((5, 90, 160, 3), level, np.uint8)
    assert print_of(frames).is_plain
    assert not print_of(video(1)).is_plain
    assert np.isfinite(print_of(frames).scene).all()


def test_a_fingerprint_comes_back_from_its_bytes() -> None:
    for one in (print_of(video(3)), print_of(video(3), voice(3))):
        again = Fingerprint.from_bytes(one.to_bytes())
        assert np.array_equal(again.pictures, one.pictures)
        assert np.array_equal(again.sound, one.sound)
    assert np.array_equal(one.mirrored.mirrored.hashes, one.hashes)
