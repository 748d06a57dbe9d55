"""Small films whose every frame carries its number, so that a test can say which one it sees."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.stream import VideoStream
from numpy.typing import NDArray

TICKS = Fraction(1, 1000)
BITS = 10
WHITE, BLACK = 235, 16
_FIXED_RATE = {"mpeg4", "mpeg1video", "mpeg2video"}
"""Encoders that take no clock but the frame rate."""


def numbered(number: int, width: int, height: int) -> NDArray[np.uint8]:
    """White left and black right half above; below, the number in ten stripes, highest bit first."""
    picture = np.full((height, width, 3), BLACK, np.uint8)
    picture[: height // 2, : width // 2] = WHITE
    edges = np.linspace(0, width, BITS + 1).astype(int)
    for bit in range(BITS):
        if number >> (BITS - 1 - bit) & 1:
            picture[height // 2 :, edges[bit] : edges[bit + 1]] = WHITE
    return picture


def number_of(picture: NDArray[np.uint8]) -> int:
    """The number that an upright picture carries."""
    height, width = picture.shape[:2]
    edges = np.linspace(0, width, BITS + 1).astype(int)
    row = picture[height * 3 // 4].mean(axis=1)
    number = 0
    for bit in range(BITS):
        number = number * 2 + int(row[(edges[bit] + edges[bit + 1]) // 2] > 128)
    return number


def film(
    path: Path,
    *,
    codec: str = "libx264",
    size: tuple[int, int] = (320, 180),
    seconds: float = 3,
    rate: int = 10,
    pix_fmt: str = "yuv420p",
    rotation: int = 0,
    mirrored: bool = False,
    flipped: bool = False,
    sound: str | None = None,
    channels: str = "mono",
    times_ms: Sequence[int] | None = None,
    options: Mapping[str, str] | None = None,
    muxing: Mapping[str, str] | None = None,
    metadata: Mapping[str, str] | None = None,
    container: str | None = None,
) -> Path:
    """Write a film. `times_ms`: when each frame appears; else `rate` frames a second."""
    times = list(times_ms) if times_ms is not None else [1000 * n // rate for n in range(int(seconds * rate))]
    muxing = dict(muxing or {})
    if metadata:
        muxing["movflags"] = muxing.get("movflags", "") + "+use_metadata_tags"
    with _in_turn(), av.open(str(path), "w", format=container, options=muxing) as output:
        output.metadata.update(metadata or {})
        picture = output.add_stream(codec, rate=rate, options=dict(options or {}))
        assert isinstance(picture, VideoStream)
        picture.width, picture.height, picture.pix_fmt = *size, pix_fmt
        picture.codec_context.time_base = TICKS if codec not in _FIXED_RATE else Fraction(1, rate)
        picture.codec_context.thread_count = 1  # threads of libvpx spin for each other on a busy machine
        if rotation or mirrored or flipped:
            picture.set_display_rotation(rotation, hflip=mirrored, vflip=flipped)
        strict = {"strict": "-2"} if sound == "vorbis" else {}
        track = output.add_stream(sound, rate=48_000, layout=channels, options=strict) if sound else None
        for number, time in enumerate(times):
            frame = av.VideoFrame.from_ndarray(numbered(number, *size)).reformat(format=pix_fmt)
            frame.pts, frame.time_base = time, TICKS
            output.mux(picture.encode(frame))
        output.mux(picture.encode(None))
        if isinstance(track, AudioStream):
            play(output, track, seconds)
    return path


@contextmanager
def _in_turn() -> Iterator[None]:
    """For root, libsvtav1 puts the thread that calls it before all others of the machine (SCHED_FIFO)."""
    if sys.platform != "linux":
        yield
        return
    policy, priority = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        yield
    finally:
        os.sched_setscheduler(0, policy, priority)


def play(output: OutputContainer, track: AudioStream, seconds: float, hertz: float = 440.0) -> None:
    """Write a tone of half the full loudness."""
    track.codec_context.open(strict=False)
    length = track.codec_context.frame_size or 1024
    for start in range(0, int(seconds * 48_000), length):
        at = np.arange(start, start + length) / 48_000
        wave = (0.5 * np.sin(2 * np.pi * hertz * at)).astype(np.float32)[None]
        layout = track.codec_context.layout
        wave = np.repeat(wave, layout.nb_channels, axis=0)
        frame = av.AudioFrame.from_ndarray(wave, format="fltp", layout=layout.name)
        frame.sample_rate, frame.pts, frame.time_base = 48_000, start, Fraction(1, 48_000)
        output.mux(track.encode(frame))
    output.mux(track.encode(None))


def sound_only(path: Path, codec: str = "aac", seconds: float = 2) -> Path:
    with av.open(str(path), "w") as output:
        track = output.add_stream(codec, rate=48_000, layout="mono")
        assert isinstance(track, AudioStream)
        play(output, track, seconds)
    return path
