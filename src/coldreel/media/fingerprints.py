"""The fingerprint of a video: what is left of it after it was coded again, letterboxed, captioned, mirrored.

Of each second a picture of nine by eight grey pixels, without the dark borders of the video; and of the sound
how loud it is.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from coldreel.media.envelopes import BANDS, envelope
from coldreel.media.likeness import COLUMNS, ROWS, Fingerprint

MOST_SECONDS = 60
"""Of a longer video, the first minute counts."""
BORDER_LEVEL = 24
"""Rows and columns whose pixels are all darker are border, 0..255: video black, and coding noise."""
BORDER_SIDE = 128
"""Pixels of the square picture in which borders are looked for."""
LEAST_LEFT = 0.3
"""Share of a side that is left at least: where less is lit, the picture is dark and not bordered."""


def fingerprint(
    frames: NDArray[np.uint8], times: NDArray[np.float64], sound: NDArray[np.float32] | None
) -> Fingerprint:
    """Of sampled frames, uint8 RGB (n, height, width, 3), the seconds from which they are on show, and the
    sound, float32 (samples,), 16 kHz mono."""
    seconds = np.arange(min(int(times[-1]) + 1, MOST_SECONDS))
    shown = np.searchsorted(times, seconds, side="right") - 1
    used = frames[: shown[-1] + 1]
    rows, columns = _lit(used)
    smalls = np.stack([_small(frame[rows, columns]) for frame in used])
    heard = np.zeros((0, BANDS), np.uint8) if sound is None else envelope(sound, MOST_SECONDS)
    return Fingerprint(smalls[shown], heard)


def _small(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    # Shrunk before it is made grey: the same picture for a third of the work.
    small = cv2.resize(frame, (COLUMNS, ROWS), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.uint8)


def _lit(frames: NDArray[np.uint8]) -> tuple[slice, slice]:
    """The rows and the columns between borders that are dark in all frames."""
    brightest = np.zeros((BORDER_SIDE, BORDER_SIDE), np.uint8)
    for frame in frames:
        small = cv2.resize(frame, (BORDER_SIDE, BORDER_SIDE), interpolation=cv2.INTER_AREA)
        np.maximum(brightest, small.max(axis=2), out=brightest)
    height, width = frames.shape[1:3]
    return _between_borders(brightest.max(axis=1), height), _between_borders(brightest.max(axis=0), width)


def _between_borders(brightest: NDArray[np.uint8], pixels: int) -> slice:
    lit = np.flatnonzero(brightest > BORDER_LEVEL)
    if len(lit) == 0 or lit[-1] + 1 - lit[0] < LEAST_LEFT * BORDER_SIDE:
        return slice(None)
    # The border's edge may lie anywhere within the outermost lit pixel: that is left out too.
    first = lit[0] + 1 if lit[0] > 0 else 0
    end = lit[-1] if lit[-1] + 1 < BORDER_SIDE else BORDER_SIDE
    return slice(round(first * pixels / BORDER_SIDE), max(round(end * pixels / BORDER_SIDE), 1))
