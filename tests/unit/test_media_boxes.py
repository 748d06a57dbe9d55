import struct

import pytest

from coldreel.media.boxes import Layout, layout_of


def box(kind: bytes, *inner: bytes, size: int | None = None) -> bytes:
    content = b"".join(inner)
    return struct.pack(">I4s", 8 + len(content) if size is None else size, kind) + content


FTYP, MDAT = box(b"ftyp", bytes(16)), box(b"mdat", bytes(42))
TRACK = box(b"trak", box(b"tkhd", bytes(84)), box(b"mdia", bytes(99)))
MOOV = box(b"moov", box(b"mvhd", bytes(100)), TRACK, box(b"udta", box(b"meta", bytes(30))))
LARGE = struct.pack(">I4sQ", 1, b"mdat", 32) + bytes(16)
TO_THE_END = box(b"mdat", bytes(50), size=0)


@pytest.mark.parametrize(
    ("content", "layout"),
    [
        pytest.param(FTYP + MOOV + MDAT, Layout(True, False, False, True), id="index first"),
        pytest.param(FTYP + MDAT + MOOV, Layout(False, False, False, True), id="index last"),
        pytest.param(FTYP + LARGE + MOOV, Layout(False, False, False, True), id="64-bit size"),
        pytest.param(MOOV + TO_THE_END, Layout(True, False, False, True), id="open end"),
        pytest.param(MOOV + box(b"moof", bytes(12)) + MDAT, Layout(True, True, False, True), id="fragments"),
        pytest.param(FTYP, Layout(False, False, False, True), id="no index"),
        pytest.param(box(b"ftyp", bytes(40), size=3), Layout(False, False, False, True), id="broken"),
        pytest.param(MOOV + MDAT[:20], Layout(True, False, True, True), id="cut off"),
        pytest.param(b"", Layout(False, False, False, True), id="empty"),
    ],
)
def test_the_layout_is_read_from_the_boxes(tmp_path, content, layout):
    path = tmp_path / "film.mp4"
    path.write_bytes(content)
    assert layout_of(path) == layout


@pytest.mark.parametrize(
    "content",
    [
        FTYP + MOOV + MDAT + box(b"uuid", b"exif:GPSLatitude"),
        FTYP + MOOV + MDAT + box(b"meta", bytes(20)),
        FTYP + box(b"moov", box(b"mvhd", bytes(100)), TRACK, box(b"meta", bytes(20))) + MDAT,
        FTYP + box(b"moov", TRACK, box(b"udta", box(b"\xa9xyz", b"+48.8577+002.295/"))) + MDAT,
        FTYP + box(b"moov", TRACK, box(b"udta", box(b"XMP_", b"<x:xmpmeta>"))) + MDAT,
        FTYP + box(b"moov", box(b"trak", box(b"udta", box(b"name", b"Ann")))) + MDAT,
    ],
    ids=["uuid", "meta beside", "meta within", "place", "XMP", "name of a track"],
)
def test_boxes_that_may_say_anything_are_noticed(tmp_path, content):
    path = tmp_path / "film.mp4"
    path.write_bytes(content)
    assert not layout_of(path).plain
