"""Code a file anew for browsers."""

from __future__ import annotations

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

from coldreel.media.decoding import frame_rate, timed_frames
from coldreel.media.limits import Limits
from coldreel.media.mp4 import AAC_FRAME, TICKS, mux, written_mp4
from coldreel.media.opening import Media, open_media
from coldreel.media.rendering import Rendering
from coldreel.media.sound import MIX_WITHIN_RANGE, SoundClock, decoded_sound

MOST_FRAMES_PER_S = 60
"""Slow motion is thinned to what a screen shows."""

_H264 = {"preset": "veryfast", "crf": "23"}
_GOP_S = 2
"""Seconds between keyframes, so that a jump lands close."""
_SOUND_RATE = 48_000
_SOUND_BITS = 128_000


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
        sounds = _stereo(again, float((first.pts or 0) * (media.picture.time_base or 0)), limits)
        pictures = _pictures(media, first, frames, output)
        if (sound := next(sounds, None)) is None:
            mux(output, pictures)
        else:
            mux(output, pictures, _sounds(chain([sound], sounds), output))


def _pictures(
    media: Media, first: VideoFrame, rest: Iterator[tuple[float, VideoFrame]], output: OutputContainer
) -> Iterator[Packet[Stream]]:
    rate = min(frame_rate(media.picture), Fraction(MOST_FRAMES_PER_S))
    rendering = Rendering(media.picture, first)
    stream = output.add_stream("libx264", rate=rate, options=dict(_H264))
    stream.set_display_matrix(rendering.geometry.matrix)
    context = stream.codec_context
    rendering.describe(context)
    context.time_base = TICKS
    context.gop_size = max(1, round(_GOP_S * rate))
    context.thread_count = 1

    def code() -> Iterator[Packet[Stream]]:
        for ticks, frame in _paced(chain([(0.0, first)], rest)):
            small = rendering.frame(frame)
            small.pts, small.time_base = ticks, TICKS
            yield from stream.encode(small)
        yield from stream.encode(None)

    return code()


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


def _stereo(media: Media, origin_s: float, limits: Limits) -> Iterator[AudioFrame]:
    """The sound from the first picture on; silence fills its gaps, so that lips and voice stay together."""
    if media.sound is None:
        return
    layout = "mono" if media.sound.codec_context.channels == 1 else "stereo"
    resampler = AudioResampler(
        "fltp",
        layout,
        _SOUND_RATE,
        AAC_FRAME,
        options=MIX_WITHIN_RANGE | {"async": "1000", "first_pts": "0"},
    )
    for frame in _beside(decoded_sound(media, media.sound, limits), origin_s, limits):
        try:
            yield from resampler.resample(frame)
        except MemoryError:
            raise
        except ValueError:  # the track changes its rate or its channels: the rest is silence
            break
    yield from resampler.resample(None)


def _beside(frames: Iterator[AudioFrame], origin_s: float, limits: Limits) -> Iterator[AudioFrame]:
    """The frames with times counted from that moment of the file's clock, none of them out of all reason."""
    clock = SoundClock(limits)
    for frame in frames:
        second = clock.seconds(frame)
        lead = clock.start_s - origin_s
        if second is not None and frame.time_base:
            lead = lead if abs(lead) < limits.max_duration_s else 0.0
            frame.pts = round((lead + second) / frame.time_base)
            yield frame


def _sounds(frames: Iterator[AudioFrame], output: OutputContainer) -> Iterator[Packet[Stream]]:
    first = next(frames)
    stream = output.add_stream("aac", rate=_SOUND_RATE, layout=first.layout.name)
    stream.codec_context.bit_rate = _SOUND_BITS

    def code() -> Iterator[Packet[Stream]]:
        for frame in chain([first], frames):
            yield from stream.encode(frame)
        yield from stream.encode(None)

    return code()
