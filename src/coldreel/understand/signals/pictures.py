"""Small squares of the sampled frames, made once and shared by the descriptors of the look."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

SIDE = 128
"""Pixels. The frame is squashed, not cropped: what stands at the edge counts too."""

MOST_FRAMES = 12
"""Frames looked at, evenly over the video; each costs 2 ms."""


@dataclass(frozen=True, slots=True, eq=False)
class Pictures:
    """rgb: uint8 (n, SIDE, SIDE, 3); grey: uint8 (n, SIDE, SIDE)."""

    rgb: NDArray[np.uint8]
    grey: NDArray[np.uint8]

    @classmethod
    def of(cls, frames: NDArray[np.uint8], most: int = MOST_FRAMES) -> Pictures:
        """At most so many of the frames, uint8 (n, height, width, 3)."""
        rgb = np.stack([_square(frames[i]) for i in spread(len(frames), most)])
        return cls(rgb, np.stack([cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) for picture in rgb]))


def spread(n: int, most: int) -> list[int]:
    """At most `most` of n positions: the middles of equal parts, in order."""
    if n <= most:
        return list(range(n))
    return [int((k + 0.5) * n / most) for k in range(most)]


def _square(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(cv2.resize(frame, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.uint8)
