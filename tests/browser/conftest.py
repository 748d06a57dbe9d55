"""A running coldreel with demo shorts taken in, and a browser to look at it with."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect, sync_playwright
from viewing import FEW, SECOND, Visit

from api_site import environment, running
from coldreel.media.demo import DemoShort, draw
from coldreel.store.embedded.server import stop

SHORTS = 60  # six of each kind: some to watch, and some left to be recommended
INGEST_S = 600.0  # for all of them on one slow core

expect.set_options(timeout=20 * SECOND)  # a loaded machine answers late, and that is no fault of the page

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def shorts(demo_clips: list[DemoShort]) -> list[DemoShort]:
    """More shorts than other tests need, kept beside theirs between runs; theirs are the first of these."""
    few = demo_clips[0].path.parent
    folder = few.with_name(f"{few.name}-{SHORTS}") / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    for short in demo_clips:
        with suppress(FileExistsError):
            (folder / short.path.name).hardlink_to(short.path)
    return draw(folder, count=SHORTS)


@pytest.fixture(scope="session")
def site(shorts: list[DemoShort], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a coldreel that has taken in every demo short."""
    with _site(shorts[0].path.parent, SHORTS, tmp_path_factory.mktemp("coldreel")) as address:
        yield address


@pytest.fixture(scope="session")
def small_site(shorts: list[DemoShort], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of another that has a handful."""
    clips = tmp_path_factory.mktemp("few")
    for short in shorts[:FEW]:
        shutil.copy(short.path, clips)
    with _site(clips, FEW, tmp_path_factory.mktemp("coldreel")) as address:
        yield address


@contextmanager
def _site(clips: Path, count: int, home: Path) -> Iterator[str]:
    data = home / "data"
    env = environment(COLDREEL_COUNT_S="3")  # or boards would make a test wait for a minute
    with running(home, "up", clips, "--data-dir", data, "--port", "0", env=env) as up:
        address = up.address()
        up.wait_for(lambda: _ready(address) == count, INGEST_S)
        yield address
        assert up.stop() == 0, up.log.read_text()
    stop(data)


def _ready(address: str) -> int:
    return int(httpx.get(f"{address}/api/ingest").json()["ready"])


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        message = "The browser tests need Chromium: sudo apt install chromium"
        pytest.fail(message) if os.environ.get("CI") == "true" else pytest.skip(message)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def visit(browser: Browser, site: str) -> Iterator[Visit]:
    """Opens the page as a new user; at the end nothing may have failed or left the origin."""
    with Visit(browser, site) as visit:
        yield visit


@pytest.fixture
def visit_few(browser: Browser, small_site: str) -> Iterator[Visit]:
    """The same where there is only a handful of videos."""
    with Visit(browser, small_site) as visit:
        yield visit
