"""Proxies: one frame a second and mono sound in another folder, whole or not at all, each made once."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from pathlib import Path

import av
import numpy as np
import pytest
from media_filming import film, number_of

from api_site import coldreel, environment, running
from coldreel.app.proxies import proxies
from coldreel.errors import NothingToDoError, SourceError
from coldreel.ingest.proxying import ProxyState, place_of
from coldreel.media.limits import Limits
from coldreel.media.proxy import make_proxy
from coldreel.media.watch import watch, watch_with_proxy
from coldreel.media.whole_files import LEFTOVER_S
from coldreel.settings import Settings


def parts(path: Path) -> tuple[list[av.VideoFrame], float]:
    """The frames, and the length of the sound in seconds."""
    with av.open(str(path)) as container:
        frames = list(container.decode(video=0))
    with av.open(str(path)) as container:
        heard = sum(frame.samples for frame in container.decode(audio=0)) if container.streams.audio else 0
    return frames, heard / 16_000


@pytest.mark.parametrize(
    "made",
    [
        {"sound": "aac"},
        {"rotation": 90},
        {"size": (1280, 720), "sound": "aac", "channels": "stereo"},
        {"codec": "libx265", "pix_fmt": "yuv420p10le", "options": {"x265-params": "log-level=none"}},
    ],
    ids=["with sound", "turned", "large", "10 bit"],
)
def test_a_proxy_has_a_frame_a_second(tmp_path: Path, made: dict[str, object]) -> None:
    source = film(tmp_path / "film.mp4", seconds=5, options=made.pop("options", {"g": "10"}), **made)  # type: ignore[arg-type]
    proxy = tmp_path / "proxy.mp4"
    make_proxy(source, proxy, Limits())
    footage = watch(source, Limits())
    frames, heard_s = parts(proxy)
    assert [frame.time for frame in frames] == [0, 1, 2, 3, 4]
    assert {(frame.height, frame.width) for frame in frames} == {footage.frames.shape[1:3]}
    assert {frame.format.name for frame in frames} == {"yuv420p"}
    for frame, wanted in zip(frames, footage.frames, strict=True):
        seen = frame.to_ndarray(format="rgb24")
        assert np.abs(seen.astype(int) - wanted).mean() < 8
    assert heard_s == pytest.approx(5 if "sound" in made else 0, abs=0.2)


def test_a_still_is_on_show_to_the_end(tmp_path: Path) -> None:
    source, proxy = film(tmp_path / "film.mkv", times_ms=[0, 1000, 5900]), tmp_path / "proxy.mp4"
    make_proxy(source, proxy, Limits())
    frames, _ = parts(proxy)
    assert [number_of(np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)) for frame in frames] == [
        0,
        1,
        1,
        1,
        1,
        1,
    ]


def test_a_long_film_has_a_frame_for_each_second_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("coldreel.media.keeping.SAMPLES_BYTES", 10 * 320 * 180 * 3)
    source, proxy = film(tmp_path / "film.mp4", seconds=45, rate=2), tmp_path / "proxy.mp4"
    footage = watch_with_proxy(source, proxy, Limits())
    assert len(footage.frames) < 10
    frames, _ = parts(proxy)
    assert [number_of(np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)) for frame in frames] == list(
        range(0, 90, 2)
    )


def test_a_proxy_of_the_same_pass_is_the_same(tmp_path: Path) -> None:
    source = film(tmp_path / "film.mp4", seconds=5, sound="aac")
    make_proxy(source, tmp_path / "alone.mp4", Limits())
    footage = watch_with_proxy(source, tmp_path / "together.mp4", Limits())
    assert (tmp_path / "alone.mp4").read_bytes() == (tmp_path / "together.mp4").read_bytes()
    assert np.array_equal(footage.frames, watch(source, Limits()).frames)


def test_a_film_that_is_read_twice_gives_one_proxy(tmp_path: Path) -> None:
    halves = [film(tmp_path / f"{n}.ts", seconds=2) for n in range(2)]
    joined = tmp_path / "joined.ts"  # its clock begins anew, which shows in the middle of the first reading
    joined.write_bytes(b"".join(half.read_bytes() for half in halves))
    make_proxy(joined, tmp_path / "proxy.mp4", Limits())
    frames, _ = parts(tmp_path / "proxy.mp4")
    assert [number_of(np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)) for frame in frames] == [
        0,
        10,
        4,
        14,
    ]


def test_sound_that_begins_later_does_so_in_the_proxy(tmp_path: Path) -> None:
    source, proxy = tmp_path / "film.mkv", tmp_path / "proxy.mp4"
    with (
        av.open(str(film(tmp_path / "a.mp4", seconds=4, sound="aac"))) as given,
        av.open(str(source), "w") as output,
    ):
        copies = {
            stream.index: output.add_stream_from_template(stream, opaque=True) for stream in given.streams
        }
        for packet in given.demux():
            if packet.size:
                packet.stream, late = copies[packet.stream_index], packet.stream.type == "audio"
                packet.pts = (packet.pts or 0) + (round(2 / packet.time_base) if late else 0)
                packet.dts = packet.pts if late else packet.dts
                output.mux_one(packet)
    make_proxy(source, proxy, Limits())
    with av.open(str(proxy)) as container:
        sound = np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)])
    loud = np.flatnonzero(np.abs(sound) > 0.1)
    assert loud[0] / 16_000 == pytest.approx(2, abs=0.1)


def test_an_odd_last_row_is_left_out_and_nothing_is_enlarged(tmp_path: Path) -> None:
    source, proxy = (
        film(tmp_path / "film.mp4", size=(101, 51), pix_fmt="yuv444p", seconds=1),
        tmp_path / "p.mp4",
    )
    make_proxy(source, proxy, Limits())
    frames, _ = parts(proxy)
    assert (frames[0].width, frames[0].height) == (100, 50)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two films of one name, one in a folder below, and a file that is none."""
    videos = tmp_path / "my videos"
    (videos / "bélow").mkdir(parents=True)
    film(videos / "a.mp4", seconds=2)
    film(videos / "a.mkv", seconds=3)
    film(videos / "bélow" / "b.mp4", seconds=2, sound="aac")
    (videos / "junk.mp4").write_text("no film")
    return videos


def test_a_folder_becomes_a_folder_and_is_done_once(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "proxies"
    first = {each.uri: each for each in proxies(Settings(workers=2), folder, out)}
    assert sorted(each.state for each in first.values()) == ["made", "made", "made", "rejected"]
    assert "text file" in first[str(folder / "junk.mp4")].reason
    below = first[str(folder / "bélow" / "b.mp4")].proxy
    assert below is not None
    assert below.parent == out / "bélow"
    times = {path: path.stat().st_mtime_ns for path in out.rglob("*.mp4")}
    assert len(times) == 3
    again = list(proxies(Settings(workers=2), folder, out))
    assert {each.state for each in again} == {ProxyState.THERE, ProxyState.REJECTED}
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()} == times


def test_a_source_that_changed_gets_a_new_proxy(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "proxies"
    list(proxies(Settings(workers=1), folder / "a.mp4", out))
    film(folder / "a.mp4", seconds=4)
    (changed,) = proxies(Settings(workers=1), folder / "a.mp4", out)
    assert changed.state is ProxyState.MADE
    assert len(list(out.iterdir())) == 2


def test_names_that_a_file_system_hardly_takes(folder: Path, tmp_path: Path) -> None:
    long = folder / f"{'é' * 125}.mp4"
    (folder / "a.mp4").rename(long)
    (made,) = proxies(Settings(workers=1), long, tmp_path / "out")
    assert made.state is ProxyState.MADE, made.reason
    assert made.proxy is not None
    assert made.proxy.name.startswith("é" * 100)


@pytest.mark.parametrize(
    ("uri", "prefix", "place"),
    [
        ("/videos/a.mp4", "/videos/", "a.0102.mp4"),
        ("/videos/a.mp4", "/videos/a.mp4", "a.0102.mp4"),
        ("/videos/x/y/a.mp4", "/videos/", "x/y/a.0102.mp4"),
        ("s3://b/in/../../../etc/a.mp4", "s3://b/in/", "etc/a.0102.mp4"),
        ("s3://b/in/..", "s3://b/in/", "...0102.mp4"),
        ("https://h/v/a.mp4?key=x/../y.z", "https://h/v/", "a.0102.mp4"),
        ("https://h/v/w/a.mp4?key=x/y", "https://h/v/w/a.mp4?key=x/y", "a.0102.mp4"),
        ("s3://b//a.mp4", "s3://b/", "a.0102.mp4"),
    ],
)
def test_a_proxy_lies_within_its_folder_whatever_the_source_is_called(
    tmp_path: Path, uri: str, prefix: str, place: str
) -> None:
    found = place_of(uri, prefix, tmp_path, bytes([1, 2]))
    assert found == tmp_path / place
    assert found.resolve().is_relative_to(tmp_path.resolve())


def test_others_may_read_proxies(folder: Path, tmp_path: Path) -> None:
    (made,) = proxies(Settings(workers=1), folder / "a.mp4", tmp_path / "out")
    assert made.proxy is not None
    assert made.proxy.stat().st_mode == (folder / "a.mp4").stat().st_mode


def test_a_killed_child_leaves_nothing_behind(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    found = list(proxies(Settings(workers=1, decode_seconds=0.01), folder / "a.mp4", out))
    assert [each.state for each in found] == [ProxyState.FAILED]
    assert "COLDREEL_DECODE_SECONDS" in found[0].reason
    assert list(out.iterdir()) == []


def test_what_a_killed_run_has_left_is_swept_when_it_is_old(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    old, young, folder_of_that_name = (out / f".coldreel-{n}.part" for n in range(3))
    foreign = [out / "notes.txt", out / ".thesis.pdf.part"]
    folder_of_that_name.mkdir()
    for path in (old, young, *foreign):
        path.write_text("x")
    for path in (old, folder_of_that_name, *foreign):
        os.utime(path, (time.time() - 2 * LEFTOVER_S,) * 2)
    list(proxies(Settings(workers=1), folder / "a.mp4", out))
    assert not old.exists()
    assert all(path.exists() for path in (young, folder_of_that_name, *foreign))


def test_a_folder_that_cannot_be_written_costs_no_traceback(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "bélow").write_text("a file in the place of a folder")
    found = {each.uri: each for each in proxies(Settings(workers=1), folder, tmp_path / "out")}
    failed = found[str(folder / "bélow" / "b.mp4")]
    assert (failed.state, "File exists" in failed.reason) == (ProxyState.FAILED, True)
    assert sum(each.state is ProxyState.MADE for each in found.values()) == 2


@pytest.mark.parametrize(("pattern", "below"), [("*.mp4", "out"), ("", ".out")])
def test_proxies_may_lie_below_the_videos_where_nobody_looks_for_videos(
    folder: Path, pattern: str, below: str
) -> None:
    first, second = (list(proxies(Settings(), folder / pattern, folder / below)) for _ in range(2))
    assert ProxyState.MADE in {each.state for each in first}
    assert len(second) == len(first) and ProxyState.MADE not in {each.state for each in second}


def test_what_makes_no_sense_is_told(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="within the source"):
        list(proxies(Settings(), folder, folder / "out"))
    with pytest.raises(SourceError, match="within the source"):
        list(proxies(Settings(), folder / "*.mp4", folder))
    with pytest.raises(SourceError, match="within the source"):
        list(proxies(Settings(), folder / "**" / "*.mp4", folder / "out"))
    with pytest.raises(SourceError, match="nowhere"):
        list(proxies(Settings(), tmp_path / "nowhere", tmp_path / "out"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(NothingToDoError):
        list(proxies(Settings(), tmp_path / "empty", tmp_path / "out"))
    (tmp_path / "a file").write_text("")
    with pytest.raises(SourceError, match="a file cannot be made"):
        list(proxies(Settings(), folder, tmp_path / "a file"))


def test_the_command_counts_and_fails_when_nothing_came(folder: Path, tmp_path: Path) -> None:
    ended = coldreel("proxy", folder, tmp_path / "out", "--json")
    assert ended.returncode == 0, ended.stderr
    assert sorted(row["state"] for row in json.loads(ended.stdout)) == ["made", "made", "made", "rejected"]
    told = coldreel("proxy", folder, tmp_path / "out", "--hwaccel", "auto").stderr
    assert "3 there, 1 rejected" in told
    ended = coldreel("proxy", folder / "junk.mp4", tmp_path / "none")
    assert (ended.returncode, "junk.mp4: rejected" in ended.stderr) == (1, True)


def test_a_device_is_asked_for_by_a_known_word(folder: Path, tmp_path: Path) -> None:
    ended = coldreel("proxy", folder, tmp_path / "out", "--hwaccel", "perhaps")
    assert ended.returncode == 1
    assert "COLDREEL_HWACCEL is 'perhaps'" in ended.stderr
    (made,) = proxies(Settings(workers=1, hwaccel="auto"), folder / "a.mp4", tmp_path / "out")
    assert made.state is ProxyState.MADE


def test_ctrl_c_leaves_whole_proxies_and_the_next_run_goes_on(clips: list[Path], tmp_path: Path) -> None:
    videos, out = tmp_path / "videos", tmp_path / "out"
    videos.mkdir()
    for clip in clips[:24]:
        shutil.copy(clip, videos)
    env = environment(COLDREEL_WORKERS="1")
    with running(tmp_path / "said", "proxy", videos, out, env=env) as work:
        work.wait_for(lambda: len(list(out.glob("*.mp4"))) >= 2)
        assert work.stop(signal.SIGINT) == 130
        assert "Traceback" not in work.log.read_text()
    made = list(out.iterdir())
    assert 2 <= len(made) < 24
    assert all(path.suffix == ".mp4" and parts(path)[0] for path in made)
    assert coldreel("proxy", videos, out).returncode == 0
    assert len(list(out.glob("*.mp4"))) == 24
