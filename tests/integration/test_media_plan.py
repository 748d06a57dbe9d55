"""Decoding only what must be gives the very frames of decoding everything."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.frame import VideoFrame
from media_filming import film, number_of, numbered

from coldreel.media.decoding import packets
from coldreel.media.limits import Limits
from coldreel.media.opening import open_media
from coldreel.media.planning import NoPlanError
from coldreel.media.sampling import Sampler, Samples, sample_every_frame

X265 = "log-level=none:"


def planned(path: Path) -> Samples:
    with open_media(path, Limits()) as media:
        sampler = Sampler(media, Limits())
        for packet in packets(media, (media.picture,), Limits()):
            sampler.take(packet)
        return sampler.finish()


def every_frame(path: Path) -> Samples:
    with open_media(path, Limits()) as media:
        return sample_every_frame(media, Limits())


def assert_same(path: Path) -> Samples:
    plan, full = planned(path), every_frame(path)
    assert plan.times.tolist() == full.times.tolist()
    assert np.array_equal(plan.frames, full.frames)
    assert (plan.width, plan.height, plan.pixel_format) == (full.width, full.height, full.pixel_format)
    assert plan.end_s == pytest.approx(full.end_s, abs=0.01)
    assert plan.rate == pytest.approx(full.rate, rel=0.01)
    assert set(full.key_times) <= set(plan.key_times)  # containers also mark where recovery begins
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
        pytest.param("a.mp4", {"codec": "mpeg4", "options": {"g": "20", "bf": "2"}}, id="MPEG-4"),
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


def test_a_stream_that_changes_its_size_is_sampled_all_the_same(tmp_path: Path) -> None:
    parts = [
        film(tmp_path / f"{size}.ts", size=(size, 180), seconds=2, options={"g": "5"}) for size in (320, 180)
    ]
    joined = tmp_path / "joined.ts"
    joined.write_bytes(b"".join(part.read_bytes() for part in parts))
    try:
        assert_same(joined)
    except NoPlanError:  # the second part begins its clock anew
        assert len(every_frame(joined).frames) == 4


@pytest.mark.parametrize(("keyframe_every", "most_decoded"), [("10", 0.1), ("250", 0.7)])
def test_most_frames_are_never_decoded(tmp_path: Path, keyframe_every: str, most_decoded: float) -> None:
    path = film(
        tmp_path / "film.mp4",
        seconds=10,
        options={"g": keyframe_every, "bf": "2", "b_strategy": "0", "sc_threshold": "0"},
    )
    decoded = []

    class Counting(Sampler):
        def _keep(self, frames: list[VideoFrame]) -> None:
            decoded.extend(frames)
            super()._keep(frames)

    with open_media(path, Limits()) as media:
        sampler = Counting(media, Limits())
        for packet in packets(media, (media.picture,), Limits()):
            sampler.take(packet)
        samples = sampler.finish()
    assert [number_of(frame) for frame in samples.frames] == [10 * n for n in range(10)]
    assert len(decoded) <= most_decoded * 100


@pytest.mark.parametrize("damage", [b"\xff", b"\x00"])
def test_a_damaged_stream_has_no_plan_or_the_same_frames(tmp_path: Path, damage: bytes) -> None:
    path = film(tmp_path / "film.ts", seconds=8, options={"g": "10"})
    content = bytearray(path.read_bytes())
    third = len(content) // 3
    content[third : third + 4_000] = damage * 4_000
    path.write_bytes(content)
    try:
        plan = planned(path)
    except NoPlanError:
        return
    full = every_frame(path)
    assert all(second in full.times for second in plan.times)
