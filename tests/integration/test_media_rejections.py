import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from media_filming import TICKS, film, sound_only

from coldreel.errors import (
    CorruptError,
    EmptyFileError,
    NoPictureError,
    NotAVideoError,
    OutOfMemoryError,
    TooLargeError,
    TooLongError,
    UnreadableError,
    UnsupportedError,
)
from coldreel.media.limits import Limits
from coldreel.media.watch import watch


def empty(folder):
    (folder / "film.mp4").touch()


def text(folder):
    (folder / "film.mp4").write_text("Not a film at all.\n" * 50)


def noise(folder):
    (folder / "film.mp4").write_bytes(np.random.default_rng(1).bytes(50_000))


def script(folder):
    film(folder / "secret.mp4", seconds=1)
    (folder / "film.mp4").write_text("ffconcat version 1.0\nfile secret.mp4\n")


def script_behind_a_byte_order_mark(folder):
    film(folder / "secret.mp4", seconds=1)
    (folder / "film.mp4").write_bytes(b"\xef\xbb\xbfffconcat version 1.0\nfile secret.mp4\n\x01")


def playlist(folder):
    film(folder / "secret.ts", seconds=1)
    (folder / "film.mp4").write_text(
        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nsecret.ts\n#EXT-X-ENDLIST\n"
    )


def picture(extension):
    def make(folder):
        _, data = cv2.imencode(extension, np.zeros((64, 64, 3), np.uint8))
        (folder / "film.mp4").write_bytes(data.tobytes())

    return make


def animation(folder):
    film(folder / "film.gif", codec="gif", pix_fmt="rgb8", seconds=1)
    (folder / "film.gif").rename(folder / "film.mp4")


def sound_in_a_picture_s_box(folder):
    sound_only(folder / "film.mp4")


def cut_in_its_index(folder):
    path = film(folder / "film.mp4", seconds=2)
    content = path.read_bytes()
    path.write_bytes(content[: content.index(b"moov") + 400])


def in_a_codec_from_elsewhere(folder):
    path = film(folder / "film.mp4", seconds=2)
    path.write_bytes(path.read_bytes().replace(b"avc1", b"xq1z"))


def head_without_frames(folder):
    path = film(folder / "film.mp4", seconds=2, muxing={"movflags": "faststart"})
    content = path.read_bytes()
    path.write_bytes(content[: content.index(b"mdat") + 4])


def strange_codec(folder):
    film(folder / "film.mkv", codec="ffv1", seconds=1)
    (folder / "film.mkv").rename(folder / "film.mp4")


def strange_format(folder):
    film(folder / "film.nut", codec="mpeg4", seconds=1)
    (folder / "film.nut").rename(folder / "film.mp4")


def folder_named_like_a_film(folder):
    (folder / "film.mp4").mkdir()


def pipe(folder):
    os.mkfifo(folder / "film.mp4")


def nothing(folder):
    pass


@pytest.mark.parametrize(
    ("make", "error", "says"),
    [
        (empty, EmptyFileError, "empty"),
        (text, NotAVideoError, "a text file"),
        (noise, NotAVideoError, "not a video"),
        (script, NotAVideoError, "a text file"),
        (script_behind_a_byte_order_mark, NotAVideoError, "not a video"),
        (playlist, NotAVideoError, "a text file"),
        (picture(".jpg"), NotAVideoError, "a JPEG picture"),
        (picture(".png"), NotAVideoError, "a PNG picture"),
        (picture(".tiff"), UnsupportedError, "format"),
        (animation, NotAVideoError, "a GIF picture"),
        (sound_in_a_picture_s_box, NoPictureError, "no moving picture"),
        (cut_in_its_index, CorruptError, "cut off"),
        (head_without_frames, CorruptError, "not one frame"),
        (in_a_codec_from_elsewhere, UnsupportedError, "does not know"),
        (strange_codec, UnsupportedError, "ffv1"),
        (strange_format, UnsupportedError, "format"),
        (folder_named_like_a_film, NotAVideoError, "not a regular file"),
        (pipe, NotAVideoError, "not a regular file"),
        (nothing, UnreadableError, "No such file"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_what_is_no_use_is_refused_in_plain_words(tmp_path, make, error, says):
    make(tmp_path)
    with pytest.raises(error, match=says):
        watch(tmp_path / "film.mp4", Limits())


@pytest.mark.parametrize("muxing", [{}, {"movflags": "faststart"}], ids=["index last", "index first"])
def test_an_index_may_be_cut_anywhere(tmp_path, muxing):
    path = film(tmp_path / "film.mp4", seconds=1, sound="aac", muxing=muxing)
    content = path.read_bytes()
    start, length = content.index(b"moov"), int.from_bytes(content[content.index(b"moov") - 4 :][:4], "big")
    for end in range(start, start + length, 11):
        path.write_bytes(content[:end])
        with suppress(CorruptError):
            assert len(watch(path, Limits()).frames) == 1


@pytest.mark.parametrize(
    ("limits", "error", "figures"),
    [
        (Limits(max_duration_s=1.5), TooLongError, "3 s or more, the limit is 2 s"),
        (Limits(max_pixels=320 * 179), TooLargeError, "320 x 180 pixels"),
        (Limits(max_bytes=1000), TooLargeError, "the limit is 0 MB"),
        (Limits(max_frames=29), TooLongError, "more than 29 frames"),
        (Limits(max_packets=29), TooLongError, "more than 29 packets"),
        (Limits(max_streams=1), OutOfMemoryError, r"more than 1 streams .COLDREEL_MAX_STREAMS"),
    ],
)
def test_what_is_beyond_a_limit_is_refused_with_the_figures(tmp_path, limits, error, figures):
    path = film(tmp_path / "film.mp4", seconds=3, sound="aac")
    with pytest.raises(error, match=figures):
        watch(path, limits)


def test_a_header_that_hides_the_length_does_not_help(tmp_path):
    path = film(tmp_path / "live.webm", codec="libvpx", muxing={"live": "1"}, seconds=3)
    with pytest.raises(TooLongError, match="or more"):
        watch(path, Limits(max_duration_s=2))


@pytest.mark.parametrize("is_noise", [False, True])
def test_a_huge_picture_is_refused_before_it_is_decoded(tmp_path, is_noise):
    """However many bytes it has."""
    path = tmp_path / "film.mp4"
    picture = av.VideoFrame(8192, 8192, "yuv420p")
    for plane in picture.planes:
        noise = np.random.default_rng(0).bytes(plane.buffer_size)
        plane.update(noise if is_noise else bytes(plane.buffer_size))
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=10, options={"preset": "ultrafast"})
        stream.width = stream.height = 8192
        stream.pix_fmt = "yuv420p"
        output.mux(stream.encode(picture))
        output.mux(stream.encode(None))
    with pytest.raises(TooLargeError, match="8192 x 8192"):
        watch(path, Limits())


def test_every_limit_admits_what_lies_on_it(tmp_path):
    path = film(tmp_path / "film.mp4", seconds=3)
    exact = Limits(max_duration_s=3, max_pixels=320 * 180, max_bytes=path.stat().st_size, max_frames=30)
    assert len(watch(path, replace(exact, max_packets=31)).frames) == 3


@pytest.mark.parametrize(
    "name", ["http:film.mp4", "concat:film.mp4", "100%d.mp4", "-i.mp4", "  .mp4", "фильм\n.mp4"]
)
def test_a_name_is_only_a_name(tmp_path, monkeypatch, name):
    film(tmp_path / "film.mp4", seconds=1).rename(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    assert len(watch(Path(name), Limits()).frames) == 1


def test_a_name_that_is_not_unicode_opens(tmp_path):
    path = tmp_path / os.fsdecode(b"film\xff.mp4")
    film(tmp_path / "film.mp4", seconds=1).rename(path)
    assert len(watch(path, Limits()).frames) == 1


def many_frames(path: Path, count: int, ticks: int) -> Path:
    """One coded picture, over and over: a file of little cost and many frames."""
    one = film(path.with_suffix(".one.mkv"), codec="mpeg4", size=(16, 16), seconds=0.1)
    with av.open(str(one)) as given, av.open(str(path), "w") as output:
        stream = output.add_stream_from_template(given.streams.video[0])
        picture = bytes(next(packet for packet in given.demux(video=0) if packet.size))
        for number in range(count):
            packet = av.Packet(picture)
            packet.stream, packet.time_base = stream, TICKS
            packet.pts = packet.dts = number * ticks
            packet.is_keyframe = True
            output.mux_one(packet)
    return path


def test_three_hundred_thousand_frames_in_a_small_file_are_too_many(tmp_path):
    path = many_frames(tmp_path / "film.mkv", 300_000, 1)
    assert path.stat().st_size < 40_000_000
    with pytest.raises(TooLongError, match="150,000 frames"):
        watch(path, Limits())


def test_eleven_days_are_too_long(tmp_path):
    path = many_frames(tmp_path / "film.mkv", 20, 50_000_000)
    with pytest.raises(TooLongError, match=r"9\d\d,\d\d\d s or more"):
        watch(path, Limits())
