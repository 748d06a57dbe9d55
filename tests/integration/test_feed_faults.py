"""A feed when things go wrong beside it: the database dies, two tabs ask at once, a user is erased."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier

import httpx
import numpy as np
import pytest
from store_rows import directions, many_items, space_of

from api_site import running
from coldreel.model import Feed
from coldreel.recommend.desk import DeskRules, StoreDesk
from coldreel.recommend.feed import FeedRules, Recommender
from coldreel.recommend.scoring import SHIPPED
from coldreel.recommend.showcase import Showcases
from coldreel.recommend.viewer import Viewer
from coldreel.store.embedded.server import EmbeddedServer, stop
from coldreel.store.store import Store
from coldreel.store.vectors import StoredSpace
from event_ids import uuid7

ITEMS = 60


@pytest.fixture
def catalogue(store: Store) -> StoredSpace:
    space = space_of(store)
    many_items(store, space, directions(ITEMS))
    return space


def _recommender(
    store: Store, space: StoredSpace, desk: type[StoreDesk] = StoreDesk, seed: int = 0
) -> Recommender:
    serving = Showcases(store, lambda _: SHIPPED).current()
    assert serving is not None
    assert serving[0] == space
    return Recommender(desk(store, *serving, DeskRules()), FeedRules(), np.random.default_rng(seed))


def test_two_tabs_at_once_get_a_page_each_and_both_are_logged(store: Store, catalogue: StoredSpace) -> None:
    start = Barrier(2)

    def ask(seed: int) -> Feed:
        start.wait()
        return _recommender(store, catalogue, seed=seed).page("ann", 10)

    with ThreadPoolExecutor(2) as tabs:
        pages = list(tabs.map(ask, range(2)))
    assert [len(page.items) for page in pages] == [10, 10]
    user = store.users.find("ann")
    assert user is not None
    assert store.database.value(b"select served from users where id = %(u)s", {"u": user.id}) == 20
    assert (
        store.database.value(b"select count(*) from impressions where user_id = %(u)s", {"u": user.id}) == 20
    )


def test_a_user_who_is_erased_while_its_page_is_made_leaves_nothing_behind(
    store: Store, catalogue: StoredSpace
) -> None:
    class Slow(StoreDesk):
        def viewer(self, user: str) -> Viewer:
            found = super().viewer(user)
            assert store.users.erase(user)
            return found

    page = _recommender(store, catalogue, Slow).page("ann", 10)
    assert len(page.items) == 10
    assert store.users.find("ann") is None
    assert store.database.value(b"select count(*) from impressions") == 0
    assert len(_recommender(store, catalogue).page("ann", 10).items) == 10  # a new user of the same name


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    """A data folder with a few items, and its server stopped at the end."""
    folder = tmp_path / "data"
    with EmbeddedServer(folder) as url, Store.open(url) as store:
        many_items(store, space_of(store), directions(ITEMS))
    yield folder
    stop(folder)


def test_a_database_that_dies_is_said_to_be_away_and_comes_back_by_itself(data: Path, tmp_path: Path) -> None:
    with _browsing(data, tmp_path) as client:
        assert len(client.get("/api/feed").json()["items"]) == 10
        os.kill(_postmaster(data), signal.SIGKILL)
        answers = [client.get("/api/feed")]
        deadline = time.monotonic() + 60
        while answers[-1].status_code != 200 and time.monotonic() < deadline:
            answers.append(client.get("/api/feed"))
        assert answers[-1].status_code == 200
        assert len(answers[-1].json()["items"]) == 10
        for away in answers[:-1]:
            assert away.status_code == 503
            assert away.headers["content-type"] == "application/problem+json"


def _postmaster(data: Path) -> int:
    (found,) = data.rglob("postmaster.pid")
    return int(found.read_text().splitlines()[0])


def test_a_feed_goes_on_after_its_user_was_erased_in_another_tab(data: Path, tmp_path: Path) -> None:
    with _browsing(data, tmp_path) as client:
        page = client.get("/api/feed").json()
        assert client.delete(f"/api/users/{page['user']}").status_code == 204
        assert len(client.get("/api/feed").json()["items"]) == 10
        event = {
            "event_id": str(uuid7(datetime.now(UTC), 0)), "item": page["items"][0]["ref"], "kind": "like",
            "at": page["items"][0]["published_at"], "request_id": page["request_id"],
        }  # fmt: skip
        receipt = client.post("/api/feedback", json={"events": [event]}).json()
        assert (receipt["accepted"], receipt["refused"]) == (1, [])


@contextmanager
def _browsing(data: Path, tmp_path: Path) -> Iterator[httpx.Client]:
    with (
        running(tmp_path, "serve", "--port", "0", "--data-dir", data) as server,
        httpx.Client(base_url=server.address(), timeout=60) as client,
    ):
        yield client
