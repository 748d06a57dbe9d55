"""What is said about a video's bytes, and when they are not there; nothing is decoded."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import fsspec
import httpx
import pytest
from fsspec import AbstractFileSystem
from quick_children import QuickChildren, workshop_of
from store_rows import OBSERVED, claim_one

from coldreel import Coldreel
from coldreel.api.access import Access
from coldreel.api.application import create_app
from coldreel.api.parts import Parts
from coldreel.model import Listing, Playback

Get = Callable[[str], httpx.Response]

WEBM = b"\x1a\x45\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04B\xf3\x81\x08B\x82\x84webm" + bytes(99)
MP4 = b"\x00\x00\x00\x20ftypisom" + bytes(99)


@pytest.fixture
def reel(database_url: str, tmp_path: Path) -> Iterator[Coldreel]:
    with Coldreel(tmp_path / "data", database_url=database_url) as reel:
        yield reel


@pytest.fixture
def get(reel: Coldreel) -> Get:
    """Asks the application for a path, without a server."""
    access = Access(True, None, b"a key")
    app = create_app(Parts(reel.store, reel.recommendations, access, reel.derived, reel.uploads))

    async def ask(path: str) -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.get(path)

    def get(path: str) -> httpx.Response:
        # In a thread, because the browser that other tests use keeps an event loop in this one.
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(asyncio.run, ask(path)).result()

    return get


@pytest.fixture
def bucket() -> Iterator[AbstractFileSystem]:
    bucket = fsspec.filesystem("memory")
    yield bucket
    bucket.store.clear()


def take_in(reel: Coldreel, uri: str | Path, playback: Playback = Playback.AS_IS) -> str:
    """Take in one file, which the decoder says reaches browsers in this way; returns its ref."""
    reel.store.sources.enlist([Listing(str(uri), "1")])
    workshop = workshop_of(reel.store, reel.settings.data_dir, QuickChildren(playback))
    workshop.do(claim_one(reel.store))
    return reel.item(Path(uri).name).ref


@pytest.mark.parametrize(
    ("name", "content", "kind"), [("film.webm", WEBM, "video/webm"), ("film.mp4", MP4, "video/mp4")]
)
def test_the_copy_of_a_remote_file_is_served_as_what_it_is(
    reel: Coldreel, get: Get, bucket: AbstractFileSystem, name: str, content: bytes, kind: str
) -> None:
    bucket.pipe(f"/clips/{name}", content)
    answer = get(f"/media/{take_in(reel, f'memory:///clips/{name}')}/video")
    assert (answer.content, answer.headers["content-type"]) == (content, kind)


def test_no_command_makes_a_file_that_a_person_has_moved(reel: Coldreel, get: Get, tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    film.write_bytes(MP4)
    ref = take_in(reel, film)
    film.unlink()
    answer = get(f"/media/{ref}/video")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_playable")
    assert "not at its place" in answer.json()["detail"]
    assert "--retry" not in answer.json()["detail"]


@pytest.mark.parametrize("what", ["video", "poster", "strip"])
def test_a_command_makes_what_coldreel_has_made_before(
    reel: Coldreel, get: Get, tmp_path: Path, what: str
) -> None:
    film = tmp_path / "film.mkv"
    film.write_bytes(WEBM)
    ref = take_in(reel, film, Playback.REMUX)
    reel.derived.remove(reel.store.items.media(ref).content_hash)
    answer = get(f"/media/{ref}/{what}")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_playable")
    assert "`coldreel ingest --retry`" in answer.json()["detail"]


def test_an_item_that_awaits_its_file_is_shown_with_what_is_known(reel: Coldreel, get: Get) -> None:
    awaiting = reel.store.awaited.add("a film.mp4")
    assert awaiting is not None
    reel.store.items.describe(awaiting.id, OBSERVED, "words")
    item = get("/api/items/a%20film.mp4").json()
    assert (item["title"], item["file"]) == (OBSERVED.title, "a film.mp4")
    assert [item[name] for name in ("duration_s", "width", "height", "has_sound")] == [None] * 4
    for what in ("video", "poster", "strip"):
        answer = get(f"/media/a%20film.mp4/{what}")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_playable")
        assert "coldreel ingest" in answer.json()["detail"]
