"""Code a file anew for browsers."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from fractions import Fraction
from itertools import chain
from pathlib import Path

from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.container import OutputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter

from coldreel.media.decoding import frame_rate, timed_frames
from coldreel.media.geometry import Geometry
from coldreel.media.limits import Limits
from coldreel.media.mp4 import TICKS, written_mp4
from coldreel.media.opening import Media, open_media
from coldreel.media.sound import MIX_WITHIN_RANGE, decoded_sound

SHORT_SIDE = 720
"""Pixels of a rendition's short side: what a phone shows."""
MOST_FRAMES_PER_S = 60
"""Slow motion is thinned to what a screen shows."""

_H264 = {"preset": "veryfast", "crf": "23"}
_GOP_S = 2
"""Seconds between keyframes, so that a jump lands close."""
_SOUND_RATE = 48_000
_SOUND_BITS = 128_000
_AAC_FRAME = 1024
"""Samples that an AAC encoder takes at once (ISO/IEC 14496-3)."""


def transcode(source: Path, destination: Path, limits: Limits) -> None:
    """Code the file anew as H.264 (8 bit, short side at most 720 px) and AAC, index first, no metadata.

    Raises what `open_media` and `timed_frames` raise. A broken sound track is left out.
    """
    with (
        open_media(source, limits) as media,
        open_media(source, limits) as again,
        written_mp4(destination) as output,
    ):
        frames = timed_frames(media, limits)
        _, first = next(frames)
        origin = float(first.pts * first.time_base) if first.pts is not None and first.time_base else 0.0
        coded: list[Iterator[Packet[Stream]]] = [_pictures(media, first, frames, output)]
        sounds = _stereo(again, origin, limits)
        if (sound := next(sounds, None)) is not None:
            coded.append(_sounds(chain([sound], sounds), output))
        for packet in heapq.merge(*coded, key=_time):
            output.mux_one(packet)


def _pictures(
    media: Media, first: VideoFrame, rest: Iterator[tuple[float, VideoFrame]], output: OutputContainer
) -> Iterator[Packet[Stream]]:
    rate = min(frame_rate(media.picture), Fraction(MOST_FRAMES_PER_S))
    geometry = Geometry.of(first, media.picture)
    width, height = _rendition_size(geometry)
    scaler = VideoReformatter()
    stream = output.add_stream("libx264", rate=rate, options=dict(_H264))
    stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
    stream.set_display_rotation(90 * geometry.turns)
    context = stream.codec_context
    context.time_base = TICKS
    context.gop_size = max(1, round(_GOP_S * rate))
    context.thread_count = 1
    # The colours stay what they are, so the browser must be told what they are.
    context.color_range = first.color_range
    context.color_primaries = first.color_primaries
    context.color_trc = first.color_trc
    context.colorspace = first.colorspace

    def code() -> Iterator[Packet[Stream]]:
        for ticks, frame in _paced(chain([(0.0, first)], rest)):
            small = scaler.reformat(frame, width, height, "yuv420p", interpolation="BICUBIC", threads=1)
            small.pts, small.time_base = ticks, TICKS
            yield from stream.encode(small)
        yield from stream.encode(None)

    return code()


def _rendition_size(geometry: Geometry) -> tuple[int, int]:
    width, height = geometry.shown
    scale = min(1.0, SHORT_SIDE / min(width, height))
    coded = geometry.within(round(width * scale), round(height * scale))
    # 4:2:0 has one colour sample for two by two pixels.
    return max(2, coded[0] // 2 * 2), max(2, coded[1] // 2 * 2)


def _paced(frames: Iterator[tuple[float, VideoFrame]]) -> Iterator[tuple[int, VideoFrame]]:
    """Frames at most 60 times a second, with strictly growing ticks."""
    step = 1 / MOST_FRAMES_PER_S
    due, last = 0.0, -1
    for seconds, frame in frames:
        ticks = round(seconds / TICKS)
        if seconds < due - step / 4 or ticks <= last:  # a quarter: clocks of milliseconds round
            continue
        due = max(due + step, seconds)
        last = ticks
        yield ticks, frame


def _stereo(media: Media, origin: float, limits: Limits) -> Iterator[AudioFrame]:
    """The sound from the first picture on; silence fills its gaps, so that lips and voice stay together."""
    if media.sound is None:
        return
    layout = "mono" if media.sound.codec_context.channels == 1 else "stereo"
    resampler = AudioResampler(
        "fltp",
        layout,
        _SOUND_RATE,
        _AAC_FRAME,
        options=MIX_WITHIN_RANGE | {"async": "1000", "first_pts": "0"},
    )
    for frame in decoded_sound(media, media.sound, limits):
        if frame.pts is not None and frame.time_base:
            frame.pts -= round(origin / frame.time_base)
        try:
            yield from resampler.resample(frame)
        except MemoryError:
            raise
        except ValueError:  # the track changes its rate or its channels: the rest is silence
            break
    yield from resampler.resample(None)


def _sounds(frames: Iterator[AudioFrame], output: OutputContainer) -> Iterator[Packet[Stream]]:
    first = next(frames)
    stream = output.add_stream("aac", rate=_SOUND_RATE, layout=first.layout.name)
    stream.codec_context.bit_rate = _SOUND_BITS

    def code() -> Iterator[Packet[Stream]]:
        for frame in chain([first], frames):
            yield from stream.encode(frame)
        yield from stream.encode(None)

    return code()


def _time(packet: Packet[Stream]) -> float:
    return float((packet.dts or 0) * (packet.time_base or TICKS))
