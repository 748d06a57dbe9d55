"""Boards over HTTP, on the command line and from Python, and the process that keeps them new."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import psycopg
import pytest
from store_rows import database, directions, many_items, space_of
from typer.testing import CliRunner

from api_site import Running, environment, running
from coldreel import Coldreel
from coldreel.app.housekeeping import Housekeeping
from coldreel.app.rows import BoardRow
from coldreel.cli.application import app
from coldreel.learn.counting import CountingRules
from coldreel.model import Board
from coldreel.store.store import Store

WATCHED = b"""
    insert into item_stats
        (item, viewers, pleased, fast_viewers, fast_pleased, slow_viewers, slow_pleased, decayed_at)
    select item, viewers, pleased, fast * viewers, fast * pleased, fast * viewers, fast * pleased, now()
    from unnest(%(items)s::bigint[], %(viewers)s::int[], %(pleased)s::int[], %(fast)s::float8[])
         u (item, viewers, pleased, fast)
"""
OLD = 47
"""Items that sixty people each saw long ago."""
NEW = 10
NEWEST = {f"item-{n}" for n in range(51, 61)}


def fill(store: Store) -> None:
    """The first item is a hit, the second a gem, the third was tried in vain, the last ten are new."""
    ids = many_items(store, space_of(store), directions(3 + OLD + NEW))
    watched = {
        "items": ids[: 3 + OLD],
        "viewers": [120, 14, 14] + [60] * OLD,
        "pleased": [90, 13, 0] + [18] * OLD,
        "fast": [1.0] + [0.0] * (2 + OLD),
    }
    store.database.execute(WATCHED, watched)


@pytest.fixture(scope="module")
def url(postgres: str) -> Iterator[str]:
    with database(postgres) as url, Store.open(url) as store:
        fill(store)
        yield url


@pytest.fixture(scope="module")
def server(url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server that counts ten times a second."""
    folder = tmp_path_factory.mktemp("boards")
    env = environment(COLDREEL_DATABASE_URL=url, COLDREEL_COUNT_S="0.1")
    with running(folder, "serve", "--port", "0", "--data-dir", folder, env=env) as server:
        yield server


@pytest.fixture
def client(server: Running) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.address(), timeout=30) as client:
        yield client


def _counted_after(client: httpx.Client, moment: datetime) -> bool:
    """Whether the boards are newer than this; waits for it."""
    for _ in range(300):
        answer = client.get("/api/boards/hits?n=1")
        at = answer.json().get("counted_at")
        if at is not None and datetime.fromisoformat(at) > moment:
            return True
        time.sleep(0.1)
    return False


# --- over HTTP ----------------------------------------


def test_a_server_makes_the_boards_by_itself(client: httpx.Client) -> None:
    assert _counted_after(client, datetime(2000, 1, 1, tzinfo=UTC))
    boards = [client.get(f"/api/boards/{board}").json() for board in Board]
    assert [answer["board"] for answer in boards] == list(Board)
    hits, gems, fresh = (answer for answer in boards if answer["board"] != Board.BEST)
    assert [entry["ref"] for entry in hits["items"]] == ["item-1"]
    assert [entry["ref"] for entry in gems["items"]] == ["item-2"]
    assert {entry["ref"] for entry in fresh["items"]} == NEWEST


def test_an_entry_is_an_item_with_its_score_and_its_evidence(client: httpx.Client) -> None:
    _counted_after(client, datetime(2000, 1, 1, tzinfo=UTC))
    (gem,) = client.get("/api/boards/gems").json()["items"]
    item = client.get(f"/api/items/{gem['ref']}").json()
    assert {name: gem[name] for name in item} == item
    told = gem["evidence"]
    assert (told["viewers"], told["pleased"], told["median_viewers"]) == (14, 13, 60)
    assert gem["because"] == "14 viewers, 13 of them pleased; catalogue median 60 viewers"
    assert gem["score"] == pytest.approx(told["lower"], abs=1e-4)
    assert gem["score"] > told["upper_quintile"]


def test_a_board_is_as_long_as_one_asks(client: httpx.Client) -> None:
    _counted_after(client, datetime(2000, 1, 1, tzinfo=UTC))
    assert len(client.get("/api/boards/fresh?n=3").json()["items"]) == 3
    assert len(client.get("/api/boards/fresh?n=100").json()["items"]) == NEW


@pytest.mark.parametrize("path", ["nonsense", "hits?n=0", "hits?n=101", "hits?n=x"])
def test_what_is_no_board_is_a_problem(client: httpx.Client, path: str) -> None:
    answer = client.get(f"/api/boards/{path}")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


def test_boards_can_be_read_while_they_are_made_anew(client: httpx.Client) -> None:
    _counted_after(client, datetime(2000, 1, 1, tzinfo=UTC))
    known = {board: _refs(client, board) for board in Board}

    def read(n: int) -> bool:
        board = list(Board)[n % len(known)]
        return _refs(client, board) == known[board]

    before = datetime.now(UTC)
    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(read, range(200)))
    at = client.get("/api/boards/hits").json()["counted_at"]
    assert datetime.fromisoformat(at) > before  # made anew at least once meanwhile


def _refs(client: httpx.Client, board: Board) -> list[str]:
    return [entry["ref"] for entry in client.get(f"/api/boards/{board}").json()["items"]]


# --- on the command line and from Python ----------------------------------------


def _boards(url: str, folder: Path, *arguments: str) -> tuple[str, str]:
    """What the command said on stdout and on stderr."""
    env = {"COLDREEL_DATABASE_URL": url, "COLUMNS": "200"}
    ended = CliRunner().invoke(app, ["boards", *arguments, "--data-dir", str(folder)], env=env)
    assert ended.exit_code == 0, ended.stderr
    return ended.stdout, ended.stderr


def test_the_command_line_counts_first_and_shows_a_table(postgres: str, tmp_path: Path) -> None:
    with database(postgres) as url:
        with Store.open(url) as store:
            fill(store)
        told, _ = _boards(url, tmp_path, "gems")
    head, line = told.splitlines()
    assert head.split() == ["file", "title", "score", "because"]
    assert line.endswith("14 viewers, 13 of them pleased; catalogue median 60 viewers")


def test_the_command_line_gives_rows_as_json(url: str, tmp_path: Path) -> None:
    rows = json.loads(_boards(url, tmp_path, "fresh", "-k", "2", "--json")[0])
    assert len(rows) == 2
    assert {row["ref"] for row in rows} < NEWEST
    assert set(rows[0]) == {"ref", "file", "title", "score", "because", "evidence"}
    assert rows[0]["evidence"]["viewers"] == 0


def test_what_the_deployment_does_not_recommend_is_on_no_board(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLDREEL_FEED_MAX_DURATION_S", "5")
    told, _ = _boards(url, tmp_path, "gems", "--json")
    assert json.loads(told) == []
    monkeypatch.setenv("COLDREEL_FEED_MAX_DURATION_S", "6")
    told, _ = _boards(url, tmp_path, "gems", "--json")
    assert [row["ref"] for row in json.loads(told)] == ["item-2"]


def test_an_empty_board_is_said_to_be_empty(postgres: str, tmp_path: Path) -> None:
    with database(postgres) as empty:
        told, said = _boards(empty, tmp_path, "hits")
        assert (told, "The catalogue is empty" in said) == ("", True)
        with Store.open(empty) as store:
            many_items(store, space_of(store), directions(1))
        told, said = _boards(empty, tmp_path, "hits")
        assert (told, "There is no hit" in said) == ("", True)


def test_from_python_boards_are_rows_and_new_ones(postgres: str, tmp_path: Path) -> None:
    with database(postgres) as url, Coldreel(tmp_path, database_url=url) as reel:
        assert list(reel.boards(Board.FRESH)) == []
        (item,) = many_items(reel.store, space_of(reel.store), directions(1))
        assert list(reel.boards("fresh")) == []  # counted a moment ago
        reel.store.database.execute(b"update census set counted_at = counted_at - interval '61 s'")
        rows = reel.boards("fresh")
        assert [type(row) for row in rows] == [BoardRow]
        assert rows[0].ref == reel.store.items.cards([item])[0].ref
        assert rows.to_pandas()["because"].tolist() == [
            "Nobody has seen it yet; on trial for at most 50 more viewers"
        ]
        with pytest.raises(ValueError, match="nonsense"):
            reel.boards("nonsense")


# --- housekeeping ----------------------------------------


def _eventually_counted(store: Store, after: datetime) -> bool:
    for _ in range(300):
        at = store.boards.counted_at()
        if at is not None and at > after:
            return True
        time.sleep(0.1)
    return False


def test_housekeeping_goes_on_after_the_database_has_left_it(
    store_url: str, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    with Housekeeping(store, CountingRules(pause=timedelta(milliseconds=50))):
        assert _eventually_counted(store, datetime(2000, 1, 1, tzinfo=UTC))
        with psycopg.connect(store_url) as other:
            other.execute("lock table census in access exclusive mode")
            while not other.execute("select from pg_locks where not granted").fetchall():
                time.sleep(0.01)  # until it waits for the database
            # Waits until they have gone: a query of this test must not meet one that is about to go.
            other.execute(
                "select pg_terminate_backend(pid, 10000) from pg_stat_activity"
                " where datname = current_database() and pid <> pg_backend_pid()"
            )
        assert _eventually_counted(store, datetime.now(UTC))
    assert "the catalogue cannot be counted now" in caplog.text
    assert "housekeeping" not in {thread.name for thread in threading.enumerate()}
