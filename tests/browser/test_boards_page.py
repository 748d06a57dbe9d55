"""The boards on the page, on a real coldreel with a handful of demo shorts and an audience."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, ViewportSize, expect
from viewing import DESKTOP, PHONE, Visit, active, go_on, ref_of, watch

from api_site import event

VIEWERS = 12  # far more than the other tests that look at this site


COUNTED_S = 30.0


def _board(site: str, name: str) -> list[dict[str, Any]]:
    return list(httpx.get(f"{site}/api/boards/{name}").json()["items"])


@pytest.fixture(scope="module")
def hit(small_site: str) -> dict[str, Any]:
    """A video that everybody of an audience has watched to the end, as the board of hits has it."""
    item = httpx.get(f"{small_site}/api/items?n=1").json()["items"][0]
    for viewer in range(VIEWERS):
        seen = event(viewer, item["ref"], "view", watched_s=item["duration_s"], at=_now())
        httpx.post(
            f"{small_site}/api/feedback?user=viewer-{viewer}", json={"events": [seen]}
        ).raise_for_status()
    end = time.monotonic() + COUNTED_S
    while time.monotonic() < end:
        for row in _board(small_site, "hits"):
            if row["ref"] == item["ref"] and row["evidence"]["viewers"] >= VIEWERS:
                return row
        time.sleep(0.2)
    raise AssertionError("it never came to the board")


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def _open(page: Page) -> None:
    watch(page, 0.1)
    page.get_by_role("button", name="Boards").click()


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_a_hit_stands_on_its_board_with_the_evidence_and_can_be_watched(
    visit_few: Visit, hit: dict[str, Any], size: ViewportSize
) -> None:
    page = visit_few(size=size)
    watch(page, 0.1)
    if ref_of(page) == hit["ref"]:
        go_on(page, lambda: page.keyboard.press("j"))
    with page.expect_response("**/api/boards/hits*") as answer:
        page.get_by_role("button", name="Boards").click()
    told = next(row for row in answer.value.json()["items"] if row["ref"] == hit["ref"])
    row = page.locator(f".row[data-ref='{told['ref']}']")
    expect(row.locator("strong")).to_have_text(told["title"])
    expect(row.locator("small")).to_have_text(told["because"])
    assert f"{told['evidence']['pleased']:.0f} of them pleased" in told["because"]
    expect(row).to_be_in_viewport(ratio=1)
    go_on(page, row.click)
    assert ref_of(page) == told["ref"]
    active(page).get_by_role("button", name="Why this video").click()
    expect(page.locator(".why-reason")).to_have_text(f"Hits: {told['because']}")
    expect(page.get_by_text("You picked it from a board")).to_be_visible()


def test_a_board_without_rows_says_what_would_fill_it(visit_few: Visit, hit: dict[str, Any]) -> None:
    page = visit_few()
    _open(page)
    expect(page.locator(f".row[data-ref='{hit['ref']}']")).to_be_visible()
    page.get_by_text("Hidden gems").click()
    expect(page.get_by_text("No gem has been found yet")).to_be_visible()
    expect(page.locator(".row")).to_have_count(0)


def test_the_keys_open_the_boards_and_go_through_them(visit_few: Visit, small_site: str) -> None:
    page = visit_few(size=DESKTOP)
    watch(page, 0.1)
    page.keyboard.press("b")
    page.get_by_role("radio", name="Hits").focus()
    page.keyboard.press("ArrowLeft")  # the last one lies before the first
    expect(page.get_by_role("radio", name="On trial")).to_be_checked()
    for row in _board(small_site, "fresh"):
        expect(page.locator(f".row[data-ref='{row['ref']}'] small")).to_have_text(row["because"])
    assert page.locator(".row").count()
    page.keyboard.press("Escape")
    expect(page.locator("#sheet")).not_to_be_visible()
    page.keyboard.press("b")
    expect(page.get_by_role("radio", name="On trial")).to_be_checked()  # where it was left


def test_a_board_that_cannot_be_had_says_why(visit_few: Visit) -> None:
    page = visit_few()
    watch(page, 0.1)
    problem = {"title": "Unavailable", "status": 503, "detail": "The database does not answer."}
    page.route("**/api/boards/*", lambda route: route.fulfill(status=503, json=problem))
    page.get_by_role("button", name="Boards").click()
    expect(page.locator("#sheet").get_by_text("The database does not answer.")).to_be_visible()
    visit_few.complaints.clear()  # the browser notes the 503
