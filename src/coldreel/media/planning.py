"""The plan of what to decode: to see a frame a second, most frames need not be decoded.

For a wanted frame the reference frames must be decoded from the last place where decoding can begin up to it.
The plan reads packets only, each once, and holds those back of which it is not yet sure. Where a file's
packets do not say plainly when their frames are on show, it gives up, and every frame has to be decoded.
"""

from __future__ import annotations

import math
from bisect import insort
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from av.packet import Packet
from av.stream import Stream

from coldreel.media.decoding import MediaClock
from coldreel.media.limits import Limits
from coldreel.media.opening import too_long, too_many_frames
from coldreel.media.random_access import Access

MOST_REORDERED = 16
"""Frames that come before another in the file and after it on the screen: H.264 and HEVC allow no more."""
MOST_HELD_BYTES = 64 * 2**20
"""Of packets held back in the hope that they need not be decoded: 20 s at 26 Mbit/s."""


class NoPlanError(Exception):
    """This file's packets do not say which of its frames are on show when."""


@dataclass(frozen=True, slots=True)
class Feed:
    """Give the decoder this packet.

    second: keep the frame that comes of it, for this second; None: it is given for the sake of others
    """

    packet: Packet[Stream]
    second: float | None


@dataclass(frozen=True, slots=True)
class Restart:
    """Take what the decoder still holds, and begin anew."""


Step: TypeAlias = Feed | Restart


@dataclass(slots=True, eq=False)
class _Entry:
    """A packet in the order of the file. `second` holds once it is `settled`.

    anew: decoding can begin with it; renews: it brings other parameter sets than those before
    """

    packet: Packet[Stream]
    anew: bool
    renews: bool
    settled: bool = False
    second: float | None = None


class GopPlan:
    """Packets go in by `add`, in the order of the file; out come steps for a decoder.

    After `finish`, `shown` is the number of frames, `end_s` where the last one stops being on show, and
    `key_times` are the seconds at which a frame begins that is coded by itself.
    """

    def __init__(self, clock: MediaClock, step_s: float, limits: Limits) -> None:
        """`step_s`: how long a frame is on show that does not say so."""
        self.shown = 0
        self.end_s = 0.0
        self.key_times: list[float] = []
        self._clock, self._step_s, self._limits = clock, step_s, limits
        self._waiting: list[int] = []  # times of packets whose place on the screen is not sure yet
        self._entries: dict[int, _Entry] = {}
        self._queue: deque[_Entry] = deque()
        self._held: list[_Entry] = []  # settled and not wanted, but perhaps referred to
        self._held_bytes = 0
        self._fed = False
        self._parameters = b""
        self._now: _Entry | None = None
        self._now_s = 0.0
        self._second = 0.0

    def add(self, packet: Packet[Stream], access: Access) -> Iterator[Step]:
        """The steps that are sure now.

        Raises NoPlanError, and TooLongError beyond the limits.
        """
        if packet.is_corrupt or packet.has_sidedata("new_extradata"):
            raise NoPlanError
        entry = _Entry(packet, access.anew, self._renews(access.parameters))
        self._queue.append(entry)
        if packet.is_discard:  # before the start of an edit: never on show
            entry.settled = True
        elif packet.pts is None or packet.pts in self._entries:
            raise NoPlanError
        else:
            self._entries[packet.pts] = entry
            insort(self._waiting, packet.pts)
        if len(self._waiting) > MOST_REORDERED + 1:
            self._show(self._waiting.pop(0))
        yield from self._sure_steps()

    def finish(self) -> Iterator[Step]:
        """The rest of the steps. Raises what `add` raises."""
        for pts in self._waiting:
            self._show(pts)
        if self._now is None:
            raise NoPlanError
        packet = self._now.packet
        length = float(packet.duration * packet.time_base) if packet.duration else self._step_s
        self.end_s = self._now_s + length
        nothing_kept = self._second == 0
        self._settle(self._now, wanted=nothing_kept or self._second < self.end_s - self._step_s / 2)
        yield from self._sure_steps()
        yield Restart()

    def _show(self, pts: int) -> None:
        """The next frame on the screen has come: now it is known how long the one before was on show."""
        entry, at = self._entries[pts], self._clock.seconds(pts)
        if at is None or (self._now is not None and at <= self._now_s):
            raise NoPlanError
        self.shown += 1
        if at > self._limits.max_duration_s:
            raise too_long(at, self._limits)
        if self.shown > self._limits.max_frames:
            raise too_many_frames(self._limits)
        if entry.packet.is_keyframe:
            self.key_times.append(at)
        if self._now is not None:
            wanted = at > self._second
            self._settle(self._now, wanted)
            self._second = math.ceil(at) if wanted else self._second
        self._now, self._now_s = entry, at

    def _settle(self, entry: _Entry, wanted: bool) -> None:
        assert entry.packet.pts is not None  # else it were not on show
        del self._entries[entry.packet.pts]
        entry.settled = True
        entry.second = float(self._second) if wanted else None

    def _sure_steps(self) -> Iterator[Step]:
        while self._queue and self._queue[0].settled:
            entry = self._queue.popleft()
            if entry.anew and self._can_forget() and not self._is_overtaken(entry):
                self._forget()
                if self._fed:
                    yield Restart()
                    self._fed = False
            self._held.append(entry)
            self._held_bytes += entry.packet.size
            if entry.second is not None or self._held_bytes > MOST_HELD_BYTES:
                self._fed = True
                yield from [Feed(held.packet, held.second) for held in self._held]
                self._forget()

    def _renews(self, parameters: bytes) -> bool:
        if not parameters or parameters == self._parameters:
            return False
        self._parameters = parameters
        return True

    def _can_forget(self) -> bool:
        """Whether packets are held, and none of them brought parameters that may be needed later."""
        return bool(self._held) and not any(held.renews for held in self._held)

    def _is_overtaken(self, entry: _Entry) -> bool:
        """Whether a later packet is shown before this one, and so may refer to what was before both."""
        at = entry.packet.pts
        return any(
            at is None or (later.packet.pts is not None and later.packet.pts < at)
            for later, _ in zip(self._queue, range(MOST_REORDERED), strict=False)
        )

    def _forget(self) -> None:
        self._held.clear()
        self._held_bytes = 0
