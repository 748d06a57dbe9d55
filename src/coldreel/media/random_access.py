"""Where decoding can begin anew, and what has to be known of the stream before, as packets tell.

Containers mark packets as keyframes, and some mark too many. For H.264 and HEVC the units of a packet say it.
Streams may also carry parameter sets between their pictures, which hold until others come: a picture that is
passed over may have brought those that a later one needs.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass

from av.packet import Packet
from av.stream import Stream
from av.video.stream import VideoStream

_START = b"\0\0\1"


@dataclass(frozen=True, slots=True)
class _Syntax:
    """How a codec names its units by their first byte.

    anew: the kind of the first picture unit of a packet with which decoding can begin; None: the container
    knows best
    """

    kind: Callable[[int], int]
    parameters: Container[int]
    pictures: Container[int] = ()
    anew: Container[int] | None = None


_MPEG_1_AND_2 = _Syntax(kind=int, parameters={0xB3})
_SYNTAX = {
    # IDR pictures alone: containers also mark recovery points, from which a picture slowly becomes whole.
    "h264": _Syntax(lambda byte: byte & 0x1F, parameters={7, 8, 13, 15}, pictures=range(1, 6), anew={5}),
    # BLA, IDR and CRA pictures (ITU-T H.265, table 7-1).
    "hevc": _Syntax(lambda byte: byte >> 1 & 0x3F, range(32, 35), pictures=range(32), anew=range(16, 24)),
    "mpeg1video": _MPEG_1_AND_2,
    "mpeg2video": _MPEG_1_AND_2,
    "mpeg4": _Syntax(kind=int, parameters=range(0x20, 0x30)),
}


@dataclass(frozen=True, slots=True)
class Access:
    """Of a packet. anew: decoding can begin with it, as long as no later one is shown before it.
    parameters: the parameter sets that it brings, b"" without any."""

    anew: bool
    parameters: bytes = b""


def access_of(packet: Packet[Stream], stream: VideoStream) -> Access:
    """What a packet of this stream is good for."""
    syntax = _SYNTAX.get(stream.codec_context.codec.canonical_name)
    if syntax is None:
        return Access(packet.is_keyframe)
    units = [(syntax.kind(unit[0]), unit) for unit in _units(packet, stream)]
    anew = packet.is_keyframe
    if anew and syntax.anew is not None:
        anew = next((kind for kind, _ in units if kind in syntax.pictures), None) in syntax.anew
    return Access(anew, b"".join(unit for kind, unit in units if kind in syntax.parameters))


def _units(packet: Packet[Stream], stream: VideoStream) -> Iterator[memoryview]:
    """The units of a packet, each at least one byte."""
    content = memoryview(packet)
    size = _length_size(stream)
    return _between_start_codes(content) if size is None else _behind_lengths(content, size)


def _between_start_codes(content: memoryview) -> Iterator[memoryview]:
    whole = bytes(content)
    at = whole.find(_START)
    while at >= 0 and at + len(_START) < len(whole):
        first = at + len(_START)
        at = whole.find(_START, first)
        yield content[first : at if at >= 0 else None]


def _behind_lengths(content: memoryview, size: int) -> Iterator[memoryview]:
    at = 0
    while at + size < len(content):
        end = at + size + int.from_bytes(content[at : at + size], "big")
        if end > at + size:
            yield content[at + size : end]
        at = end


def _length_size(stream: VideoStream) -> int | None:
    """Bytes of the length before each unit (ISO/IEC 14496-15, 5.3, 8.3); None where start codes part them."""
    place = {"h264": 4, "hevc": 21}.get(stream.codec_context.codec.canonical_name)
    head = stream.codec_context.extradata
    if place is None or not head or head[0] != 1:
        return None
    return (head[place] & 3) + 1 if len(head) > place else None
