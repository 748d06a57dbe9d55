"""`up`: everything on this machine with one command, and nothing left of it afterwards."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import httpx
import psutil
import pytest

from api_site import INGEST_S, Running, coldreel, environment, running
from coldreel.media.demo import DemoShort
from coldreel.store.embedded.server import stop


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, demo_clips: list[DemoShort]) -> Iterator[Path]:
    """A folder with two clips, and room for a data folder."""
    home = tmp_path_factory.mktemp("up here")
    (home / "clips").mkdir()
    for short in demo_clips[:2]:
        shutil.copy(short.path, home / "clips")
    yield home
    stop(home / "data")


def _up(home: Path, name: str, *arguments: str | Path) -> AbstractContextManager[Running]:
    command = ("up", *arguments, "--port", "0", "--data-dir", home / "data")
    return running(home / name, *command, env=environment(COLDREEL_RELIST_S="1"))


def _ready(address: str) -> int:
    return int(httpx.get(f"{address}/api/ingest").json()["ready"])


def _family(process: Running) -> list[psutil.Process]:
    return psutil.Process(process.process.pid).children(recursive=True)


def _of_the_database(process: psutil.Process) -> bool:
    words = " ".join(process.cmdline())
    return "postgres" in words or "keeper" in words


def test_two_of_them_serve_one_catalogue_and_leave_nothing_but_the_database(home: Path) -> None:
    with _up(home, "one", home / "clips") as one:
        address = one.address()
        one.wait_for(lambda: _ready(address) == 2, INGEST_S)
        with _up(home, "two") as two:
            other = two.address()
            assert other != address
            items = [httpx.get(f"{place}/api/items").json() for place in (address, other)]
            assert items[0] == items[1]
            assert len(items[0]["items"]) == 2
            family = _family(two)
            assert two.stop(signal.SIGINT) == 0
        assert [p for p in family if p.is_running() and not _of_the_database(p)] == []
        assert _ready(address) == 2  # the first one does not mind

        # A browser that keeps its connection open must not keep it from ending.
        family = _family(one)
        video = items[0]["items"][0]["video"]
        with httpx.Client(base_url=address) as browser, browser.stream("GET", video) as half_read:
            next(half_read.iter_raw(1024))
            assert one.stop(signal.SIGTERM) == 0
        assert [p for p in family if p.is_running() and not _of_the_database(p)] == []
        assert one.out.read_text().count("http://") == 1
        assert "Traceback" not in one.log.read_text() + two.log.read_text()
    assert coldreel("stop", "--data-dir", home / "data").returncode == 0


def test_a_file_that_comes_is_taken_in_and_one_that_goes_is_hidden(
    home: Path, demo_clips: list[DemoShort]
) -> None:
    folder = home / "empty"
    folder.mkdir()
    name = demo_clips[5].path.name
    with _up(home, "four", folder) as up:
        address = up.address()
        shutil.copy(demo_clips[5].path, folder)
        up.wait_for(lambda: httpx.get(f"{address}/api/items/{name}").status_code == 200)
        (folder / name).unlink()
        up.wait_for(lambda: httpx.get(f"{address}/api/items/{name}").status_code == 404)
        assert up.stop(signal.SIGINT) == 0


def test_a_folder_that_is_not_there_is_an_error(home: Path) -> None:
    ended = coldreel("up", home / "nowhere", "--port", "0", "--data-dir", home / "data")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert str(home / "nowhere") in ended.stderr
