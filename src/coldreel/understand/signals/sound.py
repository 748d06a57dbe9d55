"""What the sound is like: loudness, timbre, how it changes, its beat. Nothing is recognised."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

RATE = 16_000
"""Samples a second of `Footage.sound`."""
WINDOW, HOP = 512, 320
"""Samples: windows of 32 ms, one every 20 ms."""
BANDS, CEPSTRA = 40, 14
LOWEST_HZ, HIGHEST_HZ = 60.0, 7600.0
SILENCE_DB = -60.0
"""Below this root mean square, relative to full scale, a window is silent."""
LONGEST_S = 120
"""Only so many seconds are analysed, from the middle."""
SLOWEST_BPM, FASTEST_BPM = 50.0, 210.0
DIMENSIONS = 4 * CEPSTRA + 10


@dataclass(frozen=True, slots=True, eq=False)
class Sound:
    """raw: float64 (DIMENSIONS,) · loudness_db: root mean square of the windows that are not silent, relative
    to full scale · silent_share: of the windows · swing_db: deviation of their loudness · tempo_bpm and
    pulse: the strongest period of the onsets, and its autocorrelation in 0..1."""

    raw: NDArray[np.float64]
    loudness_db: float
    silent_share: float
    swing_db: float
    tempo_bpm: float
    pulse: float


def sound(samples: NDArray[np.float32] | None) -> Sound | None:
    """None for no sound track, one shorter than two windows, or silence from end to end."""
    if samples is None or len(samples) < 2 * WINDOW:
        return None
    spare = max(0, len(samples) - LONGEST_S * RATE)
    windows = _windows(samples[spare // 2 : len(samples) - spare + spare // 2])
    level = 20 * np.log10(np.sqrt(np.mean(windows.astype(np.float64) ** 2, axis=1)) + 1e-9)
    heard = level > SILENCE_DB
    if not heard.any():
        return None
    power = np.abs(np.fft.rfft(windows * np.hanning(WINDOW).astype(np.float32), axis=1)) ** 2
    bands = np.log(power @ _mel().T + 1e-6)
    tempo, pulse = _beat(bands)
    loudness = float(10 * np.log10(np.mean(10 ** (level[heard] / 10))))
    swing = float(level[heard].std())
    silent = float(1 - heard.mean())
    cepstra = bands @ _cosines().T
    steps = np.diff(cepstra, axis=0)
    timbre = [cepstra[heard].mean(0), cepstra[heard].std(0), np.log(steps.std(0) + 1e-3), _slow(cepstra)]
    rest = [loudness, swing, silent, pulse, np.log(tempo), *_spectrum(power[heard])]
    return Sound(np.concatenate([*timbre, rest]), loudness, silent, swing, tempo, pulse)


def _windows(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    views = np.lib.stride_tricks.sliding_window_view(np.asarray(samples, np.float32), WINDOW)
    return views[::HOP]


def _slow(cepstra: NDArray[np.float64]) -> NDArray[np.float64]:
    """How much the timbre differs from second to second, log."""
    second = RATE // HOP
    whole = max(1, len(cepstra) // second)
    means = [part.mean(0) for part in np.array_split(cepstra, whole)]
    return np.asarray(np.log(np.std(means, axis=0) + 1e-2))


def _spectrum(power: NDArray[np.float32]) -> list[float]:
    """Means and deviations of centroid (log Hz) and flatness (log), and the share of power below 300 Hz."""
    hertz = np.fft.rfftfreq(WINDOW, 1 / RATE)
    total = power.sum(1) + 1e-9
    centroid = np.log((power @ hertz) / total + 50)
    flatness = np.log(power + 1e-9).mean(1) - np.log(power.mean(1) + 1e-9)
    low = power[:, hertz < 300].sum(1) / total
    return [centroid.mean(), centroid.std(), flatness.mean(), flatness.std(), low.mean()]


def _beat(bands: NDArray[np.float64]) -> tuple[float, float]:
    """Tempo in beats a minute and strength of the strongest period among the onsets."""
    onsets = np.maximum(np.diff(bands, axis=0), 0).mean(1)
    onsets = onsets - onsets.mean()
    slow, fast = (round(60 * RATE / HOP / bpm) for bpm in (SLOWEST_BPM, FASTEST_BPM))
    power = float(onsets @ onsets)
    if len(onsets) < 3 * slow or power < 1e-9:
        return (SLOWEST_BPM * FASTEST_BPM) ** 0.5, 0.0
    spectrum = np.fft.rfft(onsets, 2 * len(onsets))
    same = np.fft.irfft(np.abs(spectrum) ** 2)[: slow + 1] / power
    lag = fast + int(np.argmax(same[fast:]))
    return 60 * RATE / HOP / lag, float(max(0.0, same[lag]))


@cache
def _mel() -> NDArray[np.float32]:
    """Triangles evenly spaced in mel (O'Shaughnessy, 1987), (BANDS, WINDOW / 2 + 1)."""
    low, high = (2595 * np.log10(1 + f / 700) for f in (LOWEST_HZ, HIGHEST_HZ))
    edges = 700 * (10 ** (np.linspace(low, high, BANDS + 2) / 2595) - 1)
    hertz = np.fft.rfftfreq(WINDOW, 1 / RATE)
    rising = (hertz - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - hertz) / (edges[2:] - edges[1:-1])[:, None]
    return np.maximum(0, np.minimum(rising, falling)).astype(np.float32)


@cache
def _cosines() -> NDArray[np.float64]:
    """The first rows of the discrete cosine transform, (CEPSTRA, BANDS)."""
    k, n = np.arange(CEPSTRA)[:, None], np.arange(BANDS)[None]
    return np.asarray(np.cos(np.pi * k * (n + 0.5) / BANDS) * np.sqrt(2 / BANDS))
