"""Which of the sampled frames show something new."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

SIDE = 64
"""Pixels of the square grey picture that is compared."""
LEAST_CHANGE = 6.0
"""Mean difference in grey levels from which a frame is another one. 392 frames of 13 clips became 209."""
REMEMBERED = 8
"""Kept frames that a new one is held against, so that a shot and its reverse shot count once each."""


def distinct(frames: NDArray[np.uint8]) -> NDArray[np.intp]:
    """Indices of frames, uint8 RGB (n, height, width, 3), without those that are nearly one of the last kept.

    The first is always kept. Descriptors of motion need all frames; a model paid by the frame does not.
    """
    kept: list[int] = []
    last: list[NDArray[np.int16]] = []
    for index, frame in enumerate(frames):
        small = cv2.resize(frame, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
        grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.int16)
        if all(np.abs(grey - before).mean() > LEAST_CHANGE for before in last):
            kept.append(index)
            last = [*last[1 - REMEMBERED :], grey]
    return np.array(kept, np.intp)
