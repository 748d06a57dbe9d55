"""A strip of small pictures: what happens in a video, at a glance."""

from __future__ import annotations

import io

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

PICTURES = 6
HEIGHT = 160
"""Pixels."""
QUALITY, EFFORT = 60, 2
"""Of WebP: about 10 KB a strip."""


def make_strip(frames: NDArray[np.uint8], new: NDArray[np.intp]) -> bytes:
    """A WebP of at most six of the frames, uint8 RGB (n, height, width, 3), evenly chosen of those that are
    new, side by side."""
    count = min(PICTURES, len(new))
    chosen = [new[int((k + 0.5) * len(new) / count)] for k in range(count)]
    width = max(1, round(HEIGHT * frames.shape[2] / frames.shape[1]))
    smalls = [cv2.resize(frames[i], (width, HEIGHT), interpolation=cv2.INTER_AREA) for i in chosen]
    coded = io.BytesIO()
    Image.fromarray(np.hstack(smalls)).save(coded, "webp", quality=QUALITY, method=EFFORT)
    return coded.getvalue()
