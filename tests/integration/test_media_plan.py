"""Decoding only what must be gives the very frames of decoding everything."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame
from media_filming import film, number_of, numbered
from numpy.typing import NDArray

from coldreel.media.decoding import packets
from coldreel.media.keeping import KeptPictures
from coldreel.media.limits import Limits
from coldreel.media.opening import open_media
from coldreel.media.planning import NoPlanError
from coldreel.media.sampling import PictureTrack, Sampler, sample_every_frame
from coldreel.media.watch import watch

X265 = "log-level=none:"


@dataclass(frozen=True)
class Samples:
    frames: NDArray[np.uint8]
    times: NDArray[np.float64]
    track: PictureTrack


def planned(path: Path, sampler_kind: type[Sampler] = Sampler) -> Samples:
    kept = KeptPictures(Limits())
    with open_media(path, Limits()) as media:
        sampler = sampler_kind(media, Limits(), kept)
        for packet in packets(media, (media.picture,), Limits()):
            sampler.take(packet)
        track = sampler.finish()
    return Samples(*kept.arrays(), track)


def every_frame(path: Path) -> Samples:
    kept = KeptPictures(Limits())
    with open_media(path, Limits()) as media:
        track = sample_every_frame(media, Limits(), kept)
    return Samples(*kept.arrays(), track)


def assert_same(path: Path) -> Samples:
    plan, full = planned(path), every_frame(path)
    assert plan.times.tolist() == full.times.tolist()
    assert np.array_equal(plan.frames, full.frames)
    one, other = plan.track, full.track
    assert (one.width, one.height, one.pixel_format) == (other.width, other.height, other.pixel_format)
    assert one.start_s == other.start_s
    assert one.end_s == pytest.approx(other.end_s, abs=0.01)
    assert one.rate == pytest.approx(other.rate, rel=0.01)
    assert set(other.key_times) <= set(one.key_times)  # containers also mark where recovery begins
    return plan


@pytest.mark.parametrize(
    ("name", "made"),
    [
        pytest.param("a.mp4", {"options": {"g": "250"}}, id="one keyframe"),
        pytest.param("a.mp4", {"options": {"g": "10", "bf": "3"}}, id="a keyframe each second"),
        pytest.param("a.mp4", {"options": {"g": "4", "bf": "2"}}, id="keyframes between the seconds"),
        pytest.param("a.mkv", {"options": {"g": "25", "bf": "3", "x264-params": "open-gop=1"}},
                     id="open groups"),
        pytest.param("a.ts", {"options": {"g": "25", "bf": "3", "x264-params": "open-gop=1"}},
                     id="open groups in a transport stream"),
        pytest.param("a.mp4", {"options": {"x264-params": "intra-refresh=1:keyint=20"}}, id="no keyframes"),
        pytest.param("a.mp4", {"options": {"g": "20"}, "rotation": 90}, id="turned"),
        pytest.param("a.mp4", {"size": (322, 182), "options": {"g": "20"}}, id="odd size"),
        pytest.param("a.mp4", {"muxing": {"movflags": "frag_keyframe+empty_moov"}, "options": {"g": "20"}},
                     id="fragments"),
        pytest.param("a.mkv", {"times_ms": [0, 100, 200, 1500, 1600, 5000, 5100, 5200, 9000]},
                     id="variable rate"),
        pytest.param("a.mp4", {"codec": "libx265", "options": {"g": "20", "x265-params": X265}}, id="HEVC"),
        pytest.param("a.mp4", {"codec": "libx265", "pix_fmt": "yuv420p10le",
                               "options": {"g": "20", "x265-params": X265 + "open-gop=1:bframes=4"}},
                     id="HEVC 10 bit"),
        pytest.param("a.mp4", {"codec": "libx265",
                               "options": {"x265-params": X265 + "temporal-layers=3:bframes=4"}},
                     id="HEVC in layers"),
        pytest.param("a.webm", {"codec": "libvpx", "options": {"g": "20", "auto-alt-ref": "0"}}, id="VP8"),
        pytest.param("a.webm", {"codec": "libvpx-vp9", "options": {"g": "20"}}, id="VP9"),
        pytest.param("live.webm", {"codec": "libvpx-vp9", "muxing": {"live": "1"}}, id="no duration"),
        pytest.param("a.mp4", {"codec": "libsvtav1", "rate": 25, "options": {"g": "50", "preset": "10"}},
                     id="AV1"),
        pytest.param("a.webm", {"codec": "libvpx",
                                "options": {"g": "40", "auto-alt-ref": "1", "lag-in-frames": "16"}},
                     id="VP8 with frames that are never shown"),
        pytest.param("a.ts", {"codec": "libx265",
                              "options": {"x265-params": X265 + "open-gop=1:keyint=7:bframes=4"}},
                     id="HEVC in open groups shorter than a second"),
        pytest.param("a.mp4", {"codec": "mpeg4", "options": {"g": "20", "bf": "2"}}, id="MPEG-4"),
        pytest.param("a.ts", {"codec": "mpeg2video", "rate": 25, "options": {"g": "12", "bf": "2"}},
                     id="MPEG-2"),
        pytest.param("a.mpg", {"codec": "mpeg1video", "rate": 25, "options": {"g": "20"}}, id="MPEG-1"),
        pytest.param("a.avi", {"codec": "mpeg4", "options": {"g": "20"}}, id="AVI"),
    ],
)  # fmt: skip
def test_every_codec_gives_the_frames_of_a_full_decode(
    tmp_path: Path, name: str, made: dict[str, object]
) -> None:
    path = film(tmp_path / name, seconds=6.3, **made)  # type: ignore[arg-type]
    assert_same(path)


def test_real_clips_give_the_frames_of_a_full_decode(clips: list[Path]) -> None:
    for path in clips[::12]:
        assert_same(path)


def test_of_two_picture_tracks_one_is_sampled(tmp_path: Path) -> None:
    both = tmp_path / "both.mkv"
    with av.open(str(both), "w") as output:
        for side in (64, 256):
            stream = output.add_stream("libx264", rate=10, options={"g": "10"})
            stream.width, stream.height, stream.pix_fmt = side, side, "yuv420p"
        for number in range(30):
            for stream in output.streams.video:
                frame = av.VideoFrame.from_ndarray(numbered(number, stream.width, stream.height))
                frame.pts, frame.time_base = number, Fraction(1, 10)
                output.mux(stream.encode(frame))
        for stream in output.streams.video:
            output.mux(stream.encode(None))
    samples = assert_same(both)
    assert [number_of(frame) for frame in samples.frames] == [0, 10, 20]


def joined(path: Path, parts: Sequence[Sequence[Packet[Stream]]], rate: int = 10) -> Path:
    """One H.264 stream from the packets of several coders, whose parameter sets come once each."""
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=rate)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        start = 0
        for part in parts:
            for packet in part:
                moved = av.Packet(bytes(packet))
                moved.stream, moved.time_base, moved.is_keyframe = (
                    stream,
                    Fraction(1, rate),
                    packet.is_keyframe,
                )
                moved.pts = moved.dts = start + (packet.pts or 0)
                output.mux_one(moved)
            start += len(part)
    return path


def coded(
    numbers: Sequence[int], params: Mapping[str, str] | None = None, size: tuple[int, int] = (320, 180)
) -> list[Packet[Stream]]:
    """Packets of H.264 with a keyframe every four frames, the parameter sets before the first one only."""
    coder = av.CodecContext.create("libx264", "w")
    coder.width, coder.height, coder.pix_fmt = *size, "yuv420p"
    coder.time_base, coder.framerate, coder.thread_count = Fraction(1, 10), Fraction(10), 1
    words = {"scenecut": "0", "repeat-headers": "1", **(params or {})}
    told = ":".join(f"{word}={value}" for word, value in words.items())
    coder.options = {"g": "4", "bf": "0", "x264-params": told}
    packets = []
    for place, number in enumerate(numbers):
        picture = numbered(number, *size)
        picture[..., 0] //= 2  # some colour
        frame = av.VideoFrame.from_ndarray(picture).reformat(format="yuv420p")
        frame.pts, frame.time_base = place, Fraction(1, 10)
        packets += coder.encode(frame)
    packets += coder.encode(None)
    return [packets[0], *map(without_parameter_sets, packets[1:])]


def without_parameter_sets(packet: Packet[Stream]) -> Packet[Stream]:
    units = [unit for unit in bytes(packet).split(b"\0\0\1") if unit.strip(b"\0")]
    kept = b"".join(b"\0\0\1" + unit for unit in units if unit[0] & 0x1F not in (7, 8))
    left = av.Packet(kept)
    left.pts, left.dts, left.is_keyframe = packet.pts, packet.dts, packet.is_keyframe
    return left


@pytest.mark.parametrize(
    "change", [{"chroma-qp-offset": "-12"}, {"cabac": "0"}, {"8x8dct": "0", "weightp": "0"}]
)
def test_parameter_sets_that_come_once_are_not_passed_over(tmp_path: Path, change: dict[str, str]) -> None:
    path = tmp_path / "film.ts"
    joined(path, [coded(range(31), {"chroma-qp-offset": "0"}), coded(range(31, 62), change)])
    samples = assert_same(path)
    assert [number_of(frame) for frame in samples.frames] == [0, 10, 20, 30, 40, 50, 60]


@pytest.mark.parametrize("codec", ["mpeg4", "libx264"])
def test_a_file_that_calls_every_frame_a_keyframe_is_not_believed(tmp_path: Path, codec: str) -> None:
    path = film(tmp_path / "film.mp4", codec=codec, seconds=6.3, options={"g": "20"})
    content = path.read_bytes()
    assert content.count(b"stss") == 1
    path.write_bytes(
        content.replace(b"stss", b"free")
    )  # without that table all are (ISO/IEC 14496-12, 8.6.2)
    if codec == "mpeg4":
        with pytest.raises(NoPlanError):
            planned(path)
        assert [number_of(frame) for frame in watch(path, Limits()).frames] == [0, 10, 20, 30, 40, 50, 60]
    else:
        assert_same(path)


def test_a_stream_that_changes_its_size_is_sampled_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "film.ts"
    joined(path, [coded(range(20)), coded(range(20, 40), size=(180, 180))])
    samples = assert_same(path)
    assert [number_of(frame) for frame in samples.frames[:2]] == [0, 10]
    fitted = samples.frames[2:, :, 70:250]  # a square in the middle, between black
    assert [number_of(frame) for frame in fitted] == [20, 30]
    assert samples.frames[2:, :, :69].max() < 10


def test_a_clock_that_begins_anew_has_no_plan(tmp_path: Path) -> None:
    parts = [film(tmp_path / f"{n}.ts", seconds=2, options={"g": "5"}) for n in range(2)]
    path = tmp_path / "joined.ts"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    with pytest.raises(NoPlanError):
        planned(path)
    # Four frames go by until the new clock is believed.
    assert [number_of(frame) for frame in watch(path, Limits()).frames] == [0, 10, 4, 14]


@pytest.mark.parametrize(("keyframe_every", "most_decoded"), [("10", 0.1), ("250", 0.7)])
def test_most_frames_are_never_decoded(tmp_path: Path, keyframe_every: str, most_decoded: float) -> None:
    path = film(
        tmp_path / "film.mp4",
        seconds=10,
        options={"g": keyframe_every, "bf": "2", "b_strategy": "0", "sc_threshold": "0"},
    )
    decoded = []

    class Counting(Sampler):
        def _take(self, frames: list[VideoFrame]) -> None:
            decoded.extend(frames)
            super()._take(frames)

    samples = planned(path, Counting)
    assert [number_of(frame) for frame in samples.frames] == [10 * n for n in range(10)]
    assert len(decoded) <= most_decoded * 100


@pytest.mark.parametrize("damage", [b"\xff", b"\x00", b"\xa5"])
@pytest.mark.parametrize("place", range(1, 8))
def test_a_damaged_stream_has_no_plan_or_the_same_frames(tmp_path: Path, damage: bytes, place: int) -> None:
    path = film(tmp_path / "film.ts", seconds=8, options={"g": "10"})
    content = bytearray(path.read_bytes())
    start = len(content) * place // 8
    content[start : start + 300] = damage * 300
    path.write_bytes(content)
    with contextlib.suppress(NoPlanError):
        plan, full = planned(path), every_frame(path)
        assert plan.times.tolist() == full.times.tolist()
        assert np.array_equal(plan.frames, full.frames)
    assert len(watch(path, Limits()).frames) >= 6
