"""The sampled pictures of a video in bounded memory."""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from coldreel.media.limits import Limits

SAMPLES_BYTES = 192 * 2**20
"""Memory of all kept pictures: 200 of 768 x 432. A longer clip keeps every second one, then every fourth…"""


class Keeper(Protocol):
    """What becomes of the sampled pictures of one reading of a file."""

    def add(self, second: float, picture: NDArray[np.uint8]) -> None:
        """Take a picture, uint8 RGB (height, width, 3), that is on show at that second, later than those
        before."""
        ...


class KeptPictures:
    """Pictures in one block of memory that is thinned evenly when it is full."""

    def __init__(self, limits: Limits) -> None:
        self._longest = math.ceil(limits.max_duration_s) + 1
        self._pictures = np.empty((0, 0, 0, 3), np.uint8)
        self._times = np.empty(0, np.float64)
        self._length = 0
        self._offered = 0
        self._stride = 1

    def add(self, second: float, picture: NDArray[np.uint8]) -> None:
        if not self._offered:
            self._make_room(picture)
        offered, self._offered = self._offered, self._offered + 1
        if self._length == len(self._pictures) and offered % self._stride == 0:
            self._thin()
        if offered % self._stride == 0:
            self._pictures[self._length] = picture
            self._times[self._length] = second
            self._length += 1

    def arrays(self) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
        """uint8 (n, height, width, 3) and float64 (n,)."""
        return self._pictures[: self._length], self._times[: self._length]

    def _make_room(self, first: NDArray[np.uint8]) -> None:
        capacity = max(2, min(self._longest, SAMPLES_BYTES // first.size))
        # Pages of it that are never written cost nothing.
        self._pictures = np.empty((capacity, *first.shape), np.uint8)
        self._times = np.empty(capacity, np.float64)

    def _thin(self) -> None:
        self._stride *= 2
        left = range(0, self._length, 2)
        for place, kept in enumerate(left):
            self._pictures[place] = self._pictures[kept]
            self._times[place] = self._times[kept]
        self._length = len(left)
