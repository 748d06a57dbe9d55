"""What a viewer does with the page, in words for the tests."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Request, ViewportSize

PHONE: ViewportSize = {"width": 390, "height": 844}
DESKTOP: ViewportSize = {"width": 1280, "height": 800}
SECOND = 1000.0  # milliseconds
FEW = 5  # videos of a small catalogue

ACTIVE = ".short:not([inert])"


class Visit:
    """Opens pages of one site, each as a new user; at the end nothing may have failed or left the origin."""

    def __init__(self, browser: Browser, site: str) -> None:
        self.complaints: list[str] = []
        self._browser = browser
        self._site = site
        self._pages: list[Page] = []

    def __call__(self, path: str = "/", size: ViewportSize = PHONE, **options: Any) -> Page:
        context = self._browser.new_context(viewport=size, has_touch=size is PHONE, **options)
        page = context.new_page()
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self._look(request.url))
        page.goto(self._site + path)
        self._pages.append(page)
        return page

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for page in self._pages:
            page.context.close()
        assert not self.complaints, self.complaints

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(f"{message.text} ({message.location.get('url', '')})")

    def _look(self, url: str) -> None:
        if urlsplit(url).netloc != urlsplit(self._site).netloc:
            self.complaints.append(f"a request left the origin: {url}")


def active(page: Page) -> Locator:
    return page.locator(ACTIVE)


def ref_of(page: Page) -> str:
    return active(page).get_attribute("data-ref") or ""


def watch(page: Page, seconds: float) -> None:
    """Waits until the active video has really played for so long."""
    page.wait_for_function(
        "seconds => (document.querySelector('.short:not([inert]) video')?.currentTime ?? 0) >= seconds",
        arg=seconds,
    )


def page_age(page: Page) -> float:
    """Seconds since the page was opened, by the clock that it measures watching with."""
    return float(page.evaluate("performance.now()")) / 1000


def go_on(page: Page, press: Callable[[], object]) -> str:
    """Does what leads to another video, waits for that to play and fill the page, and says which it is.

    Playwright scrolls to what it clicks, and while the page still glides that may end at another video.
    """
    before = ref_of(page)
    press()
    page.wait_for_function(
        "before => { const short = document.querySelector('.short:not([inert])');"
        " return short.dataset.ref !== before && short.querySelector('[data-state=playing]')"
        " && Math.abs(short.offsetTop - short.parentElement.scrollTop) < 1 }",
        arg=before,
    )
    return ref_of(page)


def swipe_up(page: Page) -> None:
    """A finger that moves up the screen."""
    finger = page.context.new_cdp_session(page)
    finger.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": 150, "y": 650}]})
    for y in range(620, 120, -40):
        finger.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [{"x": 150, "y": y}]})
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def switch_tab(page: Page, away: bool) -> None:
    """Another tab comes before this one, or goes. Playwright keeps every page visible, so it is only told."""
    page.evaluate(
        "away => { Object.defineProperty(document, 'hidden', { value: away, configurable: true });"
        " document.dispatchEvent(new Event('visibilitychange')) }",
        away,
    )


def sent(request: Request) -> list[dict[str, Any]]:
    body = request.post_data_json
    assert body is not None
    return list(body["events"])


def kept(page: Page, site: str) -> list[dict[str, Any]]:
    """The events that the server has of this viewer, in their order."""
    user = page.request.get(f"{site}/api/feed?n=1").json()["user"]
    return list(page.request.get(f"{site}/api/users/{user}").json()["events"])


def is_feedback(kind: str) -> Callable[[Request], bool]:
    return lambda request: (
        request.url.endswith("/api/feedback") and any(event["kind"] == kind for event in sent(request))
    )
