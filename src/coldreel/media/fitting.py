"""Pictures of one video made small, upright and of one shape, in the colours of a usual screen."""

from __future__ import annotations

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream
from numpy.typing import NDArray

from coldreel.media.geometry import Geometry
from coldreel.media.tone_mapping import is_hdr, to_sdr

FRAME_SIDE = 768
"""Longest side of a sampled picture, in pixels: one tile of Gemini, and enough for on-screen text."""


class Fitting:
    """Makes pictures, uint8 RGB (height, width, 3), of frames of any size.

    The first frame gives the shape; later ones that have another are fitted into it, with black around.
    """

    def __init__(self, stream: VideoStream, first: VideoFrame, side: int) -> None:
        """`side`: the longest of a picture, in pixels; smaller frames are not enlarged."""
        self._stream = stream
        self._scaler, self._converter = VideoReformatter(), VideoReformatter()
        self.geometry = Geometry.of(first, stream)
        width, height = self.geometry.within(side, side)
        self._shape = (width, height) if self.geometry.sideways else (height, width)

    def picture(self, frame: VideoFrame) -> NDArray[np.uint8]:
        """A frame of the video, made to fit."""
        geometry = Geometry.of(frame, self._stream)
        height, width = self._shape
        upright = geometry.upright(self._small(frame, *geometry.within(width, height)))
        if upright.shape[:2] == self._shape:
            return upright
        framed = np.zeros((*self._shape, 3), np.uint8)
        top, left = (height - upright.shape[0]) // 2, (width - upright.shape[1]) // 2
        framed[top : top + upright.shape[0], left : left + upright.shape[1]] = upright
        return framed

    def _small(self, frame: VideoFrame, width: int, height: int) -> NDArray[np.uint8]:
        if is_hdr(frame):
            deep = self._scaled(frame, width, height, "rgb48le").to_ndarray()
            return to_sdr(deep.astype(np.uint16, copy=False), int(frame.color_trc))
        if frame.format.chroma_width(2) == frame.format.chroma_height(2) == 1:
            # Few colour samples to scale, and only small pictures to turn into RGB: a third of the cost.
            frame = self._scaled(frame, width, height, "yuv420p")
            small = self._converter.reformat(frame, format="rgb24", threads=1)
        else:
            small = self._scaled(frame, width, height, "rgb24")
        return small.to_ndarray().astype(np.uint8, copy=False)

    def _scaled(self, frame: VideoFrame, width: int, height: int, form: str) -> VideoFrame:
        return self._scaler.reformat(frame, width, height, form, interpolation="AREA", threads=1)
