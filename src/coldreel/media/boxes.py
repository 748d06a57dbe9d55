"""How an MP4 file is laid out, read from its top-level boxes (ISO/IEC 14496-12, 4.2)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

MP4_FAMILY = frozenset({"mp4", "mov"})
"""Containers that are made of boxes."""
_MOST_BOXES = 1000
"""A file with more top-level boxes is fragmented, and known to be by then."""


@dataclass(frozen=True, slots=True)
class Layout:
    """`index_first`: a player can begin before it has it all. `fragmented`: no index of the whole.
    `cut_off`: the file ends within a box."""

    index_first: bool
    fragmented: bool
    cut_off: bool


def layout_of(path: Path) -> Layout:
    """The layout of an MP4 or MOV file; a broken one ends where its boxes do."""
    kinds: list[bytes] = []
    with path.open("rb") as file:
        end = file.seek(0, 2)
        at = 0
        while at + 8 <= end and len(kinds) < _MOST_BOXES:
            file.seek(at)
            size, kind = struct.unpack(">I4s", file.read(8))
            if size == 1:
                size = int.from_bytes(file.read(8), "big")
            kinds.append(kind)
            if size < 8:  # 0: to the end of the file
                at = end
                break
            at += size
    index_first = b"moov" in kinds and (b"mdat" not in kinds or kinds.index(b"moov") < kinds.index(b"mdat"))
    return Layout(index_first, fragmented=b"moof" in kinds, cut_off=at > end)
