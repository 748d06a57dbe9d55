"""Frames as a browser gets them: small enough, 8 bit, of one size, in the colours of a usual screen."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Protocol

import numpy as np
from av.filter import Graph
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc, VideoReformatter
from av.video.stream import VideoStream

from coldreel.media.geometry import Geometry
from coldreel.media.room import room_in
from coldreel.media.tone_mapping import cube, is_hdr

SHORT_SIDE = 720
"""Pixels of a rendition's short side: what a phone shows."""
_FORMAT = "yuv420p"
_RGB = 0
"""A colour space that is none (ITU-T H.273, table 4)."""


class Rendering:
    """Makes frames of one size, in 4:2:0 and 8 bit, of those of a video. HDR becomes SDR.

    Their rows and columns stay those of the coded frame: the picture is turned upright by the player.
    """

    def __init__(self, stream: VideoStream, first: VideoFrame) -> None:
        self._stream, self._first = stream, first
        self.geometry = Geometry.of(first, stream)
        self.width, self.height = _even(self.geometry, *_box(self.geometry))
        self._small: _Small = _ToneMapped() if is_hdr(first) else _Scaled()

    def describe(self, context: VideoCodecContext) -> None:
        """Tell a coder what the frames are."""
        context.width, context.height, context.pix_fmt = self.width, self.height, _FORMAT
        first = self._first
        if is_hdr(first) or first.colorspace == _RGB:
            context.color_range, context.colorspace = ColorRange.MPEG, Colorspace.ITU709
            context.color_primaries, context.color_trc = ColorPrimaries.BT709, ColorTrc.BT709
        else:  # the colours stay what they are
            context.color_range, context.colorspace = first.color_range, first.colorspace
            context.color_primaries, context.color_trc = first.color_primaries, first.color_trc

    def frame(self, frame: VideoFrame) -> VideoFrame:
        """The same made to fit. One of another size than the first is fitted into it, with black around."""
        if (frame.width, frame.height) == (self.geometry.width, self.geometry.height):
            return self._small(frame, self.width, self.height)
        geometry = Geometry.of(frame, self._stream)
        box = (self.height, self.width) if geometry.sideways else (self.width, self.height)
        return self._framed(self._small(frame, *_even(geometry, *box)))

    def _framed(self, small: VideoFrame) -> VideoFrame:
        luma = np.full((self.height, self.width), 16, np.uint8)
        chroma = np.full((2, self.height // 2, self.width // 2), 128, np.uint8)
        planes = small.to_ndarray()
        top, left = (self.height - small.height) // 4 * 2, (self.width - small.width) // 4 * 2
        luma[top : top + small.height, left : left + small.width] = planes[: small.height]
        given = planes[small.height :].reshape(2, small.height // 2, small.width // 2)
        rows, columns = (
            slice(top // 2, (top + small.height) // 2),
            slice(left // 2, (left + small.width) // 2),
        )
        chroma[:, rows, columns] = given
        whole = np.concatenate([luma.reshape(-1), chroma.reshape(-1)]).reshape(-1, self.width)
        return VideoFrame.from_ndarray(whole, format=_FORMAT)


def _box(geometry: Geometry) -> tuple[int, int]:
    width, height = geometry.shown
    scale = min(1.0, SHORT_SIDE / min(width, height))
    return round(width * scale), round(height * scale)


def _even(geometry: Geometry, width: int, height: int) -> tuple[int, int]:
    """The coded size within an upright box; 4:2:0 has one colour sample for two by two pixels."""
    coded = geometry.within(width, height)
    return max(2, coded[0] // 2 * 2), max(2, coded[1] // 2 * 2)


class _Small(Protocol):
    def __call__(self, frame: VideoFrame, width: int, height: int) -> VideoFrame: ...


class _Scaled:
    """A frame, scaled. RGB becomes BT.709; all else keeps its colours."""

    def __init__(self) -> None:
        self._scaler = VideoReformatter()

    def __call__(self, frame: VideoFrame, width: int, height: int) -> VideoFrame:
        colours = {}
        if frame.colorspace == _RGB:
            colours = {"dst_colorspace": Colorspace.ITU709, "dst_color_range": ColorRange.MPEG}
        return self._scaler.reformat(
            frame, width, height, _FORMAT, interpolation="BICUBIC", threads=1, **colours
        )


class _ToneMapped:
    """A frame of HDR, scaled and brought into BT.709 by the table of `tone_mapping.cube`."""

    def __init__(self) -> None:
        self._graph: Graph | None = None
        self._form: tuple[object, ...] = ()

    def __call__(self, frame: VideoFrame, width: int, height: int) -> VideoFrame:
        form = (
            frame.format.name,
            frame.width,
            frame.height,
            frame.colorspace,
            frame.color_range,
            width,
            height,
        )
        if self._graph is None or form != self._form:
            self._graph, self._form = _tone_mapping_graph(frame, width, height), form
        self._graph.push(frame)
        mapped = self._graph.pull()
        assert isinstance(mapped, VideoFrame)
        return mapped


def _tone_mapping_graph(frame: VideoFrame, width: int, height: int) -> Graph:
    graph = Graph()
    graph.threads = 1
    source = graph.add_buffer(
        width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base
    )
    with tempfile.NamedTemporaryFile("w", prefix="coldreel-", suffix=".cube") as table:
        with room_in(Path(table.name).parent):
            table.write(cube(int(frame.color_trc)))
            table.flush()
        steps = (
            graph.add("scale", width=str(width), height=str(height), flags="bicubic"),
            graph.add("format", pix_fmts="gbrp16le"),
            graph.add("lut3d", file=table.name, interp="tetrahedral"),
            graph.add("scale", out_color_matrix="bt709", out_range="tv"),
            graph.add("format", pix_fmts=_FORMAT),
            graph.add("buffersink"),
        )
        for one, other in zip((source, *steps), steps, strict=False):
            one.link_to(other)
        graph.configure()  # reads the table
    return graph
