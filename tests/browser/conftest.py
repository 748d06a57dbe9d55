"""A running coldreel with demo shorts taken in, and a browser to look at it with."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright
from viewing import PHONE

from coldreel.media.demo import DemoShort, draw

SHORTS = 60  # six of each kind: some to watch, and some left to be recommended
START_S = 120.0  # creating a database takes longest
INGEST_S = 600.0  # one slow core
STOP_S = 30.0

T = TypeVar("T")

COLDREEL = Path(sys.executable).with_name("coldreel")
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
    """More shorts than other tests need, kept beside theirs between runs."""
    few = demo_clips[0].path.parent
    return draw(few.with_name(f"{few.name}-{SHORTS}") / "demo", count=SHORTS)


@pytest.fixture(scope="session")
def site(shorts: list[DemoShort], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a coldreel that has taken in every demo short."""
    home = tmp_path_factory.mktemp("coldreel")
    out, log, data = home / "out", home / "log", home / "data"
    clean = {name: value for name, value in os.environ.items() if not name.startswith("COLDREEL_")}
    command = [COLDREEL, "up", shorts[0].path.parent, "--data-dir", data, "--port", "0"]
    with out.open("wb") as stdout, log.open("wb") as stderr:
        process = subprocess.Popen(command, stdout=stdout, stderr=stderr, env=clean)
    try:
        address = _wait(lambda: _address(out), process, log, START_S)
        _wait(lambda: _all_taken_in(address), process, log, INGEST_S)
        yield address
        process.send_signal(signal.SIGINT)
        assert process.wait(STOP_S) == 0, log.read_text()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        subprocess.run([COLDREEL, "stop", "--data-dir", data], check=False, capture_output=True, env=clean)


def _address(out: Path) -> str | None:
    found = re.search(r"http://127\.0\.0\.1:\d+", out.read_text())
    return found.group() if found else None


def _all_taken_in(address: str) -> bool:
    with urllib.request.urlopen(f"{address}/api/ingest") as answer:
        progress = json.load(answer)
    return progress["waiting"] + progress["working"] == 0 and progress["ready"] == SHORTS


def _wait(ask: Callable[[], T | None], process: subprocess.Popen[bytes], log: Path, limit_s: float) -> T:
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        if answer := ask():
            return answer
        assert process.poll() is None, f"coldreel stopped by itself:\n{log.read_text()}"
        time.sleep(0.2)
    raise AssertionError(f"coldreel was not ready after {limit_s:.0f} s:\n{log.read_text()}")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        message = "Chromium is not installed; on Debian: apt-get install chromium"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def visit(browser: Browser, site: str) -> Iterator[Callable[..., Page]]:
    """Opens the page as a new user; at the end nothing may have failed or left the origin."""
    pages: list[Page] = []
    complaints: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            complaints.append(f"{message.text} ({message.location.get('url', '')})")

    def look(url: str) -> None:
        if urlsplit(url).netloc != urlsplit(site).netloc:
            complaints.append(f"a request left the origin: {url}")

    def open_page(path: str = "/", size: dict[str, int] = PHONE, **options: object) -> Page:
        context = browser.new_context(viewport=size, has_touch=size is PHONE, **options)  # type: ignore[arg-type]
        page = context.new_page()
        page.on("console", hear)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: look(request.url))
        page.goto(site + path)
        pages.append(page)
        return page

    open_page.complaints = complaints  # type: ignore[attr-defined]
    yield open_page
    for page in pages:
        page.context.close()
    assert complaints == []
