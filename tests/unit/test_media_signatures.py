import pytest

from coldreel.media.signatures import container_kind, other_kind


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "a JPEG picture"),
        (b"\x89PNG\r\n\x1a\n\x00", "a PNG picture"),
        (b"GIF89a\x01\x00", "a GIF picture"),
        (b"RIFF\x24\x00\x00\x00WEBPVP8 ", "a WebP picture"),
        (b"\x00\x00\x00\x20ftypheic\x00\x00", "a HEIC picture"),
        (b"%PDF-1.7\n", "a PDF document"),
        (b"RIFF\x24\x00\x00\x00WAVEfmt ", "a WAV sound file"),
        (b"ffconcat version 1.0\nfile secret.mp4\n", "a text file"),
        (b"<!doctype html><html>", "a text file"),
        ("Grüße, 世界".encode() + "ü".encode()[:1], "a text file"),
    ],
)
def test_a_file_that_is_no_video_is_named(head, words):
    assert other_kind(head) == words


@pytest.mark.parametrize(
    ("head", "container"),
    [
        (b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00", "mp4"),
        (b"\x00\x00\x00\x14ftypqt  \x00\x00\x00\x00", "mov"),
        (b"\x1a\x45\xdf\xa3\x01\x00\x00\x00\x00\x00\x00\x1f\x42\x82\x84webm", "webm"),
        (b"\x1a\x45\xdf\xa3\x01\x00\x00\x00\x00\x00\x00\x1f\x42\x82\x88matroska", "matroska"),
        (b"RIFF\x24\x00\x00\x00AVI LIST", "avi"),
        (b"FLV\x01\x05\x00\x00\x00\x09", "flv"),
        (b"OggS\x00\x02", "ogg"),
        (b"\x47\x40\x11\x10\x00", None),
    ],
)
def test_a_video_container_is_known_by_its_first_bytes(head, container):
    assert container_kind(head) == container
    assert other_kind(head) is None
