"""What the first bytes of a file say about it. Its name says nothing."""

from __future__ import annotations

HEAD_BYTES = 4096
"""Enough for a `ftyp` box and for the DocType of a Matroska header."""

_NOT_VIDEO = (
    (0, b"\xff\xd8\xff", "a JPEG picture"),
    (0, b"\x89PNG\r\n\x1a\n", "a PNG picture"),
    (0, b"GIF8", "a GIF picture"),
    (0, b"BM", "a BMP picture"),
    (8, b"WEBP", "a WebP picture"),
    (4, b"ftypavif", "an AVIF picture"),
    (4, b"ftypheic", "a HEIC picture"),
    (4, b"ftypmif1", "a HEIF picture"),
    (0, b"%PDF-", "a PDF document"),
    (0, b"PK\x03\x04", "a ZIP archive"),
    (0, b"\x1f\x8b", "a gzip archive"),
    (0, b"\x7fELF", "a program"),
    (0, b"ID3", "an MP3 sound file"),
    (0, b"fLaC", "a FLAC sound file"),
    (8, b"WAVE", "a WAV sound file"),
)

_VIDEO = (
    (4, b"ftypqt  ", "mov"),
    (4, b"ftyp", "mp4"),
    (4, b"styp", "mp4"),
    (4, b"moov", "mov"),
    (4, b"mdat", "mov"),
    (4, b"wide", "mov"),
    (8, b"AVI ", "avi"),
    (0, b"FLV\x01", "flv"),
    (0, b"OggS", "ogg"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "asf"),
    (0, b"\x00\x00\x01\xba", "mpeg"),
)

_EBML = b"\x1a\x45\xdf\xa3"
_TEXT_CONTROLS = frozenset(b"\t\n\r\f")


def other_kind(head: bytes) -> str | None:
    """What a file that is surely no video is, in words ("a GIF picture"); None when it may be a video."""
    for offset, magic, words in _NOT_VIDEO:
        if head.startswith(magic, offset):
            return words
    return "a text file" if _is_text(head) else None


def container_kind(head: bytes) -> str | None:
    """The container that the first bytes announce ("mp4", "mov", "webm", "matroska", …), or None."""
    if head.startswith(_EBML):
        return "webm" if b"webm" in head[:64] else "matroska"
    for offset, magic, name in _VIDEO:
        if head.startswith(magic, offset):
            return name
    return None


def _is_text(head: bytes) -> bool:
    if any(byte < 0x20 and byte not in _TEXT_CONTROLS for byte in head):
        return False
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        return len(head) - error.start < 4  # the last character may be cut
    return True
