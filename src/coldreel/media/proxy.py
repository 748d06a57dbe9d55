"""The proxy of a video: one frame a second and mono sound, as small as a model that watches it needs."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
from av.audio.frame import AudioFrame
from av.container import OutputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from coldreel.media.limits import Limits
from coldreel.media.mp4 import AAC_FRAME, create_mp4, mux, told_plainly
from coldreel.media.reading import read
from coldreel.model import SOUND_RATE

CRF = 30.0
"""Quality of the pictures, x264's measure: SSIM of .98 at about 16 KB for a frame of 768 px."""
_H264 = {
    "preset": "veryfast",
    "tune": "ssim",
    "x264-params": "bframes=0:ref=1:weightp=0:subme=6:partitions=i4x4,i8x8:trellis=1:aq-strength=0.8",
}
"""Frames a second apart have little to do with each other, so the effort goes into each by itself: 10 % fewer
bytes at the same SSIM for the cost of the preset as it is."""
_AAC = {"aac_coder": "fast"}
"""A third of the cost of FFmpeg's default for a voice, and no worse at this rate (correlation .999)."""
_SOUND_BITS = 32_000


class ProxyWriter:
    """Writes the proxy to a path while a file is read; it is an MP4 once `finish` was called.

    H.264 (8 bit, one frame a second) and AAC (32 kbit/s, 16 kHz mono), without metadata. The picture is that
    of the footage: upright, at most 768 px, neither padded nor enlarged; a last odd row or column is left
    out, because 4:2:0 has none. A frame that stays on show is repeated for a few bytes.

    Methods raise WorkError when the file cannot be written.
    """

    def __init__(self, path: Path, crf: float = CRF) -> None:
        self._path, self._crf = path, crf
        self._output: OutputContainer | None = None
        self._pictures: list[Packet[Stream]] = []
        self._last = np.zeros((0, 0, 3), np.uint8)
        self._length_s = 0

    def add(self, second: float, picture: NDArray[np.uint8]) -> None:
        """Code a picture that is on show from that second on."""
        with told_plainly(self._path):
            if self._output is None:
                self._output = create_mp4(self._path)
                self._stream = _picture_stream(self._output, picture, self._crf)
            self._go_on_until(round(second))
            self._last = picture
            self._go_on_until(self._length_s + 1)

    def finish(self, sound: NDArray[np.float32] | None, duration_s: float) -> None:
        """Show the last picture to the end of the video, and add the sound, as in Footage."""
        assert self._output is not None  # no file is read without a picture
        with told_plainly(self._path), self._output:
            self._go_on_until(round(duration_s))  # a last half second needs no frame
            self._pictures += self._stream.encode(None)
            sounds = _sounds(sound, self._output) if sound is not None else iter(())
            mux(self._output, self._pictures, sounds)

    def _go_on_until(self, second: int) -> None:
        while self._length_s < second:
            frame = VideoFrame.from_ndarray(_even(self._last, self._stream), format="rgb24")
            frame = frame.reformat(format="yuv420p", threads=1)
            frame.pts, frame.time_base = self._length_s, Fraction(1)
            self._pictures += self._stream.encode(frame)
            self._length_s += 1


def make_proxy(source: Path, destination: Path, limits: Limits, hardware: bool = False) -> None:
    """Read a file and write its proxy. `hardware`, and what is raised: see `read` and `ProxyWriter`."""
    reading = read(source, limits, lambda: ProxyWriter(destination), hardware)
    reading.kept.finish(reading.sound, reading.facts.duration_s)


def _picture_stream(output: OutputContainer, picture: NDArray[np.uint8], crf: float) -> VideoStream:
    stream = output.add_stream("libx264", rate=1, options=_H264 | {"crf": str(crf)})
    height, width = (max(2, side // 2 * 2) for side in picture.shape[:2])
    stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
    stream.codec_context.thread_count = 1
    return stream


def _even(picture: NDArray[np.uint8], stream: VideoStream) -> NDArray[np.uint8]:
    height, width = stream.height, stream.width
    missing = (max(0, height - picture.shape[0]), max(0, width - picture.shape[1]))
    if any(missing):  # a picture of one row or column
        picture = np.pad(picture, ((0, missing[0]), (0, missing[1]), (0, 0)), mode="edge")
    return np.ascontiguousarray(picture[:height, :width])


def _sounds(sound: NDArray[np.float32], output: OutputContainer) -> Iterator[Packet[Stream]]:
    stream = output.add_stream("aac", rate=SOUND_RATE, layout="mono", options=dict(_AAC))
    stream.codec_context.bit_rate = _SOUND_BITS

    def code() -> Iterator[Packet[Stream]]:
        for start in range(0, len(sound), AAC_FRAME):
            piece = np.ascontiguousarray(sound[start : start + AAC_FRAME][None])
            frame = AudioFrame.from_ndarray(piece, format="fltp", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = SOUND_RATE, start, Fraction(1, SOUND_RATE)
            yield from stream.encode(frame)
        yield from stream.encode(None)

    return code()
