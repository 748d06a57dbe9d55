"""Drawing the demo shorts: what the files are, and that drawing can be repeated, interrupted and refused."""

from __future__ import annotations

import hashlib
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import av
import numpy as np
import pytest

from coldreel.errors import DemoError
from coldreel.media.demo import DemoShort, draw
from coldreel.media.demo.kinds import KINDS
from coldreel.media.demo.short import plan

MARBLES = list(KINDS).index("marbles")
"""The kind that is drawn fastest."""


def words(text: str) -> set[str]:
    return set(re.findall(r"[a-z]{4,}", text.lower()))


def test_sixty_shorts_are_six_of_each_of_ten_kinds_under_names_that_say_nothing(tmp_path: Path) -> None:
    shorts = [plan(tmp_path, index, seed=1) for index in range(60)]
    assert Counter(short.kind for short in shorts) == dict.fromkeys(KINDS, 6)
    assert len({short.caption for short in shorts}) == 60
    assert len({short.path for short in shorts}) == 60
    assert all(re.fullmatch(r"short-[0-9a-f]{6}\.mp4", short.path.name) for short in shorts)


def test_names_follow_from_the_seed_and_not_from_the_count(tmp_path: Path) -> None:
    assert plan(tmp_path, 3, seed=1) == plan(tmp_path, 3, seed=1)
    assert plan(tmp_path, 3, seed=1).path != plan(tmp_path, 3, seed=2).path


@pytest.mark.parametrize("kind", KINDS)
def test_captions_of_a_kind_share_words(kind: str) -> None:
    counted = Counter(word for caption in KINDS[kind].captions for word in words(caption))
    assert len(set(KINDS[kind].captions)) == 6
    assert max(counted.values()) >= 2


def test_every_short_is_a_small_portrait_file_that_browsers_play(demo_clips: list[DemoShort]) -> None:
    for short in demo_clips:
        with av.open(str(short.path)) as container:
            video, audio = container.streams.video[0], container.streams.audio[0]
            assert (video.codec_context.name, video.pix_fmt, audio.codec_context.name) == (
                "h264",
                "yuv420p",
                "aac",
            )
            assert (video.width, video.height) == (360, 640)
            assert video.average_rate in (24, 25)
            assert video.duration is not None
            assert video.time_base is not None
            assert 5 <= float(video.duration * video.time_base) <= 8
            assert not container.metadata.get("title")
        assert short.path.stat().st_size < 1_000_000
        head = short.path.read_bytes()
        assert head.index(b"moov") < head.index(b"mdat")


def test_every_short_moves_and_sounds_without_clipping(demo_clips: list[DemoShort]) -> None:
    for short in demo_clips:
        with av.open(str(short.path)) as container:
            frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
        with av.open(str(short.path)) as container:
            sound = np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)])
        moved = np.abs(frames[len(frames) // 2].astype(int) - frames[0]).mean()
        assert moved > 0.5, short
        assert 0.04 < np.sqrt(np.mean(sound**2)) < 0.3, short
        assert np.abs(sound).max() <= 1.0, short


def test_drawing_again_keeps_what_is_there_and_fills_what_is_missing(tmp_path: Path) -> None:
    told: list[DemoShort] = []
    first = draw(tmp_path, 2, on_drawn=told.append)
    assert sorted(told, key=first.index) == first
    kept, lost = first[0].path, first[1].path
    before, bytes_before = kept.stat(), lost.read_bytes()
    lost.unlink()
    told.clear()
    assert draw(tmp_path, 2, on_drawn=told.append) == first
    assert told == [first[1]]
    assert kept.stat().st_mtime_ns == before.st_mtime_ns
    assert hashlib.sha256(lost.read_bytes()).digest() == hashlib.sha256(bytes_before).digest()


def test_an_interrupted_drawing_leaves_no_half_written_video(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "coldreel.media.demo.painter", str(tmp_path), "1", str(MARBLES)]
    painter = subprocess.Popen(command)
    while not list(tmp_path.glob(".*.part")):
        assert painter.poll() is None
        time.sleep(0.01)
    painter.send_signal(signal.SIGKILL)
    painter.wait()
    assert not list(tmp_path.glob("*.mp4"))
    shorts = draw(tmp_path, 1)
    assert sorted(path.name for path in tmp_path.glob("*short*")) == [shorts[0].path.name]
    assert not list(tmp_path.glob(".*.part"))


def test_two_drawings_of_one_folder_share_the_work(tmp_path: Path) -> None:
    script = (
        "import sys, pathlib; from coldreel.media.demo import draw;"
        "draw(pathlib.Path(sys.argv[1]), 2, on_drawn=print)"
    )
    twins = [
        subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    told = "".join(twin.communicate()[0] for twin in twins)
    assert [twin.returncode for twin in twins] == [0, 0]
    assert len(told.splitlines()) == 2


def test_a_script_on_standard_input_can_draw(tmp_path: Path) -> None:
    script = "import pathlib; from coldreel.media.demo import draw; draw(pathlib.Path('shorts'), 1)"
    (tmp_path / "numpy.py").write_text("raise SystemExit('a stray file posed as a module')")
    done = subprocess.run([sys.executable, "-P", "-"], input=script, cwd=tmp_path, text=True, check=False)
    assert done.returncode == 0
    assert len(list((tmp_path / "shorts").glob("*.mp4"))) == 1


def test_a_folder_that_cannot_be_made_is_named_in_the_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DemoError, match=re.escape(str(tmp_path / "file" / "shorts"))):
        draw(tmp_path / "file" / "shorts", 1)


def test_a_full_disk_is_an_error_that_says_so(tmp_path: Path) -> None:
    script = (
        "import pathlib, resource, sys; from coldreel.media.demo import draw;"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000)); draw(pathlib.Path(sys.argv[1]), 1)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        env=dict(os.environ),
    )
    assert done.returncode == 1
    assert "DemoError" in done.stderr
    assert "space on the disk" in done.stderr
    assert not list(tmp_path.glob("*short*"))
