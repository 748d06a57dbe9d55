"""From upload to recommendable, and away again, on a catalogue of its own."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from api_site import INGEST_S, environment, running
from coldreel.media.demo import DemoShort
from coldreel.store.embedded.server import stop


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a space in its name."""
    return tmp_path_factory.mktemp("up load") / "my data"


@pytest.fixture(scope="module")
def shop(data: Path) -> Iterator[httpx.Client]:
    """An empty catalogue with a server and a worker."""
    home = data.parent
    env = environment(COLDREEL_MAX_BYTES="4000000", COLDREEL_WORKERS="1")
    with (
        running(home / "serve", "serve", "--port", "0", "--data-dir", data, env=env) as server,
        running(home / "work", "worker", "--data-dir", data, env=env),
        httpx.Client(base_url=server.address(), timeout=60) as client,
    ):
        yield client
    stop(data)


def _upload(shop: httpx.Client, name: str, content: bytes, **given: str) -> httpx.Response:
    return shop.post("/api/items", files={"file": (name, content)}, data=given)


def _done(shop: httpx.Client) -> dict[str, Any]:
    """The counts when nothing is left to do."""
    end = time.monotonic() + INGEST_S
    while time.monotonic() < end:
        body: dict[str, Any] = shop.get("/api/ingest").json()
        if body["waiting"] + body["working"] == 0:
            return body
        time.sleep(0.2)
    raise AssertionError(body)


def test_an_empty_catalogue_answers_with_nothing(shop: httpx.Client) -> None:
    assert shop.get("/api/feed").json()["items"] == []
    assert shop.get("/api/items").json() == {"items": [], "next": None}
    assert shop.get("/api/search?q=fish").json() == {"items": []}
    assert "empty" in shop.get("/api/items/x").json()["detail"]


def test_an_upload_becomes_an_item_that_can_be_deleted_for_good(
    shop: httpx.Client, data: Path, demo_clips: list[DemoShort]
) -> None:
    film = demo_clips[0].path.read_bytes()
    answer = _upload(shop, "..\\evil/../My film?.mp4", film, title="My title", tags=" a b, , c", creator="me")
    assert answer.status_code == 202
    ref = answer.json()["ref"]

    body = _done(shop)
    assert (body["ready"], body["failures"]) == (1, [])
    item = shop.get(f"/api/items/{ref}").json()
    assert (item["file"], item["title"], item["creator"]) == ("My film_.mp4", "My title", "me")
    assert item["tags"][:2] == ["a b", "c"]
    assert shop.get(item["video"]).content == film
    assert shop.get(item["poster"]).headers["content-type"] == "image/webp"
    assert [place["ref"] for place in shop.get("/api/feed").json()["items"]] == [ref]
    assert shop.get("/api/search?q=title").json()["items"][0]["ref"] == ref

    # The very same again is the same item, and stays visible meanwhile.
    again = _upload(shop, "My film_.mp4", film)
    assert (again.status_code, again.json()) == (202, answer.json())
    assert shop.get(f"/api/items/{ref}").status_code == 200
    assert _upload(shop, "under another name.mp4", film).json()["ref"] == ref
    _done(shop)
    assert len(shop.get("/api/items").json()["items"]) == 1

    assert shop.delete(f"/api/items/{ref}").status_code == 204
    for path in (f"/api/items/{ref}", item["video"], item["poster"]):
        assert shop.get(path).status_code == 404
    assert shop.delete(f"/api/items/{ref}").status_code == 404
    assert shop.get("/api/feed").json()["items"] == []
    assert shop.get("/api/search?q=title").json()["items"] == []

    kept = [path.name for path in data.glob("uploads/*/*")]
    assert not {"My film_.mp4", "under another name.mp4"} & set(kept)
    refused = _upload(shop, "the same once more.mp4", film)
    assert (refused.status_code, refused.json()["code"]) == (422, "deleted")


def test_a_file_that_is_no_video_says_so_and_is_not_kept(shop: httpx.Client, data: Path) -> None:
    notes = b"these are notes, not a film" * 100
    source = _upload(shop, "notes.mp4", notes).json()["source"]
    (failure,) = [f for f in _done(shop)["failures"] if f["source"] == source]
    assert (failure["state"], failure["code"]) == ("rejected", "not_a_video")
    assert failure["reason"]
    assert not list(data.glob("uploads/*/notes.mp4"))

    assert shop.post(f"/api/ingest/{source}/retry").status_code == 202
    (failure,) = [f for f in _done(shop)["failures"] if f["source"] == source]
    assert (failure["state"], failure["code"]) == ("rejected", "not_kept")
    assert _upload(shop, "notes.mp4", notes).json()["source"] == source
    (failure,) = [f for f in _done(shop)["failures"] if f["source"] == source]
    assert failure["code"] == "not_a_video"


def test_what_is_ready_is_not_tried_again(shop: httpx.Client, demo_clips: list[DemoShort]) -> None:
    source = _upload(shop, "two.mp4", demo_clips[1].path.read_bytes()).json()["source"]
    _done(shop)
    answer = shop.post(f"/api/ingest/{source}/retry")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_source")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        pytest.param(b"", "empty", id="empty"),
        pytest.param(b"x" * 4_000_001, "too_large", id="larger than the limit"),
    ],
)
def test_an_upload_of_no_use_is_refused_at_once_and_not_kept(
    shop: httpx.Client, content: bytes, code: str
) -> None:
    before = _done(shop)
    answer = _upload(shop, "x.mp4", content)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert _done(shop) == before | {"per_minute": _done(shop)["per_minute"]}


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        pytest.param("電" * 200 + ".mp4", "電" * 65 + ".mp4", id="longer than file systems take"),
        pytest.param("...", "video", id="only dots"),
        pytest.param("/etc/passwd", "passwd", id="a path"),
        pytest.param("a\\b\\c.mp4", "c.mp4", id="a path of Windows"),
        pytest.param("🎬 reel (1) [x].mp4", "_ reel (1) [x].mp4", id="a picture in the name"),
    ],
)
def test_a_file_name_means_nothing_to_the_file_system(shop: httpx.Client, name: str, kept: str) -> None:
    source = _upload(shop, name, f"no film called {name}".encode()).json()["source"]
    (failure,) = [f for f in _done(shop)["failures"] if f["source"] == source]
    assert Path(failure["uri"]).name == kept
    assert Path(failure["uri"]).parent.parent.name == "uploads"


@pytest.mark.parametrize("given", [{"title": "x" * 501}, {"creator": "x" * 201}, {"title": "a\0b"}], ids=str)
def test_metadata_that_cannot_be_kept_is_refused(shop: httpx.Client, given: dict[str, str]) -> None:
    answer = _upload(shop, "x.mp4", b"some bytes", **given)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
