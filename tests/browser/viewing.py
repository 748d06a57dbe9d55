"""What a viewer does with the page, in words for the tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, Page, Request

PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 800}
SECOND = 1000.0  # milliseconds

ACTIVE = ".short:not([inert])"

Visit = Callable[..., Page]


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


def go_on(page: Page, press: Callable[[], object]) -> str:
    """Does what leads to another video, waits for that to play, and says which it is."""
    before = ref_of(page)
    press()
    page.wait_for_function(
        "before => { const short = document.querySelector('.short:not([inert])');"
        " return short.dataset.ref !== before && short.querySelector('[data-state=playing]') }",
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
    return list(request.post_data_json["events"])


def kept(page: Page, site: str) -> list[dict[str, Any]]:
    """The events that the server has of this viewer, in their order."""
    user = page.request.get(f"{site}/api/feed?n=1").json()["user"]
    return list(page.request.get(f"{site}/api/users/{user}").json()["events"])


def is_feedback(kind: str) -> Callable[[Request], bool]:
    return lambda request: (
        request.url.endswith("/api/feedback") and any(event["kind"] == kind for event in sent(request))
    )
