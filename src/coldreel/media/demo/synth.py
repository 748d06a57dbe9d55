"""A small synthesiser: noise, plucked and held tones, placed on a track."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Sound: TypeAlias = NDArray[np.float32]
"""float32 (samples,), mono."""

A4_HZ = 440.0
A4_NOTE = 69
"""Notes are MIDI numbers: 69 is the A at 440 Hz, 12 to the octave."""
LOUDNESS = 0.13
"""Root mean square of a finished track, about -18 dBFS: quiet enough for headphones."""
CEILING = 0.6
"""Highest sample of a finished track: AAC adds up to half to a sharp crackle (measured)."""
FADE_S = 0.15


def pitch(note: float) -> float:
    """The frequency of a MIDI note, in Hz."""
    return float(A4_HZ * 2 ** ((note - A4_NOTE) / 12))


def clock(duration_s: float, rate: int) -> NDArray[np.float64]:
    """The time of every sample, in seconds."""
    return np.arange(round(duration_s * rate), dtype=np.float64) / rate


def hiss(
    rng: np.random.Generator, duration_s: float, rate: int, low: float, high: float, tilt: float = 0.0
) -> Sound:
    """Noise between two frequencies (Hz); `tilt` 1 makes it pink, 2 brown. Root mean square 1."""
    count = round(duration_s * rate)
    spectrum = np.fft.rfft(rng.standard_normal(count))
    hertz = np.fft.rfftfreq(count, 1 / rate)
    shape = 1 / (1 + (low / np.maximum(hertz, 1.0)) ** 4) / (1 + (hertz / high) ** 4)
    shape *= np.maximum(hertz, low) ** (-tilt / 2)
    wave = np.fft.irfft(spectrum * shape, count)
    return np.asarray(wave / np.sqrt(np.mean(wave**2)), np.float32)


def pluck(
    note: float,
    rate: int,
    length_s: float = 0.8,
    harmonics: Sequence[float] = (1, 0.4, 0.2, 0.1),
    soft_s: float = 0.005,
) -> Sound:
    """A struck or plucked tone that dies away; higher harmonics die sooner."""
    t = clock(length_s, rate)
    hertz = pitch(note)
    wave = np.zeros_like(t)
    for number, gain in enumerate(harmonics, start=1):
        if number * hertz < rate / 2:
            wave += gain * np.sin(2 * np.pi * number * hertz * t) * np.exp(-t * (3 + 1.5 * number) / length_s)
    return (wave * np.minimum(1, t / soft_s)).astype(np.float32)


def bell(note: float, rate: int, length_s: float = 1.2) -> Sound:
    """A bell: partials that are no multiples of each other."""
    t = clock(length_s, rate)
    partials = ((1.0, 1.0, 3.0), (2.76, 0.5, 5.0), (5.4, 0.22, 9.0))
    wave = sum(
        gain * np.sin(2 * np.pi * pitch(note) * ratio * t) * np.exp(-t * fall / length_s)
        for ratio, gain, fall in partials
    )
    return np.asarray(wave, np.float32)


def pad(notes: Iterable[float], duration_s: float, rate: int, swell_s: float = 1.0) -> Sound:
    """A held chord of slightly detuned voices that swells in and out."""
    t = clock(duration_s, rate)
    wave = np.zeros_like(t)
    for place, note in enumerate(notes):
        for cents in (-6, 5):
            hertz = pitch(note + cents / 100)
            sway = 1 + 0.3 * np.sin(2 * np.pi * (0.11 + 0.05 * place) * t + place)
            wave += sway * (np.sin(2 * np.pi * hertz * t) + 0.3 * np.sin(4 * np.pi * hertz * t))
    return (wave * np.clip(np.minimum(t, duration_s - t) / swell_s, 0, 1)).astype(np.float32)


def sweep(start_hz: float, end_hz: float, length_s: float, rate: int) -> Sound:
    """A tone that slides from one frequency to another under a round envelope: a chirp, a drop, a drum."""
    t = clock(length_s, rate)
    phase = 2 * np.pi * (start_hz * t + (end_hz - start_hz) * t**2 / (2 * length_s))
    return (np.sin(phase) * np.sin(np.pi * t / length_s) ** 0.7).astype(np.float32)


def thump(rate: int, high_hz: float = 150.0, low_hz: float = 48.0) -> Sound:
    """A bass drum."""
    t = clock(0.28, rate)
    hertz = low_hz + (high_hz - low_hz) * np.exp(-t * 40)
    return (np.sin(2 * np.pi * np.cumsum(hertz) / rate) * np.exp(-t * 14)).astype(np.float32)


def place(track: Sound, sample: Sound, at_s: float, rate: int, gain: float = 1.0) -> None:
    """Mix a sample into the track at a time; what reaches over either end is cut."""
    start = round(at_s * rate)
    skip = max(0, -start)
    part = track[start + skip : start + len(sample)]
    part += gain * sample[skip : skip + len(part)]


def echo(track: Sound, rate: int, delay_s: float = 0.27, share: float = 0.35, times: int = 3) -> Sound:
    """The track with its echoes."""
    wet = track.copy()
    for repeat in range(1, times + 1):
        place(wet, track, repeat * delay_s, rate, share**repeat)
    return wet


def master(track: Sound, rate: int) -> Sound:
    """The finished track: at one loudness, without clipping, faded in and out."""
    level = float(np.sqrt(np.mean(track**2)))
    loud = np.tanh(track * (LOUDNESS / max(level, 1e-9)) / CEILING) * CEILING
    t = np.arange(len(track)) / rate
    return np.asarray(loud * np.clip(np.minimum(t, t[-1] - t) / FADE_S, 0, 1), np.float32)
