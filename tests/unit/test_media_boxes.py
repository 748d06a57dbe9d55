import struct

import pytest

from coldreel.media.boxes import Layout, layout_of


def box(kind: bytes, size: int = 8) -> bytes:
    return struct.pack(">I4s", size, kind) + bytes(max(0, size - 8))


LARGE = struct.pack(">I4sQ", 1, b"mdat", 32) + bytes(16)
TO_THE_END = struct.pack(">I4s", 0, b"mdat") + bytes(50)


@pytest.mark.parametrize(
    ("content", "layout"),
    [
        (box(b"ftyp", 24) + box(b"moov", 100) + box(b"mdat", 50), Layout(True, False, False)),
        (box(b"ftyp", 24) + box(b"mdat", 50) + box(b"moov", 100), Layout(False, False, False)),
        (box(b"ftyp", 24) + LARGE + box(b"moov", 100), Layout(False, False, False)),
        (box(b"moov", 100) + TO_THE_END, Layout(True, False, False)),
        (box(b"moov", 100) + box(b"moof", 20) + box(b"mdat", 9), Layout(True, True, False)),
        (box(b"ftyp", 24), Layout(False, False, False)),
        (box(b"ftyp", 3) + bytes(40), Layout(False, False, False)),
        (box(b"moov", 100) + box(b"mdat", 50)[:20], Layout(True, False, True)),
        (b"", Layout(False, False, False)),
    ],
    ids=[
        "index first",
        "index last",
        "64-bit size",
        "open end",
        "fragments",
        "no index",
        "broken",
        "cut off",
        "empty",
    ],
)
def test_the_layout_is_read_from_the_boxes(tmp_path, content, layout):
    path = tmp_path / "film.mp4"
    path.write_bytes(content)
    assert layout_of(path) == layout
