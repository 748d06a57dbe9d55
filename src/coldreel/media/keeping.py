"""The kept frames of a video: upright, small, of one shape, in bounded memory."""

from __future__ import annotations

import math

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from coldreel.media.geometry import Geometry
from coldreel.media.limits import Limits
from coldreel.media.opening import Media
from coldreel.media.tone_mapping import is_hdr, to_sdr

FRAME_SIDE = 768
"""Longest side of a kept frame, in pixels: one tile of Gemini, and enough for on-screen text."""
SAMPLES_BYTES = 192 * 2**20
"""Memory of all kept frames: 190 of 768 x 432. A longer clip keeps every second one, then every fourth…"""


class KeptFrames:
    """Frames in one block of memory that is thinned evenly when it is full.

    The picture may change its size on the way: later frames are fitted into the first one's shape, with black
    around.
    """

    def __init__(self, media: Media, geometry: Geometry, limits: Limits) -> None:
        width, height = geometry.within(FRAME_SIDE, FRAME_SIDE)
        self._shape = (width, height) if geometry.sideways else (height, width)
        self._stream = media.picture
        self._scaler = VideoReformatter()
        capacity = max(2, min(math.ceil(limits.max_duration_s) + 1, SAMPLES_BYTES // (width * height * 3)))
        # Pages of it that are never written cost nothing.
        self._frames = np.empty((capacity, *self._shape, 3), np.uint8)
        self._times = np.zeros(capacity, np.float64)
        self._length = 0
        self._offered = 0
        self._stride = 1

    def __len__(self) -> int:
        return self._length

    def add(self, second: float, frame: VideoFrame) -> None:
        """Keep a frame that is on show at that second, later than those before."""
        offered, self._offered = self._offered, self._offered + 1
        if offered % self._stride:
            return
        if self._length == len(self._frames):
            self._thin()
            if offered % self._stride:
                return
        self._put(self._frames[self._length], frame)
        self._times[self._length] = second
        self._length += 1

    def arrays(self) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
        """uint8 (n, height, width, 3) and float64 (n,)."""
        return self._frames[: self._length], self._times[: self._length]

    def _thin(self) -> None:
        self._stride *= 2
        left = range(0, self._length, 2)
        for place, kept in enumerate(left):
            self._frames[place] = self._frames[kept]
            self._times[place] = self._times[kept]
        self._length = len(left)

    def _put(self, place: NDArray[np.uint8], frame: VideoFrame) -> None:
        geometry = Geometry.of(frame, self._stream)
        box_height, box_width = self._shape
        width, height = geometry.within(box_width, box_height)
        upright = np.rot90(self._small(frame, width, height), geometry.turns)
        top, left = (box_height - upright.shape[0]) // 2, (box_width - upright.shape[1]) // 2
        if upright.shape[:2] != self._shape:
            place[:] = 0
        place[top : top + upright.shape[0], left : left + upright.shape[1]] = upright

    def _small(self, frame: VideoFrame, width: int, height: int) -> NDArray[np.uint8]:
        hdr = is_hdr(frame)
        form = "rgb48le" if hdr else "rgb24"
        small = self._scaler.reformat(
            frame, width, height, form, interpolation="AREA", threads=1
        ).to_ndarray()
        if hdr:
            return to_sdr(small.astype(np.uint16, copy=False), int(frame.color_trc))
        return small.astype(np.uint8, copy=False)
