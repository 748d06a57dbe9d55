"""A running coldreel with demo shorts taken in, and a browser to look at it with."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright
from viewing import PHONE

from api_site import running
from coldreel.media.demo import DemoShort, draw
from coldreel.store.embedded.server import stop

SHORTS = 60  # six of each kind: some to watch, and some left to be recommended
INGEST_S = 600.0  # for all of them on one slow core

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
    data = home / "data"
    with running(home, "up", shorts[0].path.parent, "--data-dir", data, "--port", "0") as up:
        address = up.address()
        up.wait_for(lambda: _all_taken_in(address), INGEST_S)
        yield address
        assert up.stop() == 0, up.log.read_text()
    stop(data)


def _all_taken_in(address: str) -> bool:
    progress = httpx.get(f"{address}/api/ingest").json()
    return progress["waiting"] + progress["working"] == 0 and progress["ready"] == SHORTS


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
