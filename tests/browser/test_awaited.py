"""The page where a table told of videos whose files have not come."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect
from viewing import DESKTOP, PHONE, Visit, active

from api_site import environment, running
from coldreel import Coldreel
from coldreel.store.store import Store
from coldreel.understand.text import text_of
from public_data import ABSENT, DATA

SEED = DATA / "seed" / "final_df.csv"
DRESS = "SDR_Hobby_2pol.mp4"
URDU = "آجاو اپنی پسند کی ڈریس لے جاو"
SIZES = pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])

BROKEN = (
    "() => [...document.images].filter(image => image.hasAttribute('src') && image.checkVisibility()"
    " && image.complete && !image.naturalWidth).length"
)


@pytest.fixture(scope="module")
def visit_awaited(
    browser: Browser, postgres: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Visit]:
    """Opens the page of a catalogue of the seed alone; one video of it has a title in two languages."""
    if not SEED.is_file():
        pytest.skip(ABSENT)
    home = tmp_path_factory.mktemp("awaited")
    with Coldreel(data_dir=home / "data", database_url=postgres) as reel:
        assert reel.import_table(SEED).added == 50
        _translate(reel.store)
    env = environment(COLDREEL_DATABASE_URL=postgres)
    with (
        running(home, "serve", "--port", "0", "--data-dir", home / "data", env=env) as server,
        Visit(browser, server.address()) as visit,
    ):
        yield visit


def _translate(store: Store) -> None:
    item = store.items.find(DRESS).id
    said = replace(
        store.items.description(item).description,
        title="Come and take the dress you like",
        language="ur",
        original_title=URDU,
    )
    store.items.describe(item, said, text_of(said))


def _find(page: Page, words: str) -> None:
    page.locator("#search").click()
    page.get_by_label("Search words").fill(words)
    expect(page.locator(".card[data-ref]").first).to_be_visible()


def _keep(page: Page, name: str) -> None:
    if folder := os.environ.get("SCREENSHOTS"):
        page.wait_for_timeout(700)
        page.screenshot(path=Path(folder) / f"awaited-{name}-{(page.viewport_size or PHONE)['width']}.png")


@SIZES
def test_the_start_says_that_videos_are_known_and_their_files_have_not_come(
    visit_awaited: Visit, size: ViewportSize
) -> None:
    page = visit_awaited(size=size)
    sentence = "50 videos are known, and their files have not come yet: coldreel ingest FOLDER"
    expect(page.locator("#tail p")).to_have_text(sentence)
    _keep(page, "start")


@SIZES
def test_a_card_without_a_poster_is_a_title_and_no_broken_picture(
    visit_awaited: Visit, size: ViewportSize
) -> None:
    page = visit_awaited(size=size)
    _find(page, "dress")
    card = page.locator(f'.card[data-ref="{DRESS}"]')
    expect(card.locator("strong")).to_have_text("Come and take the dress you like")
    expect(card.locator("em")).to_have_text(URDU)
    assert [card.locator("em").get_attribute(name) for name in ("lang", "dir")] == ["ur", "auto"]
    expect(card.locator("em")).to_have_css("direction", "rtl")
    expect(card.locator("strong")).to_have_css("direction", "ltr")
    expect(page.locator(".card img")).to_have_count(0)
    assert page.evaluate(BROKEN) == 0
    _keep(page, "cards")


@SIZES
def test_one_that_is_opened_says_so_with_all_its_words_and_nothing_to_press_in_vain(
    visit_awaited: Visit, size: ViewportSize
) -> None:
    page = visit_awaited(size=size)
    _find(page, "dress")
    page.locator(f'.card[data-ref="{DRESS}"]').click()
    short = active(page)
    for words in ("Its file has not come yet", "Come and take the dress you like", URDU, "outfit"):
        expect(short.get_by_text(words, exact=True)).to_be_visible()
    expect(short.locator(".said")).not_to_be_empty()
    assert [short.locator(".original").get_attribute(name) for name in ("lang", "dir")] == ["ur", "auto"]
    expect(short.locator(".rail button:visible")).to_have_text(["More", "Why"])
    expect(short.locator(".touch, .start, .seek").filter(visible=True)).to_have_count(0)
    page.keyboard.press("l")
    page.keyboard.press(" ")
    assert page.evaluate(BROKEN) == 0
    assert page.locator("video").count() == 0
    expect(page.get_by_text("does not play")).not_to_be_visible()
    _keep(page, "opened")
    short.get_by_role("button", name="Why this video").click()
    expect(page.locator(".facts dd[lang=ur]")).to_have_text(URDU)
    _keep(page, "why")
