"""Where decoding can begin anew: the packets after which nothing before is referred to."""

from __future__ import annotations

from collections.abc import Iterator

from av.packet import Packet
from av.stream import Stream
from av.video.stream import VideoStream

_H264_SLICE, _H264_IDR = 1, 5
_HEVC_LAST_SLICE = 31
_HEVC_RANDOM_ACCESS = range(16, 24)
"""BLA, IDR and CRA pictures (ITU-T H.265, table 7-1)."""
_START = b"\0\0\1"


def starts_anew(packet: Packet[Stream], stream: VideoStream) -> bool:
    """Whether decoding can begin with this packet, as long as no later one is shown before it.

    Containers also mark the recovery points of H.264, from which a picture only becomes whole after a while;
    those do not count.
    """
    if not packet.is_keyframe:
        return False
    match stream.codec_context.codec.canonical_name:
        case "h264":
            kinds = (unit[0] & 0x1F for unit in _units(packet, stream))
            return next((kind for kind in kinds if _H264_SLICE <= kind <= _H264_IDR), None) == _H264_IDR
        case "hevc":
            kinds = (unit[0] >> 1 & 0x3F for unit in _units(packet, stream))
            return next((kind for kind in kinds if kind <= _HEVC_LAST_SLICE), None) in _HEVC_RANDOM_ACCESS
        case _:
            return True


def _units(packet: Packet[Stream], stream: VideoStream) -> Iterator[memoryview]:
    """The NAL units of a packet, each at least one byte."""
    content = memoryview(packet)
    size = _length_size(stream)
    at = 0
    if size is None:
        whole = bytes(content)
        while (at := whole.find(_START, at)) >= 0 and at + len(_START) < len(whole):
            at += len(_START)
            yield content[at:]
        return
    while at + size < len(content):
        length = int.from_bytes(content[at : at + size], "big")
        yield content[at + size :]
        at += size + length


def _length_size(stream: VideoStream) -> int | None:
    """Bytes of the length before each unit (ISO/IEC 14496-15, 5.3, 8.3); None where start codes part them."""
    head = stream.codec_context.extradata
    if not head or head[0] != 1:
        return None
    place = 4 if stream.codec_context.codec.canonical_name == "h264" else 21
    return (head[place] & 3) + 1 if len(head) > place else None
