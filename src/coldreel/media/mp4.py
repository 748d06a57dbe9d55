"""Writing an MP4: its index first, and what may go wrong said plainly."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av
from av.container import OutputContainer
from av.packet import Packet
from av.stream import Stream

from coldreel.errors import WorkError
from coldreel.media.room import room_in

TICKS = Fraction(1, 90_000)
"""The usual clock of video: every common frame rate falls on whole ticks."""
AAC_FRAME = 1024
"""Samples that an AAC encoder takes at once (ISO/IEC 14496-3)."""


def create_mp4(path: Path) -> OutputContainer:
    """A new MP4 with its index first; it is none until it is closed."""
    return av.open(str(path), "w", format="mp4", options={"movflags": "faststart"})


@contextmanager
def written_mp4(path: Path) -> Iterator[OutputContainer]:
    """The same, closed when the block ends, and gone if it fails.

    Raises what `told_plainly` and the block raise.
    """
    try:
        with told_plainly(path), create_mp4(path) as output:
            yield output
    except BaseException:
        path.unlink(missing_ok=True)
        raise


@contextmanager
def told_plainly(path: Path) -> Iterator[None]:
    """Raises DiskFullError, and WorkError when the block cannot write there or code what it writes."""
    try:
        with room_in(path.parent):
            yield
    except MemoryError:
        raise
    except OSError as error:
        raise WorkError(f"{path.parent} cannot be written to: {error.strerror}.") from error
    except av.error.FFmpegError as error:
        raise WorkError(f"The video cannot be coded: {error.strerror}.") from error


def mux(output: OutputContainer, *tracks: Iterable[Packet[Stream]]) -> None:
    """Write the packets of several tracks side by side, as they are to be played."""
    for packet in heapq.merge(*tracks, key=_seconds):
        output.mux_one(packet)


def _seconds(packet: Packet[Stream]) -> float:
    return float((packet.dts or 0) * (packet.time_base or TICKS))
