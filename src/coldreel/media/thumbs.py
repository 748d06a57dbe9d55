"""Small copies of the sampled frames, made once for all that looks at whole pictures only."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

THUMB_SIDE = 192
"""Longest side in pixels."""


def make_thumbs(frames: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Of frames, uint8 (n, height, width, 3), the same at THUMB_SIDE; smaller ones stay as they are."""
    height, width = frames.shape[1:3]
    scale = THUMB_SIDE / max(height, width)
    if scale >= 1:
        return frames
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.stack([cv2.resize(frame, size, interpolation=cv2.INTER_AREA) for frame in frames])
