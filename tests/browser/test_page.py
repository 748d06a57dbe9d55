"""The page in a real browser, on a real coldreel with the demo shorts."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import cv2
import numpy as np
import pytest
from playwright.sync_api import Locator, Route, ViewportSize, expect
from viewing import (
    DESKTOP,
    FEW,
    PHONE,
    SECOND,
    Visit,
    active,
    go_on,
    is_feedback,
    kept,
    page_age,
    ref_of,
    sent,
    swipe_up,
    switch_tab,
    watch,
)

from coldreel.media.demo import DemoShort
from coldreel.model import Origin, Slot

# --- watching ----------------------------------------


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_the_first_video_plays_by_itself_and_fills_its_stage(visit: Visit, size: ViewportSize) -> None:
    page = visit(size=size)
    watch(page, 1.0)
    video, stage = (
        active(page).locator("video").bounding_box(),
        active(page).locator(".stage").bounding_box(),
    )
    assert video == stage
    assert page.evaluate("document.querySelector('video').muted")


def test_a_swipe_leads_to_the_next_video_and_stops_the_one_before(visit: Visit) -> None:
    page = visit()
    watch(page, 0.3)
    first = ref_of(page)
    assert go_on(page, lambda: swipe_up(page)) != first
    watch(page, 0.3)
    assert page.evaluate("[...document.querySelectorAll('video')].filter(video => !video.paused).length") == 1


def test_the_wheel_moves_by_one_video(visit: Visit) -> None:
    page = visit(size=DESKTOP)
    watch(page, 0.1)
    second = page.locator(".short").nth(1).get_attribute("data-ref")
    page.mouse.move(600, 400)
    assert go_on(page, lambda: page.mouse.wheel(0, 500)) == second


def test_the_feed_goes_on_past_its_first_page_without_showing_a_video_twice(visit: Visit) -> None:
    page = visit()
    watch(page, 0.1)
    seen = [ref_of(page), *(go_on(page, lambda: page.keyboard.press("j")) for _ in range(14))]
    assert len(set(seen)) == 15


def test_the_server_says_how_long_a_page_is(visit: Visit, site: str) -> None:
    page = visit()
    page.goto("about:blank")  # else the answer might be one to the page that is left
    with page.expect_response("**/api/feed") as answer:
        page.goto(site)
    assert len(answer.value.json()["items"]) == 10
    watch(page, 0.1)
    assert page.locator(".short").count() == 10


def test_the_feed_goes_on_though_feedback_hangs(visit: Visit) -> None:
    page = visit()
    watch(page, 0.1)
    page.route("**/api/feedback", lambda _: None)  # never answered
    seen = [ref_of(page), *(go_on(page, lambda: page.keyboard.press("j")) for _ in range(14))]
    assert len(set(seen)) == 15


def test_a_feed_that_hangs_is_given_up_and_can_be_asked_for_again(visit: Visit, site: str) -> None:
    page = visit()
    page.goto("about:blank")
    page.route("**/api/feed", lambda _: None)
    page.goto(site)
    expect(page.get_by_text("coldreel does not answer.")).to_be_visible()
    page.unroute("**/api/feed")
    page.get_by_role("button", name="Try again").click()
    watch(page, 0.1)


def test_only_a_few_video_elements_serve_the_whole_feed(visit: Visit) -> None:
    page = visit()
    watch(page, 0.1)
    for _ in range(5):
        go_on(page, lambda: page.keyboard.press("j"))
    assert 1 <= page.locator("video").count() <= 5


def test_a_tap_pauses_and_another_goes_on(visit: Visit) -> None:
    page = visit()
    watch(page, 0.2)
    active(page).locator(".touch").click(position={"x": 100, "y": 300})
    expect(active(page).locator(".stage")).to_have_attribute("data-state", "paused")
    page.get_by_role("button", name="Play", exact=True).click()
    expect(active(page).locator(".stage")).to_have_attribute("data-state", "playing")


def test_a_video_that_cannot_be_played_says_so_and_the_next_one_plays(visit: Visit) -> None:
    page = visit()
    watch(page, 0.1)
    bad = page.locator(".short").nth(2).get_attribute("data-ref")
    page.route(
        re.compile(f"/media/.*{bad}/video"),
        lambda route: route.fulfill(body=b"noise", content_type="video/mp4"),
    )
    go_on(page, lambda: page.keyboard.press("j"))
    page.keyboard.press("j")
    expect(active(page).get_by_text("This video does not play here.")).to_be_visible()
    go_on(page, lambda: None)
    assert ref_of(page) != bad


def test_a_small_catalogue_does_not_run_dry(visit_few: Visit) -> None:
    """Not even for who comes back before what was served is over being held back."""
    page = visit_few()
    watch(page, 0.5)
    watched = {ref_of(page), go_on(page, lambda: page.keyboard.press("j"))}
    page.reload()
    watch(page, 0.1)
    refs = [ref_of(page), *(go_on(page, lambda: page.keyboard.press("j")) for _ in range(FEW - 1))]
    assert len(set(refs)) == FEW
    assert set(refs[-2:]) == watched  # after what was not
    for _ in range(FEW):
        go_on(page, lambda: page.keyboard.press("j"))


def test_the_end_says_that_it_is_one(visit_few: Visit) -> None:
    page = visit_few()
    watch(page, 0.1)
    for _ in range(FEW):
        page.keyboard.press("Escape")
        active(page).get_by_role("button", name="Less like this").click()
        page.wait_for_timeout(SECOND)
    expect(page.get_by_role("heading", name="That is all for now")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="That is all for now")).to_be_visible()
    expect(page.get_by_role("button", name="Look again")).to_be_visible()


def test_a_catalogue_that_is_being_made_playable_says_so_and_starts_by_itself(
    visit_few: Visit, small_site: str
) -> None:
    page = visit_few()
    page.goto("about:blank")
    rendering = 2
    nothing = {"request_id": str(UUID(int=0)), "user": "me", "items": []}
    page.route("**/api/feed", lambda route: route.fulfill(json=nothing))
    page.route(
        "**/api/ingest",
        lambda route: route.fulfill(json=route.fetch().json() | {"rendering": rendering}),
    )
    page.goto(small_site)
    expect(page.get_by_text("2 videos are being made playable.")).to_be_visible()
    expect(page.get_by_role("button", name="Look again")).not_to_be_visible()
    page.unroute("**/api/feed")
    rendering = 1
    watch(page, 0.1)
    expect(page.locator("#ingest")).to_have_text("1 video is being made playable")


# --- telling the server ----------------------------------------


def test_leaving_a_video_sends_how_long_it_was_watched_once(visit: Visit) -> None:
    page = visit()
    watch(page, 2.0)
    left = ref_of(page)
    with page.expect_request(is_feedback("view")) as waiting:
        page.keyboard.press("j")
    events = [event for event in sent(waiting.value) if event["kind"] == "view"]
    assert [event["item"] for event in events] == [left]
    assert events[0]["watched_s"] >= 1.5
    assert UUID(events[0]["event_id"]).version == 7
    assert UUID(events[0]["request_id"])


def test_a_pause_is_not_watch_time(visit: Visit) -> None:
    page = visit()
    opened = page_age(page)  # it may have begun to play a moment before
    watch(page, 0.5)
    page.keyboard.press(" ")
    paused = page_age(page)
    page.wait_for_timeout(3 * SECOND)
    with page.expect_request(is_feedback("view")) as waiting:
        page.keyboard.press("j")
    assert 0.25 <= sent(waiting.value)[0]["watched_s"] <= paused - opened + 1.0


def test_another_tab_for_a_moment_is_no_swipe_and_the_visit_goes_on_after_it(visit: Visit, site: str) -> None:
    page = visit()
    watch(page, 1.0)
    with page.expect_request_finished(lambda request: request.url.endswith("/api/feedback")):
        switch_tab(page, away=True)
    went = page_age(page)
    page.wait_for_timeout(3 * SECOND)
    came = page_age(page)
    switch_tab(page, away=False)
    expect(active(page).locator("[data-state=playing]")).to_be_visible()
    page.wait_for_timeout(SECOND)
    left = ref_of(page)
    with page.expect_response(lambda response: is_feedback("view")(response.request)):
        page.keyboard.press("j")
    away, view = kept(page, site)
    assert (away["kind"], view["kind"]) == ("away", "view")
    assert away["item"] == view["item"] == left
    assert away["request_id"] == view["request_id"]
    assert 0.5 <= away["watched_s"] <= went
    assert 0.0 < view["watched_s"] <= page_age(page) - came  # the three seconds away are not in it


def test_closing_the_page_sends_what_was_watched_once_and_as_no_swipe(visit: Visit, site: str) -> None:
    page = visit()
    watch(page, 1.0)
    left = ref_of(page)
    page.goto("about:blank")
    page.wait_for_timeout(SECOND)
    (event,) = kept(page, site)
    assert (event["kind"], event["item"]) == ("away", left)
    assert event["watched_s"] >= 0.5


def test_feedback_that_could_not_be_sent_is_sent_later_with_the_same_id(visit: Visit) -> None:
    page = visit()
    watch(page, 0.2)
    page.route("**/api/feedback", lambda route: route.abort())
    with page.expect_event("requestfailed", is_feedback("like")) as first:
        page.keyboard.press("l")
    page.unroute("**/api/feedback")
    with page.expect_response(lambda response: is_feedback("like")(response.request)) as again:
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    likes = [
        [event["event_id"] for event in sent(request) if event["kind"] == "like"]
        for request in (first.value, again.value.request)
    ]
    assert likes[0] == likes[1]
    assert again.value.json()["accepted"] >= 1
    page.wait_for_function("() => Object.keys(localStorage).every(key => !key.startsWith('coldreel.event.'))")
    visit.complaints = [text for text in visit.complaints if "ERR_FAILED" not in text]  # what was cut off


def test_an_event_that_the_server_does_not_take_loses_no_other(visit: Visit, site: str) -> None:
    page = visit()
    watch(page, 0.1)
    page.evaluate(
        "ref => { const id = '019cf2a1-0000-7000-8000-000000000001';"
        " const event = { event_id: id, item: ref, kind: 'view', at: new Date(), watched_s: 1e6 };"
        " localStorage.setItem('coldreel.event.' + id, JSON.stringify(event)) }",
        ref_of(page),
    )
    page.route("**/api/feedback", lambda route: route.abort())
    page.keyboard.press("l")
    page.wait_for_timeout(SECOND)
    page.unroute("**/api/feedback")
    page.reload()
    page.wait_for_function("() => Object.keys(localStorage).every(key => !key.startsWith('coldreel.event.'))")
    assert "like" in [event["kind"] for event in kept(page, site)]
    visit.complaints = [text for text in visit.complaints if "ERR_FAILED" not in text]


def test_a_like_is_still_there_after_a_reload(visit: Visit, site: str) -> None:
    page = visit()
    watch(page, 0.2)
    ref = ref_of(page)
    with page.expect_response("**/api/feedback"):
        active(page).locator(".touch").dblclick(position={"x": 100, "y": 300})
    page.goto(f"{site}/?item={ref}")
    expect(active(page).get_by_role("button", name="Liked")).to_have_attribute("aria-pressed", "true")
    assert ref_of(page) == ref


def test_watching_and_liking_one_kind_brings_more_of_it(
    visit: Visit, site: str, shorts: list[DemoShort]
) -> None:
    page = visit()
    kinds = {short.path.name: short.kind for short in shorts}

    def kind(ref: str | None) -> str:
        return kinds[page.request.get(f"{site}/api/items/{ref}").json()["file"]]

    watch(page, 3.0)
    liked = kind(ref_of(page))
    page.keyboard.press("l")
    seen = {ref_of(page)}
    active(page).get_by_role("button", name="More like this").click()
    cards = page.locator(".card[data-ref]")
    expect(cards.first).to_be_visible()
    refs = [card.get_attribute("data-ref") for card in cards.all()]
    more = next(ref for ref in refs if kind(ref) == liked)
    go_on(page, lambda: page.locator(f".card[data-ref='{more}']").click())
    watch(page, 3.0)
    seen.add(ref_of(page))
    with page.expect_response("**/api/feedback"):
        page.keyboard.press("l")

    following = page.request.get(f"{site}/api/feed?n=10").json()["items"]
    share = sum(kinds[item["file"]] == liked for item in following) / len(following)
    left = sum(each == liked for each in kinds.values()) - len(seen)
    assert share >= 3 * left / len(kinds)  # three times what chance would bring


# --- finding ----------------------------------------


def test_search_finds_the_words_of_a_caption_and_opens_the_video(
    visit: Visit, shorts: list[DemoShort], site: str
) -> None:
    page = visit()
    watch(page, 0.1)
    now = page.request.get(f"{site}/api/items/{ref_of(page)}").json()["file"]
    wanted = next(short for short in shorts if short.path.name != now)
    page.keyboard.press("/")
    page.get_by_label("Search words").fill(wanted.caption)
    cards = page.locator(".card[data-ref]")
    expect(cards.first).to_be_visible()
    found = {
        page.request.get(f"{site}/api/items/{ref}").json()["file"]: ref
        for ref in (card.get_attribute("data-ref") for card in cards.all())
    }
    assert wanted.path.name in found
    ref = found[wanted.path.name]
    assert go_on(page, page.locator(f".card[data-ref='{ref}']").click) == ref
    expect(page.locator("#sheet")).not_to_be_visible()


def test_a_search_without_an_answer_says_so_as_text(visit: Visit) -> None:
    page = visit()
    page.keyboard.press("/")
    page.route("**/api/search?*", lambda route: route.fulfill(json={"items": []}))
    page.get_by_label("Search words").fill("<b>zebra</b>")
    expect(page.locator(".found")).to_have_text("No video shows “<b>zebra</b>”. Try another word.")


def test_more_like_this_leaves_out_the_video_itself(visit: Visit) -> None:
    page = visit()
    watch(page, 0.1)
    active(page).get_by_role("button", name="More like this").click()
    expect(page.locator(".card[data-ref]").first).to_be_visible()
    assert page.locator(f".card[data-ref='{ref_of(page)}']").count() == 0
    expect(page.locator(".card small").first).to_have_text(re.compile(r"\d+\s?% alike"))


@pytest.mark.parametrize("look", [Locator.hover, Locator.focus], ids=["pointer", "keyboard"])
def test_a_poster_that_is_looked_at_shows_what_happens_in_its_video(
    visit_few: Visit, small_site: str, look: Callable[[Locator], None]
) -> None:
    page = visit_few(size=DESKTOP)
    watch(page, 0.1)
    active(page).get_by_role("button", name="More like this").click()
    card = page.locator(".card[data-ref]").first
    look(card)
    picture = card.locator("canvas")
    expect(picture).to_be_visible()
    item = page.request.get(f"{small_site}/api/items/{card.get_attribute('data-ref')}").json()
    width, height = picture.evaluate("picture => [picture.width, picture.height]")
    assert width / height == pytest.approx(item["width"] / item["height"], rel=0.02)
    first = picture.evaluate("picture => picture.toDataURL()")
    page.wait_for_function("first => document.querySelector('.card canvas').toDataURL() !== first", arg=first)
    page.mouse.move(0, 0)
    page.locator(".sheet-close").focus()
    expect(picture).to_have_count(0)


def test_a_poster_without_a_strip_stays_a_poster(visit_few: Visit) -> None:
    page = visit_few(size=DESKTOP)
    watch(page, 0.1)
    page.route("**/strip", lambda route: route.fulfill(body=b"noise", content_type="image/webp"))
    active(page).get_by_role("button", name="More like this").click()
    card = page.locator(".card[data-ref]").first
    with page.expect_response("**/strip"):
        card.hover()
    page.wait_for_timeout(SECOND)
    expect(card.locator("img")).to_be_visible()
    assert card.locator("canvas").count() == 0


def test_why_gives_the_reason_of_the_server(visit: Visit, site: str) -> None:
    page = visit()
    page.goto("about:blank")  # else the answer might be one to the page that is left
    with page.expect_response("**/api/feed") as answer:
        page.goto(site)
    reasons = {item["ref"]: item["reason"] for item in answer.value.json()["items"]}
    watch(page, 0.1)
    active(page).get_by_role("button", name="Why this video").click()
    reason = page.locator(".why-reason").inner_text()
    assert reason
    assert reason == reasons[ref_of(page)]


def test_there_are_words_for_every_way_into_the_feed_and_for_no_other(visit: Visit) -> None:
    page = visit()
    origins, slots = page.evaluate(
        "async () => { const { ORIGINS, SLOTS } = await import('/why.js');"
        " return [Object.keys(ORIGINS), Object.keys(SLOTS)] }"
    )
    assert set(origins) == {*Origin, "board", "search", "similar", "link"}  # the last four are the page's own
    assert set(slots) == set(Slot)


def test_a_link_opens_its_video_first_and_one_that_leads_nowhere_says_so(visit: Visit, site: str) -> None:
    page = visit()
    watch(page, 0.1)
    other = page.locator(".short").nth(2).get_attribute("data-ref")
    page.goto(f"{site}/?item={other}")
    watch(page, 0.1)
    assert ref_of(page) == other
    page.goto(f"{site}/?item=none-such")
    expect(page.get_by_text("That video is not here any more")).to_be_visible()
    watch(page, 0.1)
    assert all("none-such" in text for text in visit.complaints)
    visit.complaints.clear()


def test_share_copies_a_link_to_the_video(visit: Visit, site: str) -> None:
    page = visit(permissions=["clipboard-read", "clipboard-write"])
    watch(page, 0.1)
    with page.expect_request(is_feedback("share")):
        active(page).get_by_role("button", name="Share").click()
    expect(page.get_by_text("Link copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == f"{site}/?item={ref_of(page)}"


def test_not_interested_tells_the_server_and_moves_on(visit: Visit) -> None:
    page = visit()
    watch(page, 0.1)
    with page.expect_request(is_feedback("not_interested")):
        go_on(page, active(page).get_by_role("button", name="Less like this").click)
    assert page.get_by_role("button", name="Hide videos by").count() == 0  # all are of one folder


@pytest.mark.parametrize("way", ["Why this video", "Less like this"])
def test_hiding_a_creator_tells_the_server_and_takes_its_videos_away(
    visit_few: Visit, small_site: str, way: str
) -> None:
    page = visit_few()
    page.route("**/api/feed", _by_two_creators)
    page.goto(small_site)
    watch(page, 0.1)
    first = ref_of(page)
    assert set(page.locator(".short .creator .name").all_text_contents()) == {"Ann", "Bob"}
    active(page).get_by_role("button", name=way).click()
    with page.expect_request(is_feedback("hide_creator")) as told:
        page.get_by_role("button", name="Hide videos by Ann").click()
    (event,) = (event for event in sent(told.value) if event["kind"] == "hide_creator")
    assert event["item"] == first
    expect(page.get_by_text("You will see nothing more by Ann")).to_be_visible()
    expect(active(page).locator(".creator .name")).to_have_text("Bob")
    left = page.locator(".short:not(.is-dismissed) .creator .name").all_text_contents()
    assert set(left) == {"Bob"}
    page.unroute_all(behavior="ignoreErrors")  # a page may be on its way


def _by_two_creators(route: Route) -> None:
    answer = route.fetch()
    page = answer.json()
    for n, item in enumerate(page["items"]):
        item["creator"] = "Bob" if n % 2 else "Ann"
    route.fulfill(response=answer, json=page)


# --- keyboard and voice ----------------------------------------


def test_the_keyboard_does_everything(visit: Visit) -> None:
    page = visit(size=DESKTOP)
    watch(page, 0.1)
    stage = active(page).locator(".stage")
    first = ref_of(page)
    second = go_on(page, lambda: page.keyboard.press("ArrowDown"))
    assert go_on(page, lambda: page.keyboard.press("k")) == first
    assert go_on(page, lambda: page.keyboard.press("j")) == second
    assert go_on(page, lambda: page.keyboard.press("ArrowUp")) == first
    page.keyboard.press(" ")
    expect(stage).to_have_attribute("data-state", "paused")
    page.keyboard.press(" ")
    expect(stage).to_have_attribute("data-state", "playing")
    page.keyboard.press("l")
    expect(active(page).locator(".like")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("m")
    expect(page.locator("#sound")).to_have_attribute("aria-pressed", "true")
    assert not page.evaluate("document.querySelector('.short:not([inert]) video').muted")
    page.keyboard.press("/")
    page.keyboard.type("jklm ")
    expect(page.get_by_label("Search words")).to_have_value("jklm ")
    page.keyboard.press("Escape")
    expect(page.locator("#sheet")).not_to_be_visible()
    assert ref_of(page) == first


def test_keys_on_the_slider_belong_to_the_slider(visit: Visit) -> None:
    page = visit(size=DESKTOP)
    watch(page, 0.1)
    first, slider = ref_of(page), active(page).get_by_label("Position in the video")
    page.keyboard.press(" ")
    slider.focus()
    before = float(slider.input_value())
    for _ in range(10):
        page.keyboard.press("ArrowUp")
    assert float(slider.input_value()) > before + 0.05
    page.keyboard.press("ArrowDown")
    page.keyboard.press("PageDown")
    page.wait_for_timeout(SECOND)
    assert ref_of(page) == first


def test_after_seeking_with_the_mouse_the_keys_move_the_feed(visit: Visit) -> None:
    page = visit(size=DESKTOP)
    watch(page, 0.1)
    slider = active(page).get_by_label("Position in the video")
    box = slider.bounding_box()
    assert box is not None
    slider.click(position={"x": box["width"] * 0.6, "y": box["height"] / 2})
    page.wait_for_function(
        "() => { const { currentTime, duration } = document.querySelector('.short:not([inert]) video');"
        " return currentTime > 0.5 * duration }"
    )
    now = slider.input_value()
    page.wait_for_timeout(SECOND / 2)
    assert slider.input_value() != now  # it follows the video again
    assert go_on(page, lambda: page.keyboard.press("ArrowDown"))


def test_every_control_has_a_name_and_only_the_video_in_view_is_reached(visit: Visit) -> None:
    page = visit()
    watch(page, 0.1)
    nameless = page.evaluate(
        "[...document.querySelectorAll('button, input')].filter(control => control.checkVisibility()"
        " && !(control.ariaLabel || control.textContent || '').trim()).map(control => control.outerHTML)"
    )
    assert nameless == []
    for _ in range(12):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.closest('.short[inert]') === null")
    expect(page.locator("#announcer")).not_to_be_empty()


# --- pictures for the README ----------------------------------------


@pytest.mark.parametrize(
    ("name", "size", "scale"), [("feed", PHONE, 2), ("feed-desktop", DESKTOP, 1)], ids=["phone", "desktop"]
)
def test_take_pictures(visit: Visit, tmp_path: Path, name: str, size: ViewportSize, scale: int) -> None:
    page = visit(size=size, device_scale_factor=scale)
    folder = Path(os.environ.get("SCREENSHOTS", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    go_on(page, lambda: page.keyboard.press("j"))
    watch(page, 2.0)
    _keep(page.screenshot(), folder / f"{name}.webp")
    active(page).get_by_role("button", name="More like this").click()
    expect(page.locator(".card[data-ref] img").nth(5)).to_be_visible()
    page.wait_for_timeout(SECOND)
    _keep(page.screenshot(), folder / f"{name}-similar.webp")


def _keep(png: bytes, path: Path) -> None:
    picture = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None and picture.std() > 10, "nothing is to be seen"
    assert cv2.imwrite(str(path), picture, [cv2.IMWRITE_WEBP_QUALITY, 85])
