"""Every route of the API, asked over HTTP."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import numpy as np
import pytest
from seed_table import cells, table

from api_site import environment, event, raw, running
from coldreel import Coldreel
from coldreel.media.demo import DemoShort

ITEM = {
    "ref", "file", "title", "description", "original_title", "original_description", "language", "tags",
    "genres", "creator", "awaits_file", "duration_s", "width", "height", "has_sound", "published_at",
    "duplicate_of", "video", "poster", "strip", "liked",
}  # fmt: skip

BYTES = ("video", "poster", "strip")


@pytest.fixture
def ref(client: httpx.Client) -> str:
    """The ref of the newest demo short."""
    return str(client.get("/api/items?n=1").json()["items"][0]["ref"])


def _problem(answer: httpx.Response, status: int, code: str) -> str:
    """Check that this is a problem of that kind; returns its sentence."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert set(body) == {"type", "title", "status", "code", "detail"}
    assert (body["status"], body["code"]) == (status, code)
    assert body["title"]
    return str(body["detail"])


# --- items ----------------------------------------


def test_the_list_of_items_is_read_page_by_page(client: httpx.Client, demo_clips: list[DemoShort]) -> None:
    pages: list[list[dict[str, Any]]] = []
    where = "/api/items?n=8"
    while where:
        body = client.get(where).json()
        pages.append(body["items"])
        where = f"/api/items?n=8&before={body['next']}" if body["next"] is not None else ""
    assert [len(page) for page in pages] == [8, 8, 4]
    files = [item["file"] for page in pages for item in page]
    assert sorted(files) == sorted(short.path.name for short in demo_clips)


def test_the_last_page_says_that_it_is_the_last(client: httpx.Client) -> None:
    assert client.get("/api/items?n=20").json()["next"] is None
    first = client.get("/api/items?n=10").json()
    assert client.get(f"/api/items?n=10&before={first['next']}").json()["next"] is None


@pytest.mark.parametrize("before", [0, -5, 10**30])
def test_a_page_before_everything_or_after_it_is_no_error(client: httpx.Client, before: int) -> None:
    body = client.get(f"/api/items?n=3&before={before}").json()
    assert len(body["items"]) == (3 if before > 20 else 0)


def test_an_item_has_all_that_a_page_shows(client: httpx.Client, ref: str) -> None:
    item = client.get(f"/api/items/{ref}").json()
    assert set(item) == ITEM
    assert item["ref"] == ref
    assert 5 <= item["duration_s"] <= 8
    assert [item[kind] for kind in BYTES] == [f"/media/{ref}/{kind}" for kind in BYTES]
    assert not item["awaits_file"]


def test_an_item_that_awaits_its_file_says_so_and_has_no_addresses(database_url: str, tmp_path: Path) -> None:
    rows = [cells(f"{number}.mp4", vector) for number, vector in enumerate(np.eye(2, 4, dtype=np.float32))]
    with Coldreel(data_dir=tmp_path / "data", database_url=database_url) as reel:
        assert reel.import_table(table(tmp_path / "table.csv", rows), "model").added == len(rows)
    env = environment(COLDREEL_DATABASE_URL=database_url)
    command = ("serve", "--port", "0", "--data-dir", tmp_path / "data")
    with running(tmp_path, *command, env=env) as server, httpx.Client(base_url=server.address()) as client:
        item = client.get("/api/items/0.mp4").json()
        assert set(item) == ITEM
        assert item["awaits_file"]
        assert [item[kind] for kind in (*BYTES, "duration_s", "width", "height", "has_sound")] == [None] * 7
        (other,) = (
            near for near in client.get("/api/items/0.mp4/similar").json()["items"] if near["ref"] != "0.mp4"
        )
        assert (other["awaits_file"], other["poster"]) == (True, None)
        progress = client.get("/api/ingest").json()
        assert (progress["awaiting_files"], progress["ready"], progress["waiting"]) == (2, 0, 0)


def test_an_item_is_found_by_its_file_name_too(client: httpx.Client, ref: str) -> None:
    file = client.get(f"/api/items/{ref}").json()["file"]
    assert client.get(f"/api/items/{file}").json()["ref"] == ref


def test_similar_items_begin_with_the_item_itself(client: httpx.Client, ref: str) -> None:
    items = client.get(f"/api/items/{ref}/similar?n=5").json()["items"]
    assert len(items) == 5
    assert set(items[0]) == ITEM | {"cosine_similarity"}
    assert (items[0]["ref"], items[0]["cosine_similarity"]) == (ref, 1.0)


def test_similar_items_have_the_name_that_gorse_gives_them(client: httpx.Client, ref: str) -> None:
    ours, theirs = (
        client.get(f"/api/{path}?n=4").json()
        for path in (f"items/{ref}/similar", f"item-to-item/similar/{ref}")
    )
    assert ours == theirs


def test_search_answers_with_scores_best_first(client: httpx.Client) -> None:
    items = client.get("/api/search", params={"q": "fish"}).json()["items"]
    assert set(items[0]) == ITEM | {"score"}
    assert "fish" in items[0]["title"].lower()
    scores = [item["score"] for item in items]
    assert scores == sorted(scores, reverse=True)


def test_search_for_nonsense_answers_with_nothing(client: httpx.Client) -> None:
    assert client.get("/api/search", params={"q": "xqzvw"}).json() == {"items": []}


# --- feed and feedback ----------------------------------------


def test_a_feed_has_a_request_id_and_a_reason_for_every_item(client: httpx.Client) -> None:
    body = client.get("/api/feed?n=7").json()
    assert set(body) == {"request_id", "user", "items"}
    assert len(body["items"]) == 7
    assert set(body["items"][0]) == ITEM | {"slot", "origin", "reason", "again"}
    assert all(item["reason"] for item in body["items"])


def test_a_page_has_ten_items_unless_asked_otherwise(client: httpx.Client) -> None:
    assert len(client.get("/api/feed").json()["items"]) == 10


def test_feedback_is_taken_once_and_a_like_is_seen_everywhere(client: httpx.Client) -> None:
    page = client.get("/api/feed").json()
    ref = page["items"][0]["ref"]
    like = event(uuid4().int % 2**60, ref, request_id=page["request_id"])
    first, resent = (client.post("/api/feedback", json={"events": [like]}).json() for _ in range(2))
    assert first == {"accepted": 1, "duplicates": 0, "refused": [], "clamped": 0}
    assert resent == {"accepted": 0, "duplicates": 1, "refused": [], "clamped": 0}
    assert client.get(f"/api/items/{ref}").json()["liked"] is True
    assert client.get(f"/api/items/{ref}/similar").json()["items"][0]["liked"] is True
    (exported,) = client.get(f"/api/users/{page['user']}").json()["events"]
    assert (exported["item"], exported["request_id"]) == (ref, page["request_id"])


def test_feedback_on_an_unknown_item_is_refused_alone(client: httpx.Client, ref: str) -> None:
    events = [event(uuid4().int % 2**60, name) for name in (ref, "no-such-item")]
    answer = client.post("/api/feedback", json={"events": events}).json()
    assert answer["accepted"] == 1
    (refused,) = answer["refused"]
    assert (refused["event_id"], refused["code"]) == (events[1]["event_id"], "unknown_item")


@pytest.mark.parametrize(
    ("at", "said_at"),
    [
        ("0001-01-01T00:00:00+14:00", "0001-01-02T00:00:00Z"),
        ("9999-12-31T23:59:59-14:00", "9999-12-30T00:00:00Z"),
        ("2026-06-01T12:00:00", None),
    ],
)
def test_no_clock_of_a_client_breaks_the_feed_and_a_wrong_one_is_marked(
    client: httpx.Client, ref: str, at: str, said_at: str | None
) -> None:
    sent = event(uuid4().int % 2**60, ref) | {"at": at}
    answer = client.post("/api/feedback", json={"events": [sent]}).json()
    assert (answer["accepted"], answer["clamped"]) == (1, said_at is not None)
    page = client.get("/api/feed")
    assert page.status_code == 200
    (kept,) = client.get(f"/api/users/{page.json()['user']}").json()["events"]
    assert kept["said_at"] == said_at


@pytest.mark.parametrize(
    ("kind", "facts", "watched_s"),
    [
        pytest.param("view", {"intervals": [[0, 6], [0, 2.5]]}, 8.5, id="once through, and begun again"),
        pytest.param("away", {"intervals": []}, 0.0, id="none"),
        pytest.param("view", {"intervals": [[3, 2]]}, "it ends at 2 before it begins at 3", id="backwards"),
        pytest.param("view", {"intervals": [[-1, 2]]}, "greater than or equal to 0", id="below zero"),
        pytest.param("view", {"intervals": [[1, 2, 3]]}, "at most 2 items", id="three ends"),
        pytest.param("view", {"intervals": [[0, "x"]]}, "valid number", id="no number"),
        pytest.param("view", {"intervals": [[0, 50_000]] * 2}, "longer than 86400", id="more than a day"),
        pytest.param("view", {"intervals": [[0, 1]], "watched_s": 1}, "one of the two", id="said twice"),
        pytest.param("like", {"intervals": [[0, 1]]}, "only a view or away", id="of a like"),
    ],
)
def test_play_intervals_are_summed_or_refused_with_a_reason(
    client: httpx.Client, ref: str, kind: str, facts: dict[str, object], watched_s: float | str
) -> None:
    sent = event(uuid4().int % 2**60, ref, kind) | facts
    answer = client.post("/api/feedback", json={"events": [sent]}).json()
    if isinstance(watched_s, str):
        (refused,) = answer["refused"]
        assert refused["code"] == "invalid_event"
        assert refused["reason"].startswith("intervals")
        assert watched_s in refused["reason"]
    else:
        user = client.get("/api/feed").json()["user"]
        (kept,) = client.get(f"/api/users/{user}").json()["events"]
        assert (answer["accepted"], kept["watched_s"]) == (1, watched_s)


# --- users ----------------------------------------


def test_what_is_kept_of_a_user_is_given_out_and_erased(client: httpx.Client, ref: str) -> None:
    user = client.get("/api/feed").json()["user"]
    client.post("/api/feedback", json={"events": [event(uuid4().int % 2**60, ref, "view", watched_s=4.5)]})
    kept = client.get(f"/api/users/{user}").json()
    assert set(kept) == {"user", "created_at", "hidden_creators", "events"}
    assert [(e["item"], e["kind"], e["watched_s"]) for e in kept["events"]] == [(ref, "view", 4.5)]

    assert client.delete(f"/api/users/{user}").status_code == 204
    _problem(client.get(f"/api/users/{user}"), 404, "unknown_user")
    _problem(client.delete(f"/api/users/{user}"), 404, "unknown_user")


def test_a_hidden_creator_is_named_in_the_export_and_shown_no_more(client: httpx.Client, ref: str) -> None:
    user = client.get("/api/feed").json()["user"]
    creator = client.get(f"/api/items/{ref}").json()["creator"]
    sent = event(uuid4().int % 2**60, ref, "hide_creator")
    assert client.post("/api/feedback", json={"events": [sent]}).json()["accepted"] == 1
    assert client.get(f"/api/users/{user}").json()["hidden_creators"] == [creator]
    left = client.get("/api/feed").json()["items"]
    assert all(item["creator"] != creator for item in left)


# --- ingest and health ----------------------------------------


def test_ingest_says_how_far_it_is(client: httpx.Client) -> None:
    body = client.get("/api/ingest").json()
    counts = {"waiting", "working", "ready", "failed", "rejected", "rendering"}
    assert set(body) == counts | {"awaiting_files", "per_minute", "failures"}
    assert (body["ready"], body["rendering"], body["failures"]) == (20, 0, [])
    assert body["awaiting_files"] == 0


@pytest.mark.parametrize("path", ["/api/health/live", "/api/health/ready"])
def test_it_is_well(client: httpx.Client, path: str) -> None:
    assert client.get(path).json() == {"status": "ok"}


# --- bytes ----------------------------------------


@pytest.fixture
def film(client: httpx.Client, demo_clips: list[DemoShort]) -> tuple[str, bytes]:
    """The address of a video and the bytes of its file."""
    short = demo_clips[0].path
    return client.get(f"/api/items/{short.name}").json()["video"], short.read_bytes()


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        pytest.param("bytes=0-99", slice(0, 100), id="the first hundred"),
        pytest.param("bytes=100-", slice(100, None), id="from there to the end"),
        pytest.param("bytes=-50", slice(-50, None), id="the last fifty"),
        pytest.param("bytes=-99999999", slice(None), id="a longer end than there is"),
        pytest.param("bytes=10-99999999", slice(10, None), id="beyond the end"),
        pytest.param("BYTES=0-0", slice(0, 1), id="one byte, in capitals"),
    ],
)
def test_a_part_of_a_video_can_be_asked_for(
    client: httpx.Client, film: tuple[str, bytes], asked: str, part: slice
) -> None:
    url, whole = film
    answer = client.get(url, headers={"Range": asked})
    start, stop, _ = part.indices(len(whole))
    assert answer.status_code == 206
    assert answer.headers["content-range"] == f"bytes {start}-{stop - 1}/{len(whole)}"
    assert answer.content == whole[part]


@pytest.mark.parametrize("asked", ["bytes=99999999-", "bytes=-0"])
def test_a_part_that_is_not_there_is_not_given(
    client: httpx.Client, film: tuple[str, bytes], asked: str
) -> None:
    url, whole = film
    answer = client.get(url, headers={"Range": asked})
    _problem(answer, 416, "http")
    assert answer.headers["content-range"] == f"bytes */{len(whole)}"


@pytest.mark.parametrize(
    "asked",
    [
        "seconds=1-2",
        "bytes=5-2",
        "bytes=abc",
        "bytes=",
        "nonsense",
        f"bytes={'9' * 5000}-",
        f"bytes=0-{'9' * 30}",
    ],
    ids=lambda asked: asked[:12],
)
def test_a_range_that_makes_no_sense_gives_the_whole(
    client: httpx.Client, film: tuple[str, bytes], asked: str
) -> None:
    url, whole = film
    answer = client.get(url, headers={"Range": asked})
    assert (answer.status_code, answer.content) == (200, whole)


def test_several_parts_come_in_one_answer(client: httpx.Client, film: tuple[str, bytes]) -> None:
    answer = client.get(film[0], headers={"Range": "bytes=0-9,100-109"})
    assert answer.status_code == 206
    assert answer.headers["content-type"].startswith("multipart/byteranges")
    assert film[1][:10] in answer.content
    assert film[1][100:110] in answer.content


def test_a_part_of_another_version_gives_the_whole(client: httpx.Client, film: tuple[str, bytes]) -> None:
    answer = client.get(film[0], headers={"Range": "bytes=0-9", "If-Range": '"another"'})
    assert (answer.status_code, len(answer.content)) == (200, len(film[1]))


def test_a_video_says_what_it_is(client: httpx.Client, film: tuple[str, bytes]) -> None:
    answer = client.get(film[0])
    assert (answer.headers["content-type"], answer.headers["accept-ranges"]) == ("video/mp4", "bytes")
    assert answer.headers["etag"]
    assert answer.headers["cache-control"] == "private, max-age=86400"


def test_a_browser_asks_whether_the_page_is_still_the_same(client: httpx.Client) -> None:
    page = client.get("/")
    assert page.headers["cache-control"] == "no-cache"
    assert client.get("/", headers={"If-None-Match": page.headers["etag"]}).status_code == 304


def test_an_unknown_video_is_answered_without_looking_for_others(client: httpx.Client, ref: str) -> None:
    told = _problem(client.get(f"/media/{ref[:-1]}/video"), 404, "unknown_item")
    assert ref not in told


@pytest.mark.parametrize("kind", ["poster", "strip"])
def test_a_poster_and_a_strip_are_webp_pictures(client: httpx.Client, ref: str, kind: str) -> None:
    answer = client.get(client.get(f"/api/items/{ref}").json()[kind])
    assert answer.headers["content-type"] == "image/webp"
    assert (answer.content[:4], answer.content[8:12]) == (b"RIFF", b"WEBP")


@pytest.mark.parametrize(
    "path",
    ["/api/items", "/api/items/{ref}", "/api/ingest", "/api/health/live", "/api/openapi.json", "/",
     "/media/{ref}/video", "/media/{ref}/poster"],
)  # fmt: skip
def test_head_says_what_get_would_say_without_the_body(client: httpx.Client, ref: str, path: str) -> None:
    told, given = client.head(path.format(ref=ref)), client.get(path.format(ref=ref))
    assert (told.status_code, told.content) == (200, b"")
    for name in ("content-type", "content-length"):
        assert told.headers[name] == given.headers[name]


@pytest.mark.parametrize("path", ["/api/items/nothing", "/media/nothing/video", "/nothing", "/api/nothing"])
def test_head_of_what_is_not_there_is_404(client: httpx.Client, path: str) -> None:
    assert client.head(path).status_code == 404


# --- errors ----------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nothing", 404, "http"),
        ("GET", "/api/nothing", 404, "http"),
        ("GET", "/..%2f..%2fetc%2fpasswd", 404, "http"),
        ("GET", "/api/items/nothing", 404, "unknown_item"),
        ("GET", "/api/items/nothing/similar", 404, "unknown_item"),
        ("GET", "/media/nothing/video", 404, "unknown_item"),
        ("GET", "/media/nothing/poster", 404, "unknown_item"),
        ("DELETE", "/api/items/nothing", 404, "unknown_item"),
        ("GET", "/api/users/nobody", 404, "unknown_user"),
        ("POST", "/api/ingest/999999/retry", 404, "unknown_source"),
        ("POST", "/api/ingest/99999999999999999999/retry", 404, "unknown_source"),
        ("POST", "/api/feed", 405, "http"),
        ("GET", "/api/feedback", 405, "http"),
        ("PUT", "/api/items", 405, "http"),
        ("DELETE", "/api/items", 405, "http"),
        ("POST", "/media/x/video", 405, "http"),
        ("POST", "/", 405, "http"),
        ("GET", "/api/feed?n=0", 422, "invalid_request"),
        ("GET", "/api/feed?n=51", 422, "invalid_request"),
        ("GET", "/api/feed?n=ten", 422, "invalid_request"),
        ("GET", "/api/items?n=101", 422, "invalid_request"),
        ("GET", "/api/search", 422, "invalid_request"),
        ("GET", "/api/search?q=", 422, "invalid_request"),
        ("GET", f"/api/search?q={'x' * 501}", 422, "invalid_request"),
        ("GET", "/api/feed?user=", 422, "invalid_request"),
        ("GET", f"/api/feed?user={'x' * 201}", 422, "invalid_request"),
        ("POST", "/api/ingest/abc/retry", 422, "invalid_request"),
        ("POST", "/api/items", 422, "invalid_request"),
        ("GET", "/api/items/%00", 422, "invalid_request"),
        ("GET", "/api/search?q=%00", 422, "invalid_request"),
        ("GET", "/api/feed?user=%00", 422, "invalid_request"),
    ],
)
def test_every_error_is_a_problem_that_says_what_is_wrong(
    client: httpx.Client, method: str, path: str, status: int, code: str
) -> None:
    answer = client.request(method, path)
    assert _problem(answer, status, code)
    if status == 405:
        assert answer.headers["allow"]


def test_an_unknown_ref_names_the_nearest_ones(client: httpx.Client, ref: str) -> None:
    assert ref in _problem(client.get(f"/api/items/{ref[:-1]}"), 404, "unknown_item")


BAD_EVENTS = [
    pytest.param({"kind": "dance"}, "kind", id="an unknown kind"),
    pytest.param({"event_id": "7"}, "event_id", id="no UUID"),
    pytest.param({"event_id": None}, "event_id", id="no id at all"),
    pytest.param({"event_id": "\ud800"}, "event_id", id="an id that is half a character"),
    pytest.param({"watched_s": -1}, "watched_s", id="less than nothing"),
    pytest.param({"watched_s": 1e9}, "watched_s", id="more than a day"),
    pytest.param({"watched_s": float("nan")}, "watched_s", id="no number"),
    pytest.param({"at": "yesterday"}, "at", id="no time"),
    pytest.param({"item": "x\0"}, "item", id="a zero byte"),
    pytest.param({"item": "\ud800"}, "item", id="half a character"),
]


@pytest.mark.parametrize(("wrong", "where"), BAD_EVENTS)
def test_an_event_that_cannot_be_read_is_refused_by_name_and_loses_no_other(
    client: httpx.Client, ref: str, wrong: dict[str, Any], where: str
) -> None:
    first, bad, last = (event(uuid4().int % 2**60, ref) for _ in range(3))
    bad |= wrong
    answer = client.post(
        "/api/feedback",
        content=json.dumps({"events": [first, bad, last]}),
        headers={"Content-Type": "application/json"},
    ).json()
    assert answer["accepted"] == 2
    (refused,) = answer["refused"]
    assert refused["event_id"] == (None if where == "event_id" else bad["event_id"])
    assert refused["code"] == "invalid_event"
    assert refused["reason"].startswith(f"{where}: ")


def test_what_is_no_event_at_all_is_refused_alone(client: httpx.Client, ref: str) -> None:
    good = event(uuid4().int % 2**60, ref)
    answer = client.post("/api/feedback", json={"events": ["x", None, [], good, {}]}).json()
    assert answer["accepted"] == 1
    assert [refused["event_id"] for refused in answer["refused"]] == [None] * 4
    assert answer["refused"][0]["reason"] == "It should be a JSON object"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("{", id="not JSON"),
        pytest.param("", id="empty"),
        pytest.param("[]", id="a list"),
        pytest.param(json.dumps({"events": "x"}), id="no list"),
        pytest.param(json.dumps({"events": [event(1, "x")] * 1001}), id="too many at once"),
    ],
)
def test_feedback_that_cannot_be_understood_is_refused(client: httpx.Client, body: str) -> None:
    headers = {"Content-Type": "application/json"}
    assert _problem(client.post("/api/feedback", content=body, headers=headers), 422, "invalid_request")


def test_json_that_is_not_said_to_be_json_is_told_what_to_say(client: httpx.Client, ref: str) -> None:
    body = json.dumps({"events": [event(1, ref)]})
    kind = {"Content-Type": "application/x-www-form-urlencoded"}  # as curl -d sends it
    said = _problem(client.post("/api/feedback", content=body, headers=kind), 422, "invalid_request")
    assert "Content-Type: application/json" in said


def test_feedback_that_is_nested_without_end_is_refused(client: httpx.Client) -> None:
    answer = client.post("/api/feedback", content="[" * 100_000, headers={"Content-Type": "application/json"})
    _problem(answer, 400, "http")


def test_a_full_batch_is_taken(client: httpx.Client, ref: str) -> None:
    start = uuid4().int % 2**60
    events = [event(start + i, ref, "view", watched_s=1.0) for i in range(1000)]
    assert client.post("/api/feedback", json={"events": events}).json()["accepted"] == 1000


# --- the document and the page ----------------------------------------

METHODS = {"get", "post", "put", "patch", "delete", "head", "options"}
PATHS = {
    "/api/feed", "/api/feedback", "/api/items", "/api/items/{ref}", "/api/items/{ref}/similar",
    "/api/item-to-item/similar/{ref}", "/api/search", "/api/boards/{board}", "/api/ingest",
    "/api/ingest/{source}/retry", "/api/users/{ref}", "/media/{ref}/video", "/media/{ref}/poster",
    "/api/health/live", "/api/health/ready",
}  # fmt: skip


@pytest.fixture
def document(client: httpx.Client) -> dict[str, Any]:
    body: dict[str, Any] = client.get("/api/openapi.json").json()
    return body


def test_the_document_describes_every_route_in_words(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    assert document["info"]["title"] == "coldreel"
    assert set(document["paths"]) >= PATHS
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert method in METHODS
            assert operation["summary"], path
            assert operation["description"], path
            assert operation["responses"], path
            named = {p["name"] for p in operation.get("parameters", []) if p["in"] == "path"}
            assert named == set(re.findall(r"{(\w+)}", path))


def test_every_operation_of_the_document_has_a_name_of_its_own(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for path in document["paths"].values() for operation in path.values()]
    assert len(names) == len(set(names))


def test_every_reference_in_the_document_leads_somewhere(document: dict[str, Any]) -> None:
    references = list(_references(document))
    assert references
    for reference in references:
        target: Any = document
        for step in reference.removeprefix("#/").split("/"):
            target = target[step]
        assert target


def test_the_document_says_what_an_event_is(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    events = schemas["FeedbackIn"]["properties"]["events"]
    assert events["items"] == {"$ref": "#/components/schemas/EventIn"}
    assert {"event_id", "item", "kind", "at"} == set(schemas["EventIn"]["required"])


def test_the_document_says_that_errors_are_problems(document: dict[str, Any]) -> None:
    for operations in document["paths"].values():
        for operation in operations.values():
            assert "application/problem+json" in operation["responses"]["default"]["content"]


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from _references(part)


@pytest.mark.parametrize(
    "path", ["/", "/api/items", "/nothing", "/api/feed?n=0", "/media/nothing/video", "/api/openapi.json"]
)
def test_every_answer_carries_the_headers_that_protect_the_page(client: httpx.Client, path: str) -> None:
    headers = client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert "default-src 'self'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]


class _Page(HTMLParser):
    """What a page loads, and what its policy would forbid."""

    def __init__(self) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.forbidden: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.forbidden += [f"{tag} {name}" for name in given if name == "style" or name.startswith("on")]
        if tag == "style" or (tag == "script" and "src" not in given):
            self.forbidden.append(tag)
        if tag in {"script", "img"}:
            self.loads.append(given.get("src", ""))
        if tag == "link":
            self.loads.append(given.get("href", ""))


def test_the_page_keeps_to_its_own_policy(client: httpx.Client) -> None:
    answer = client.get("/")
    assert answer.headers["content-type"].startswith("text/html")
    page = _Page()
    page.feed(answer.text)
    assert page.forbidden == []
    assert page.loads
    for name in page.loads:
        assert client.get(f"/{name}").status_code == 200, name


@pytest.mark.parametrize(
    "path",
    ["/../__init__.py", "/%2e%2e/__init__.py", "/..%2f__init__.py", "/x/../../__init__.py",
     "/../../../../../../etc/passwd", "//etc/passwd", "/static/index.html"],
)  # fmt: skip
def test_the_folder_of_the_page_gives_out_nothing_else(site: str, path: str) -> None:
    """Asked without a client that would tidy the path."""
    answer = raw(site, f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert answer.split()[1] == "404"


def test_the_site_has_no_files_beside_the_page(site: str, demo_catalogue: Path) -> None:
    assert (demo_catalogue / "media").is_dir()
    assert httpx.get(f"{site}/media/").status_code == 404
