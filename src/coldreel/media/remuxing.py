"""Repack a file's streams, untouched, for browsers."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
from av.packet import Packet
from av.stream import Stream

from coldreel.errors import CorruptError, UnsupportedError
from coldreel.media.decoding import packets
from coldreel.media.limits import Limits
from coldreel.media.mp4 import TICKS, written_mp4
from coldreel.media.opening import Media, open_media
from coldreel.media.room import room_in


def remux(source: Path, destination: Path, limits: Limits) -> None:
    """Put the best picture and sound, untouched, into an MP4 with its index first and no metadata.

    Rotation stays. Nothing is decoded. Raises UnsupportedError when these streams do not go into an MP4
    (`transcode` makes some that do), CorruptError when none come, and what `open_media` raises.
    """
    with (
        open_media(source, limits, look=True) as media,
        written_mp4(destination) as output,
    ):
        streams: tuple[Stream, ...] = tuple(filter(None, (media.picture, media.sound)))
        try:
            with room_in(destination.parent):
                copies = {
                    stream.index: output.add_stream_from_template(stream, opaque=True) for stream in streams
                }
                output.start_encoding()
        except (ValueError, av.error.FFmpegError) as error:
            raise UnsupportedError("These streams cannot be put into an MP4; transcode them.") from error
        written = 0
        for packet in _shifted(media, streams, limits):
            is_picture = packet.stream.index == media.picture.index
            packet.stream = copies[packet.stream.index]
            try:
                output.mux_one(packet)
            except (av.error.InvalidDataError, av.error.ArgumentError):
                continue  # one bad packet, not the end
            written += is_picture
        if not written:
            raise CorruptError


def _shifted(media: Media, streams: tuple[Stream, ...], limits: Limits) -> Iterator[Packet[Stream]]:
    """Packets in order, their clock begun at the file's start."""
    start = min((_start(stream) for stream in streams), default=Fraction(0))
    last: dict[int, int] = {}
    for packet in _dated(packets(media, streams, limits)):
        assert packet.dts is not None  # by _dated
        if packet.dts <= last.get(packet.stream.index, packet.dts - 1):
            continue
        last[packet.stream.index] = packet.dts
        shift = math.floor(start / (packet.time_base or TICKS))
        packet.pts = (packet.dts if packet.pts is None else packet.pts) - shift
        packet.dts -= shift
        yield packet


def _dated(undated: Iterator[Packet[Stream]]) -> Iterator[Packet[Stream]]:
    """The packets, each with a decoding time.

    Matroska states none. FFmpeg works them out, but not for the first packets of a stream with B-frames:
    these wait here for the first that has one, and are counted back from it.
    """
    waiting: dict[int, list[Packet[Stream]]] = {}
    known: dict[int, int] = {}
    for packet in undated:
        stream = packet.stream.index
        if packet.dts is not None:
            yield from _counted_back(waiting.pop(stream, []), packet.dts)
        elif stream in known:
            packet.dts = known[stream] + 1
        else:
            waiting.setdefault(stream, []).append(packet)
            continue
        known[stream] = packet.dts
        yield packet
    for packets_left in waiting.values():
        yield from _counted_back(packets_left, packets_left[0].pts or 0)


def _counted_back(undated: list[Packet[Stream]], dts: int) -> list[Packet[Stream]]:
    for packet in reversed(undated):
        dts -= packet.duration or 1
        packet.dts = dts
    return undated


def _start(stream: Stream) -> Fraction:
    return (stream.start_time or 0) * (stream.time_base or TICKS)
