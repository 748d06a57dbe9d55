"""One frame a second: the one that is on show at each whole second, counted from the first frame.

A frame on show for several seconds is kept once, at the first of them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import av
import numpy as np
from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from coldreel.media.decoding import frame_rate, media_clock, prepare, timed_frames
from coldreel.media.geometry import Geometry
from coldreel.media.keeping import KeptFrames
from coldreel.media.limits import Limits
from coldreel.media.opening import Media
from coldreel.media.planning import Feed, GopPlan, NoPlanError, Step
from coldreel.media.random_access import access_of

_DECODING_TIMES = frozenset({"avi"})
"""Containers that say when a frame is decoded and not when it is on show: no plan where the two differ."""


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """The kept frames (see Footage), the size of the picture as shown, and what was measured on the way.

    `end_s` is where the last frame stops showing; `rate` is frames a second; `key_times` are the seconds at
    which a frame begins that is coded by itself.
    """

    frames: NDArray[np.uint8]
    times: NDArray[np.float64]
    width: int
    height: int
    end_s: float
    rate: float
    pixel_format: str
    key_times: tuple[float, ...]


class Sampler:
    """Samples that decode only what must be. Packets of the picture go in by `take`, as they come.

    The frames are bit for bit those of `sample_every_frame`. Every method raises NoPlanError where a file
    cannot be sampled in this way, and what `GopPlan` raises.
    """

    def __init__(self, media: Media, limits: Limits) -> None:
        self._media, self._limits = media, limits
        self._stream = prepare(media.picture, limits)
        if media.container.format.name in _DECODING_TIMES and self._stream.codec_context.has_b_frames:
            raise NoPlanError
        step = 1 / float(frame_rate(self._stream))
        self._plan = GopPlan(media_clock(self._stream, limits), step, limits)
        self._wanted: dict[int | None, float] = {}
        self._at = -math.inf
        self._begins_anew = False
        self._kept: KeptFrames | None = None
        self._geometry: Geometry | None = None
        self._last: VideoFrame | None = None

    def take(self, packet: Packet[Stream]) -> None:
        for step in self._plan.add(packet, access_of(packet, self._stream)):
            self._do(step)

    def finish(self) -> Samples:
        for step in self._plan.finish():
            self._do(step)
        if self._kept is None or self._geometry is None or self._last is None:
            raise NoPlanError
        plan = self._plan
        return Samples(
            *self._kept.arrays(),
            *self._geometry.shown,
            end_s=plan.end_s,
            rate=plan.shown / plan.end_s,
            pixel_format=self._last.format.name,
            key_times=tuple(plan.key_times),
        )

    def _do(self, step: Step) -> None:
        decoder = self._stream.codec_context
        try:
            if isinstance(step, Feed):
                if step.second is not None:
                    self._wanted[step.packet.pts] = step.second
                decoder.skip_frame = "NONREF" if step.second is None else "DEFAULT"
                self._keep(decoder.decode(step.packet))
                return
            self._keep(decoder.decode(None))
            decoder.flush_buffers()
            self._begins_anew = True
        except MemoryError:
            raise
        except av.error.FFmpegError as error:
            raise NoPlanError from error
        if self._wanted:  # a packet without a frame, or a frame with a time of its own
            raise NoPlanError

    def _keep(self, frames: list[VideoFrame]) -> None:
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
            if self._kept is None:
                self._geometry = Geometry.of(frame, self._stream)
                self._kept = KeptFrames(self._media, self._geometry, self._limits)
            self._kept.add(second, frame)
            self._last = frame


def sample_every_frame(media: Media, limits: Limits) -> Samples:
    """Samples of any file, by decoding every frame: slow, sure, and what `Sampler` is held against.

    Raises what `timed_frames` raises.
    """
    step = 1 / float(frame_rate(media.picture))
    kept: KeptFrames | None = None
    shown: VideoFrame | None = None
    geometry: Geometry | None = None
    key_times = []
    at = second = 0.0
    count = 0
    for at, frame in timed_frames(media, limits):
        if kept is None:
            geometry = Geometry.of(frame, media.picture)
            kept = KeptFrames(media, geometry, limits)
        if shown is not None and at > second:
            kept.add(second, shown)
            second = math.ceil(at)
        if frame.key_frame:
            key_times.append(at)
        shown = frame
        count += 1
    assert kept is not None and geometry is not None and shown is not None  # timed_frames raises otherwise
    end = at + (float(shown.duration * shown.time_base) if shown.duration and shown.time_base else step)
    if second < end - step / 2 or not len(kept):  # half a step: clocks round
        kept.add(second, shown)
    return Samples(
        *kept.arrays(), *geometry.shown, end, count / end, shown.format.name, key_times=tuple(key_times)
    )
