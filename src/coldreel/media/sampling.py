"""One frame a second: the one that is on show at each whole second, counted from the first frame.

A frame on show for several seconds is kept once, at the first of them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import av
from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame

from coldreel.media.decoding import frame_rate, media_clock, prepare, timed_frames
from coldreel.media.fitting import FRAME_SIDE, Fitting
from coldreel.media.keeping import Keeper
from coldreel.media.limits import Limits
from coldreel.media.opening import Media
from coldreel.media.planning import Feed, GopPlan, NoPlanError, Step
from coldreel.media.random_access import access_of

_DECODING_TIMES = frozenset({"avi"})
"""Containers that say when a frame is decoded and not when it is on show: no plan where the two differ."""


@dataclass(frozen=True, slots=True)
class PictureTrack:
    """What was learnt of a picture track on the way: its size as shown, and its times.

    `start_s` is where its first frame lies on the clock of the file; `end_s` where the last one stops
    showing, from the first; `rate` is frames a second; `key_times` are the seconds at which a frame begins
    that is coded by itself.
    """

    width: int
    height: int
    start_s: float
    end_s: float
    rate: float
    pixel_format: str
    key_times: tuple[float, ...]


class Sampler:
    """Samples that decode only what must be. Packets of the picture go in by `take`, as they come.

    The pictures are bit for bit those of `sample_every_frame`. Every method raises NoPlanError where a file
    cannot be sampled in this way, and what `GopPlan` raises.
    """

    def __init__(self, media: Media, limits: Limits, keeper: Keeper, side: int = FRAME_SIDE) -> None:
        self._stream = prepare(media.picture, limits)
        if media.container.format.name in _DECODING_TIMES and self._stream.codec_context.has_b_frames:
            raise NoPlanError
        step = 1 / float(frame_rate(self._stream))
        self._plan = GopPlan(media_clock(self._stream, limits), step, limits)
        self._shown = _Shown(media, keeper, side)
        self._wanted: dict[int | None, float] = {}
        self._at = -math.inf
        self._begins_anew = False

    def take(self, packet: Packet[Stream]) -> None:
        for step in self._plan.add(packet, access_of(packet, self._stream)):
            self._do(step)

    def finish(self) -> PictureTrack:
        for step in self._plan.finish():
            self._do(step)
        plan = self._plan
        return self._shown.track(plan.end_s, plan.shown, plan.key_times)

    def _do(self, step: Step) -> None:
        decoder = self._stream.codec_context
        try:
            if isinstance(step, Feed):
                if step.second is not None:
                    self._wanted[step.packet.pts] = step.second
                decoder.skip_frame = "NONREF" if step.second is None else "DEFAULT"
                self._take(decoder.decode(step.packet))
                return
            self._take(decoder.decode(None))
            decoder.flush_buffers()
            self._begins_anew = True
        except MemoryError:
            raise
        except av.error.FFmpegError as error:
            raise NoPlanError from error
        if self._wanted:  # a packet without a frame, or a frame with a time of its own
            raise NoPlanError

    def _take(self, frames: list[VideoFrame]) -> None:
        for frame in frames:
            if frame.pts is None or frame.pts <= self._at:  # the packets' times are not those of the screen
                raise NoPlanError
            if self._begins_anew and not frame.key_frame:  # the container's mark was wrong
                raise NoPlanError
            self._at, self._begins_anew = frame.pts, False
            second = self._wanted.pop(frame.pts, None)
            if second is None:
                continue
            if frame.is_corrupt:
                raise NoPlanError
            self._shown.add(second, frame)


def sample_every_frame(media: Media, limits: Limits, keeper: Keeper, side: int = FRAME_SIDE) -> PictureTrack:
    """Samples of any file, by decoding every frame: slow, sure, and what `Sampler` is held against.

    Raises what `timed_frames` raises.
    """
    step = 1 / float(frame_rate(media.picture))
    kept = _Shown(media, keeper, side)
    shown: VideoFrame | None = None
    key_times = []
    at = second = 0.0
    count = 0
    for at, frame in timed_frames(media, limits):
        if shown is not None and at > second:
            kept.add(second, shown)
            second = math.ceil(at)
        if frame.key_frame:
            key_times.append(at)
        shown = frame
        count += 1
    assert shown is not None  # timed_frames raises otherwise
    end = at + (float(shown.duration * shown.time_base) if shown.duration and shown.time_base else step)
    if second < end - step / 2 or kept.first is None:  # half a step: clocks round
        kept.add(second, shown)
    return kept.track(end, count, key_times)


class _Shown:
    """Wanted frames on their way to a keeper, made to fit the first."""

    def __init__(self, media: Media, keeper: Keeper, side: int) -> None:
        self._picture, self._keeper, self._side = media.picture, keeper, side
        self._fitting: Fitting | None = None
        self.first: VideoFrame | None = None

    def add(self, second: float, frame: VideoFrame) -> None:
        if self._fitting is None:
            self.first, self._fitting = frame, Fitting(self._picture, frame, self._side)
        self._keeper.add(second, self._fitting.picture(frame))

    def track(self, end_s: float, frames: int, key_times: list[float]) -> PictureTrack:
        """What was learnt. Raises NoPlanError when no frame has come."""
        if self.first is None or self._fitting is None:
            raise NoPlanError
        return PictureTrack(
            *self._fitting.geometry.shown,
            start_s=float((self.first.pts or 0) * (self._picture.time_base or 0)),
            end_s=end_s,
            rate=frames / end_s,
            pixel_format=self.first.format.name,
            key_times=tuple(key_times),
        )
