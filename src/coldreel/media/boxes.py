"""How an MP4 file is laid out, read from its boxes (ISO/IEC 14496-12, 4.2)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

MP4_FAMILY = frozenset({"mp4", "mov"})
"""Containers that are made of boxes."""
_MOST_BOXES = 1000
"""In one box. A file with more of them at the top is fragmented, and known to be by then."""

_TOP = frozenset({b"ftyp", b"styp", b"moov", b"mdat", b"moof", b"mfra", b"sidx", b"free", b"skip", b"wide"})
_NEEDED = {
    b"moov": frozenset({b"mvhd", b"trak", b"iods", b"mvex", b"udta"}),
    b"trak": frozenset({b"tkhd", b"mdia", b"edts", b"tref"}),
    b"udta": frozenset({b"meta"}),  # the tags that FFmpeg reads
}
"""The boxes within these that have to do with playing. Others may hold anything, such as the place."""


@dataclass(frozen=True, slots=True)
class Layout:
    """`index_first`: a player can begin before it has it all. `fragmented`: no index of the whole.
    `cut_off`: the file ends within a box. `plain`: no box has to do with anything but playing."""

    index_first: bool
    fragmented: bool
    cut_off: bool
    plain: bool


def layout_of(path: Path) -> Layout:
    """The layout of an MP4 or MOV file; a broken one ends where its boxes do."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        boxes = list(_boxes(file, 0, size))
        plain = all(box.kind in _TOP and _is_plain(file, box) for box in boxes)
    kinds = [box.kind for box in boxes]
    index_first = b"moov" in kinds and (b"mdat" not in kinds or kinds.index(b"moov") < kinds.index(b"mdat"))
    cut_off = bool(boxes) and boxes[-1].end > size
    return Layout(index_first, fragmented=b"moof" in kinds, cut_off=cut_off, plain=plain)


@dataclass(frozen=True, slots=True)
class _Box:
    kind: bytes
    start: int
    end: int


def _boxes(file: BinaryIO, at: int, end: int) -> Iterator[_Box]:
    """The boxes between two places of a file, their heads left out."""
    for _ in range(_MOST_BOXES):
        if at + 8 > end:
            return
        file.seek(at)
        head = file.read(8)
        if len(head) < 8:  # the file is cut off
            return
        size, kind = struct.unpack(">I4s", head)
        start = at + 8
        if size == 1:
            size, start = int.from_bytes(file.read(8), "big"), at + 16
        if size == 0:
            size = end - at
        if at + size < start:
            return
        yield _Box(kind, start, at + size)
        at += size


def _is_plain(file: BinaryIO, box: _Box) -> bool:
    needed = _NEEDED.get(box.kind)
    if needed is None:
        return True
    return all(inner.kind in needed and _is_plain(file, inner) for inner in _boxes(file, box.start, box.end))
