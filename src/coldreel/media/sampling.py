"""One frame a second, upright and small, in bounded memory."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from coldreel.media.decoding import frame_rate, timed_frames
from coldreel.media.geometry import Geometry
from coldreel.media.limits import Limits
from coldreel.media.opening import Media

FRAME_SIDE = 768
"""Longest side of a kept frame, in pixels: one tile of Gemini, and enough for on-screen text."""
SAMPLES_BYTES = 192 * 2**20
"""Memory of all kept frames: 190 of 768 x 432. A longer clip keeps every second one, then every fourth…"""


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """The kept frames (see Footage), the size of the picture as shown, and what decoding measured.

    `end_s` is where the last frame stops showing; `rate` is frames a second.
    """

    frames: NDArray[np.uint8]
    times: NDArray[np.float64]
    width: int
    height: int
    end_s: float
    rate: float
    pixel_format: str


def sample(media: Media, limits: Limits) -> Samples:
    """The frame on show at each whole second, counted from the first frame.

    A frame on show for several seconds is kept once, at the first of them. The picture may change its size on
    the way: later frames are fitted into the first one's shape, with black around. Raises what
    `timed_frames` raises.
    """
    step = 1 / float(frame_rate(media.picture))
    kept: _Kept | None = None
    shown: VideoFrame | None = None
    geometry: Geometry | None = None
    at = second = 0.0
    count = 0
    for at, frame in timed_frames(media, limits):
        if kept is None:
            geometry = Geometry.of(frame, media.picture)
            kept = _Kept(media, geometry, limits)
        if shown is not None and at > second:
            kept.add(second, shown)
            second = math.ceil(at)
        shown = frame
        count += 1
    assert kept is not None and geometry is not None and shown is not None  # timed_frames raises otherwise
    end = at + (float(shown.duration * shown.time_base) if shown.duration and shown.time_base else step)
    if second < end - step / 2 or not len(kept):  # half a step: clocks round
        kept.add(second, shown)
    frames, times = kept.arrays()
    return Samples(frames, times, *geometry.shown, end, count / end, shown.format.name)


class _Kept:
    """Frames in one block of memory that is thinned evenly when it is full."""

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
        small = self._scaler.reformat(frame, width, height, "rgb24", interpolation="AREA", threads=1)
        upright = np.rot90(small.to_ndarray(), geometry.turns)
        top, left = (box_height - upright.shape[0]) // 2, (box_width - upright.shape[1]) // 2
        if upright.shape[:2] != self._shape:
            place[:] = 0
        place[top : top + upright.shape[0], left : left + upright.shape[1]] = upright
