"""The envelope of a sound: how loud it is in four bands, sixteen times a second.

Two recordings of one sound have one envelope, however they were coded and however loud they are; and as it is
fine in time, it also tells by how much the one begins later than the other.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from coldreel.model import SOUND_RATE

RATE = 16
"""Levels a second."""
BAND_EDGES_HZ = (100, 400, 1000, 2500, 6000)
"""Four bands of voice and music that every coder keeps, about as wide as each other to the ear."""
BANDS = len(BAND_EDGES_HZ) - 1
STEPS_PER_DB = 4
RANGE_DB = 60
"""Below the loudest moment; what is fainter than that is taken for silence."""
FAINTEST_DB = -40.0
"""Where silence begins at the latest: the noise of 16 bits."""
EVEN_DB = 2.0
"""Standard deviation of levels from which there is something to compare: hum and hiss stay below."""
ALIKE = 0.87
"""Correlation of the envelopes of one sound: of 65 real clips, begun later by some part of a second and coded
anew with 32 kbit/s, the least had .92; of 3,081 pairs of other clips the greatest had .78."""

_WINDOW = 3 * SOUND_RATE // RATE
_HOP = SOUND_RATE // RATE

Envelope = NDArray[np.uint8]


def envelope(sound: NDArray[np.float32], seconds: float) -> Envelope:
    """Levels, uint8 (n, BANDS), in quarters of a decibel above the faintest that counts.

    sound: float32 (samples,), 16 kHz mono; no more than the first `seconds` count. n is 0 when it is shorter
    than a window of 0.19 s.
    """
    sound = sound[: math.ceil(seconds * SOUND_RATE)]
    if len(sound) < _WINDOW:
        return np.zeros((0, BANDS), np.uint8)
    pieces = np.lib.stride_tricks.sliding_window_view(sound, _WINDOW)[::_HOP]
    power = np.abs(np.fft.rfft(pieces * np.hanning(_WINDOW).astype(np.float32), axis=1)) ** 2
    hertz = np.fft.rfftfreq(_WINDOW, 1 / SOUND_RATE)
    edges = np.searchsorted(hertz, BAND_EDGES_HZ)
    bands = np.add.reduceat(power[:, : edges[-1]], edges[:-1], axis=1)
    decibels = 10 * np.log10(bands + 1e-9)
    faintest = max(decibels.max() - RANGE_DB, FAINTEST_DB)
    return np.asarray(np.clip(np.rint((decibels - faintest) * STEPS_PER_DB), 0, 255), np.uint8)


def delay_s(one: Envelope, other: Envelope, least_overlap: float) -> float | None:
    """Seconds by which the sound of the one is found later in the other; None when it is another sound.

    least_overlap: share of the longer one that they must have in common
    """
    least = max(RATE, math.ceil(least_overlap * max(len(one), len(other))))
    if min(len(one), len(other)) < least:
        return None
    # A sound may begin anywhere between two windows of the other: halfway is tried as well.
    halfway = (other[1:] / 2 + other[:-1] / 2).astype(np.float64)
    best, best_delay = ALIKE, None
    for shift, levels in ((0.0, other.astype(np.float64)), (0.5, halfway)):
        delays, correlation = _correlations(one.astype(np.float64), levels, least)
        if len(delays) and correlation.max() >= best:
            best, best_delay = correlation.max(), (delays[correlation.argmax()] + shift) / RATE
    return best_delay


def _correlations(
    one: NDArray[np.float64], other: NDArray[np.float64], least: int
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """For each delay that leaves enough in common, the correlation of what is; 0 where one is even."""
    delays = np.arange(least - len(one), len(other) - least + 1)
    starts, ends = np.maximum(0, -delays), np.minimum(len(one), len(other) - delays)
    length = (ends - starts)[:, None]
    size = len(one) + len(other)
    spectrum = np.fft.rfft(other, size, axis=0) * np.fft.rfft(one, size, axis=0).conj()
    products = np.fft.irfft(spectrum, size, axis=0)[delays]

    def summed(
        values: NDArray[np.float64], first: NDArray[np.intp], end: NDArray[np.intp]
    ) -> NDArray[np.float64]:
        sums = np.vstack([np.zeros(BANDS), values.cumsum(axis=0)])
        return np.asarray(sums[end] - sums[first])

    sum_one, sum_other = summed(one, starts, ends), summed(other, starts + delays, ends + delays)
    spread_one = (summed(one**2, starts, ends) - sum_one**2 / length).sum(axis=1)
    spread_other = (summed(other**2, starts + delays, ends + delays) - sum_other**2 / length).sum(axis=1)
    together = (products - sum_one * sum_other / length).sum(axis=1)
    uneven = np.minimum(spread_one, spread_other) > (EVEN_DB * STEPS_PER_DB) ** 2 * length[:, 0] * BANDS
    return delays, np.where(uneven, together / np.sqrt(np.maximum(spread_one * spread_other, 1e-9)), 0.0)
