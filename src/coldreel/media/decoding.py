"""Frames of a file with their time, whatever the file does meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import chain

import av
from av.codec.context import ThreadType
from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from coldreel.errors import CorruptError, TooLongError
from coldreel.media.limits import Limits
from coldreel.media.opening import Media, too_long, too_many_frames

_USUAL_RATE = Fraction(25)
_USUAL_BASE = Fraction(1, 90_000)
_JITTER_S = 1.0
"""Frames that are late by less are out of order; by more, they come from elsewhere."""
_NEW_CLOCK_FRAMES = 5
"""So many frames in a row from elsewhere are a clock that started anew, as in joined transport streams."""


def packets(media: Media, streams: tuple[Stream, ...], limits: Limits) -> Iterator[Packet[Stream]]:
    """The packets of these streams, to the end of the file or to where it breaks.

    Raises TooLongError above `limits.max_packets`.
    """
    try:
        for count, packet in enumerate(media.container.demux(*streams)):
            if count >= limits.max_packets:
                raise TooLongError(
                    f"The file has more than {limits.max_packets:,} packets (COLDREEL_MAX_PACKETS)."
                )
            if packet.size:
                yield packet
    except MemoryError:
        raise
    except av.error.FFmpegError:
        return


def timed_frames(media: Media, limits: Limits) -> Iterator[tuple[float, VideoFrame]]:
    """Whole frames and the seconds at which they appear, counted from the first, never going back.

    Frames that are marked corrupt are passed over. Raises CorruptError when nothing is left, TooLongError
    beyond the limits.
    """
    picture = prepare(media.picture, limits)
    clock = media_clock(picture, limits)
    decoded = 0
    came = False
    for frame in _decoded(media, picture, limits):
        decoded += 1
        if decoded > limits.max_frames:
            raise too_many_frames(limits)
        if frame.is_corrupt:
            continue
        seconds = clock.seconds(frame.pts)
        if seconds is None:
            continue
        if seconds > limits.max_duration_s:
            raise too_long(seconds, limits)
        came = True
        yield seconds, frame
    if not came:
        raise CorruptError(
            f"The file opens as {media.container_name} with {picture.codec_context.codec.canonical_name}, "
            "but not one frame of it can be decoded; it is damaged, encrypted, or only the head of a stream."
        )


def prepare(picture: VideoStream, limits: Limits) -> VideoStream:
    """Set the stream's decoder to one thread (a process has one core) and to the picture limit."""
    context = picture.codec_context
    context.thread_type = ThreadType.SLICE
    context.thread_count = 1
    context.options = {"max_pixels": str(limits.max_pixels)}
    return picture


def frame_rate(picture: VideoStream) -> Fraction:
    """Frames a second as the container guesses them, within reason."""
    rate = picture.average_rate or picture.guessed_rate
    return rate if rate and 0 < rate <= 1000 else _USUAL_RATE


def media_clock(picture: VideoStream, limits: Limits) -> MediaClock:
    """The clock of a picture track, at its start."""
    return MediaClock(picture.time_base or _USUAL_BASE, frame_rate(picture), limits.max_duration_s)


def _decoded(media: Media, picture: VideoStream, limits: Limits) -> Iterator[VideoFrame]:
    context = picture.codec_context
    for packet in chain(packets(media, (picture,), limits), [None]):
        try:
            yield from context.decode(packet)
        except MemoryError:
            raise
        except av.error.FFmpegError:
            continue


class MediaClock:
    """Seconds from the first frame, mended where the file's own clock jumps or stands still."""

    def __init__(self, base: Fraction, rate: Fraction, longest_s: float) -> None:
        """`base`: seconds a tick. `rate`: frames a second. `longest_s`: no gap is longer."""
        self._base = base
        self._step = float(1 / rate)
        self._longest_s = longest_s
        self._first: int | None = None
        self._shift = 0.0
        self._now = -self._step
        self._astray = 0

    def seconds(self, pts: int | None) -> float | None:
        """The time of the next frame, or None where a damaged decoder hands out one from elsewhere.

        `pts` is None for a frame without a time stamp.
        """
        if pts is None:
            self._now += self._step
            return self._now
        if self._first is None:
            self._first = pts
        at = (pts - self._first) * self._base.numerator / self._base.denominator + self._shift
        if -_JITTER_S <= at - self._now <= self._longest_s:
            self._astray = 0
            self._now = max(at, self._now)
            return self._now
        self._astray += 1
        if self._astray < _NEW_CLOCK_FRAMES:
            return None
        self._shift += self._now + self._step - at
        self._astray = 0
        self._now += self._step
        return self._now
