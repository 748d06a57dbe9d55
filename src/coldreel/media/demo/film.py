"""Pictures and sound into one MP4 file that every browser plays."""

from __future__ import annotations

import os
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc

from coldreel.media.demo.canvas import HEIGHT, WIDTH, Picture
from coldreel.media.demo.synth import Sound

RATE_HZ = 44_100
SOUND_BITS = 80_000
"""Bits per second of AAC: clean for one channel."""
QUALITY = {
    "preset": "veryfast",
    "subq": "1",
    "crf": "26",
    "maxrate": "780k",
    "bufsize": "1500k",
    "threads": "1",
}
"""The ceiling keeps rain and snow below a megabyte. One thread: the shorts themselves run side by side."""
KEYFRAME_S = 2


def write_film(path: Path, pictures: Iterable[Picture], fps: int, sound: Sound) -> None:
    """Write H.264 and AAC to `path`, which appears, or is replaced, once it is whole.

    pictures: uint8 (640, 360, 3), RGB; sound: mono at `RATE_HZ`, in [-1, 1].
    Raises OSError when the folder cannot be written.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        _encode(part, pictures, fps, sound)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _encode(path: Path, pictures: Iterable[Picture], fps: int, sound: Sound) -> None:
    with av.open(
        str(path), "w", format="mp4", options={"movflags": "+faststart", "fflags": "+bitexact"}
    ) as container:
        video = container.add_stream("libx264", fps, options=QUALITY)
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        video.time_base = video.codec_context.time_base = Fraction(1, fps)
        video.gop_size = KEYFRAME_S * fps
        video.codec_context.colorspace = Colorspace.ITU709
        video.codec_context.color_range = ColorRange.MPEG
        video.codec_context.color_primaries = ColorPrimaries.BT709
        video.codec_context.color_trc = ColorTrc.BT709
        audio = container.add_stream("aac", RATE_HZ, layout="mono")
        audio.bit_rate = SOUND_BITS

        heard = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound[None, :]), format="fltp", layout="mono")
        heard.sample_rate = RATE_HZ
        heard.pts = 0
        container.mux(audio.encode(heard))
        container.mux(audio.encode(None))
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame = frame.reformat(
                format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG
            )
            frame.pts, frame.time_base = number, Fraction(1, fps)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
