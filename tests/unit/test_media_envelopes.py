"""One sound has one envelope, however loud it is, and it is known by how much it begins later."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from coldreel.media.envelopes import BANDS, RATE, delay_s, envelope
from coldreel.model import SOUND_RATE

Samples = NDArray[np.float32]


def drumming(seed: int, seconds: float = 8) -> Samples:
    """Noise that swells and ebbs at random."""
    rng = np.random.default_rng(seed)
    beats = np.exp(2 * rng.normal(size=round(seconds * 6)))
    loud = np.interp(np.linspace(0, 1, round(seconds * SOUND_RATE)), np.linspace(0, 1, len(beats)), beats)
    return np.asarray(rng.normal(size=len(loud)) * loud / 100, np.float32)


def test_sixteen_levels_a_second_in_four_bands() -> None:
    levels = envelope(drumming(1, seconds=3), seconds=60)
    assert levels.dtype == np.uint8
    assert levels.shape == (3 * RATE - 2, BANDS)  # the last window is three hops long
    assert len(envelope(drumming(1, seconds=9), seconds=2)) == 2 * RATE - 2


def test_a_tone_is_heard_in_its_band_alone() -> None:
    tone = np.sin(2 * np.pi * 1600 * np.arange(SOUND_RATE) / SOUND_RATE).astype(np.float32)
    levels = envelope(tone, 60)
    assert levels[:, 2].min() == 240  # the loudest: 60 dB above the faintest, in quarters
    assert levels[:, [0, 1, 3]].max() < 40


@pytest.mark.parametrize("later_s", [0.0, 0.25, 0.5, 0.3, 1.47])
def test_the_delay_of_a_quieter_copy_is_known_to_half_a_window(later_s: float) -> None:
    sound = drumming(2)
    copy = sound[round(later_s * SOUND_RATE) :] * 0.3
    whole, later = envelope(sound, 60), envelope(copy, 60)
    found, back = delay_s(later, whole, 0.6), delay_s(whole, later, 0.6)
    assert found == pytest.approx(later_s, abs=0.5 / RATE)
    assert back == pytest.approx(-later_s, abs=0.5 / RATE)


def test_other_sounds_have_no_delay() -> None:
    each = [envelope(drumming(seed), 60) for seed in range(12)]
    assert all(delay_s(one, other, 0.6) is None for one in each for other in each if one is not other)


@pytest.mark.parametrize(
    "sound",
    [
        np.zeros(5 * SOUND_RATE, np.float32),
        np.sin(np.arange(5 * SOUND_RATE)).astype(np.float32),
        np.random.default_rng(0).normal(0, 0.1, 5 * SOUND_RATE).astype(np.float32),
        np.zeros(100, np.float32),
        np.zeros(0, np.float32),
    ],
    ids=["silence", "hum", "hiss", "a blink", "nothing"],
)
def test_what_is_even_proves_nothing(sound: Samples) -> None:
    levels = envelope(sound, 60)
    assert delay_s(levels, levels, 0.6) is None


def test_a_short_part_of_a_sound_is_not_the_sound() -> None:
    sound = drumming(3, seconds=20)
    assert delay_s(envelope(sound[: 8 * SOUND_RATE], 60), envelope(sound, 60), 0.6) is None
