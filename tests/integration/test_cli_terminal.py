"""What people see who sit at a terminal of 80 columns."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import shutil
import struct
import subprocess
import termios
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from api_site import COLDREEL, INGEST_S, environment
from coldreel.cli.progress import IngestProgress
from coldreel.media.demo import DemoShort
from coldreel.model import Progress
from coldreel.store.embedded.server import stop

WIDTH = 80
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


def _at_terminal(*arguments: str | Path) -> tuple[int, str]:
    """The exit status and all that a command writes to a terminal."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, WIDTH, 0, 0))
    env = environment(TERM="xterm-256color")
    del env["COLUMNS"]
    process = subprocess.Popen(
        [COLDREEL, *arguments], stdin=theirs, stdout=theirs, stderr=theirs, env=env, start_new_session=True
    )
    os.close(theirs)
    written = bytearray()
    with contextlib.suppress(OSError):  # the other end is closed
        while chunk := os.read(ours, 65536):
            written += chunk
    os.close(ours)
    return process.wait(INGEST_S), written.decode()


def _lines(written: str) -> list[str]:
    return [
        line.rstrip() for line in _ESCAPES.sub("", written).replace("\r", "\n").splitlines() if line.strip()
    ]


@pytest.mark.parametrize(
    "command",
    [
        ["similar", "{file}"],
        ["search", "fish"],
        ["feed", "--user", "terminal", "-n", "5"],
        ["status"],
        ["doctor"],
        ["--help"],
    ],
    ids=lambda command: command[0],
)
def test_tables_fit_eighty_columns(
    demo_catalogue: Path, demo_clips: list[DemoShort], command: list[str]
) -> None:
    arguments = [part.format(file=demo_clips[0].path.name) for part in command]
    where = [] if command[0] == "--help" else ["--data-dir", str(demo_catalogue)]
    status, written = _at_terminal(*arguments, *where)
    assert status == 0
    lines = _lines(written)
    assert len(lines) > 2
    assert max(map(len, lines)) <= WIDTH


def test_the_table_of_similar_items_keeps_its_figures_whole(
    demo_catalogue: Path, demo_clips: list[DemoShort]
) -> None:
    name = demo_clips[0].path.name
    _, written = _at_terminal("similar", name, "-k", "3", "--data-dir", demo_catalogue)
    head, *rows = _lines(written)
    assert head.split() == ["file", "title", "cosine_similarity"]
    assert rows[0].startswith(name)
    assert rows[0].endswith("1.000000")
    assert len([row for row in rows if re.search(r"0\.\d{6}$", row)]) == 2


@pytest.fixture(scope="module")
def hostile(
    tmp_path_factory: pytest.TempPathFactory, demo_clips: list[DemoShort]
) -> Iterator[tuple[Path, str]]:
    """A catalogue of files whose names a terminal would obey, and what taking them in wrote."""
    home = tmp_path_factory.mktemp("hostile")
    clips = home / "clips"
    clips.mkdir()
    (clips / "\x1b]0;owned\x07\x1b[2J.mp4").write_text("not a film")
    shutil.copy(demo_clips[0].path, clips / "[red]\x1b[31mfilm.mp4")
    status, written = _at_terminal("ingest", clips, "--data-dir", home / "data")
    assert status == 0
    yield home / "data", written
    stop(home / "data")


def test_ingest_shows_a_bar_at_a_terminal(hostile: tuple[Path, str]) -> None:
    _, written = hostile
    assert "\x1b" in written
    plain = _ESCAPES.sub("", written)
    assert "watching" in plain
    assert "2/2" in plain
    assert "1 ready, 1 rejected" in plain


def test_the_bar_says_what_is_left_when_all_are_watched() -> None:
    written = StringIO()
    with IngestProgress(Console(file=written, force_terminal=True, width=WIDTH)) as bar:
        bar.show(Progress(waiting=1, working=0, ready=110, failed=10, rejected=2, rendering=13))
        watching = written.getvalue()
        bar.show(Progress(waiting=0, working=0, ready=111, failed=10, rejected=2, rendering=13))
    assert "made playable" not in watching
    line = _lines(written.getvalue())[-1]
    assert line.startswith("13 being made playable")
    assert "123/123" in line
    assert "12 refused" in line
    assert len(line) <= WIDTH


def test_no_file_name_is_obeyed(hostile: tuple[Path, str]) -> None:
    data, taken_in = hostile
    name = "[red]\x1b[31mfilm.mp4"
    answers = [
        _at_terminal(*command, "--data-dir", data)
        for command in (["similar", name], ["status", "--failures"])
    ]
    assert [status for status, _ in answers] == [0, 0]
    for written in (taken_in, *(written for _, written in answers)):
        assert "\x1b]0;owned" not in written
        assert "\x1b[2J" not in written
        assert "\x1b[31mfilm" not in written
    assert "[red]" in answers[0][1]  # nor is it taken for markup
