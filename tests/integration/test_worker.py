"""A worker's leases and upkeep, with work that takes as long as a test needs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from embedded_user import eventually
from psycopg import sql
from quick_children import QuickChildren, workshop_of
from store_rows import wait_for_a_waiter

from coldreel.errors import NotAVideoError
from coldreel.ingest.preparation import render
from coldreel.ingest.worker import Worker, WorkerRules
from coldreel.ingest.workshop import Workshop
from coldreel.model import Listing, Playback
from coldreel.store.ledger import Claim, LedgerRules
from coldreel.store.store import Store

LEASE_S = 0.6


class SlowChildren:
    """Each call takes several leases, and ends with a file that is no use."""

    def __init__(self) -> None:
        self.begun = threading.Event()

    def run(self, function: Callable[..., Any], *args: Any, seconds: float) -> Any:
        self.begun.set()
        time.sleep(4 * LEASE_S)
        raise NotAVideoError

    def close(self) -> None: ...


class LongRenditions(QuickChildren):
    """No rendition is ready before `go_on`."""

    def __init__(self) -> None:
        super().__init__(Playback.TRANSCODE)
        self.go_on = threading.Event()

    def run(self, function: Callable[..., Any], *args: Any, seconds: float) -> Any:
        made = super().run(function, *args, seconds=seconds)
        if function is render:
            assert self.go_on.wait(30)
        return made


def allow_connections(server: str, store: Store, allowed: str) -> None:
    """Where no connections are allowed, those there are end."""
    name = psycopg.conninfo.conninfo_to_dict(store.database.url)["dbname"]
    with psycopg.connect(server, autocommit=True) as connection:
        query = sql.SQL("alter database {} with allow_connections {}")
        connection.execute(query.format(sql.Identifier(str(name)), sql.SQL(allowed)))
        if allowed == "false":
            connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [name]
            )


@pytest.fixture
def hasty(database_url: str) -> Iterator[Store]:
    with Store.open(database_url, LedgerRules(lease_s=LEASE_S)) as store:
        yield store


def enlist_a_film(store: Store, folder: Path) -> None:
    film = folder / "film.mp4"
    film.write_bytes(b"film")
    store.sources.enlist([Listing(str(film), "1")])


def worker_of(store: Store, folder: Path, children: SlowChildren, **rules: float) -> Worker:
    bench = workshop_of(store, folder, QuickChildren()).bench
    workshop = Workshop(replace(bench, interpreter=replace(bench.interpreter, children=children)))
    return Worker(workshop, WorkerRules(slots=1, poll_s=0.05, **rules))  # type: ignore[arg-type]


def test_the_lease_of_what_is_in_hand_is_renewed_while_the_worker_stops(hasty: Store, tmp_path: Path) -> None:
    enlist_a_film(hasty, tmp_path)
    children = SlowChildren()
    with worker_of(hasty, tmp_path, children) as worker:
        assert children.begun.wait(30)
        stopping = threading.Thread(target=worker.stop)
        stopping.start()
        time.sleep(2 * LEASE_S)
        assert hasty.ledger.claim("another", 1) == []  # the lease still holds
        stopping.join()
    assert hasty.ledger.progress().rejected == 1
    assert hasty.database.value(b"select lost_leases from ledger") == 0


def test_what_was_claimed_when_the_worker_was_told_to_stop_is_handed_back(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    enlist_a_film(store, tmp_path)
    children, claim = SlowChildren(), store.ledger.claim
    worker = worker_of(store, tmp_path, children)

    def told_meanwhile(*args: Any) -> list[Claim]:
        claims = claim(*args)
        if claims:
            threading.Thread(target=worker.stop).start()
            assert worker._stop.wait(30)
        return claims

    monkeypatch.setattr(store.ledger, "claim", told_meanwhile)
    with worker:
        assert worker._stop.wait(30)
    assert not children.begun.is_set()
    progress = store.ledger.progress()
    assert (progress.waiting, progress.working) == (1, 0)


def test_who_stops_a_worker_while_another_does_returns_when_all_is_handed_back(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    enlist_a_film(store, tmp_path)
    worker = worker_of(store, tmp_path, SlowChildren())
    worker._hold(store.ledger.claim(worker.name, 1))
    release, telling = store.ledger.release, threading.Event()

    def slowly(*args: Any) -> None:
        telling.set()
        time.sleep(0.3)
        release(*args)

    monkeypatch.setattr(store.ledger, "release", slowly)
    first = threading.Thread(target=worker.stop)
    first.start()
    assert telling.wait(30)
    worker.stop()
    assert store.ledger.progress().working == 0
    first.join()


@pytest.mark.parametrize("slots", [1, 2, 3])
def test_what_comes_while_renditions_are_made_need_not_wait_for_them(
    store: Store, tmp_path: Path, slots: int
) -> None:
    files = [tmp_path / f"{n}.avi" for n in range(4)]
    for path in files:
        path.write_text(path.name)
    children = LongRenditions()
    store.sources.enlist([Listing(str(path), "1") for path in files[:3]])
    with Worker(workshop_of(store, tmp_path, children), WorkerRules(slots, poll_s=0.05)):
        assert eventually(lambda: children.done.count("render") == max(1, slots - 1))
        if slots == 1:
            assert store.ledger.progress().ready == 3
        else:
            assert eventually(lambda: store.ledger.progress().ready == 3)  # the last may still be in hand
            store.sources.enlist([Listing(str(files[3]), "1")])
            assert eventually(lambda: store.ledger.progress().ready == 4)
        children.go_on.set()
        assert eventually(lambda: not store.ledger.has_open())


def test_a_database_that_is_away_for_several_leases_is_no_file_s_fault(
    hasty: Store, postgres: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    enlist_a_film(hasty, tmp_path)
    with Worker(workshop_of(hasty, tmp_path, QuickChildren()), WorkerRules(slots=1, poll_s=0.05)):
        with pytest.raises(psycopg.errors.AdminShutdown), psycopg.connect(hasty.database.url) as other:
            other.execute("lock table items in share mode")  # so that the item is just being published
            wait_for_a_waiter(hasty)
            allow_connections(postgres, hasty, "false")
        time.sleep(3 * LEASE_S)
        allow_connections(postgres, hasty, "true")
        assert eventually(lambda: hasty.ledger.progress().ready == 1, 60)
    assert "connection was lost" in caplog.text
    assert hasty.database.value(b"select lost_leases from ledger") == 0


def test_a_heart_beats_on_whatever_goes_wrong_in_it(
    hasty: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    hasty.database.execute(b"drop function make_partitions")
    enlist_a_film(hasty, tmp_path)
    with worker_of(hasty, tmp_path, SlowChildren(), upkeep_s=0.0):
        deadline = time.monotonic() + 30
        while hasty.ledger.has_open():
            assert time.monotonic() < deadline
            time.sleep(0.05)
    assert hasty.database.value(b"select lost_leases from ledger") == 0
    assert "make_partitions" in caplog.text


def test_a_worker_makes_the_partitions_of_the_months_to_come(hasty: Store, tmp_path: Path) -> None:
    months = b"select count(*)::integer from pg_inherits where inhparent = 'events'::regclass"
    before = hasty.database.value(months)
    last = hasty.database.value(
        b"select inhrelid::regclass::text from pg_inherits where inhparent = 'events'::regclass"
        b" and inhrelid <> 'events_default'::regclass order by 1 desc limit 1"
    )
    hasty.database.execute(f"drop table {last}".encode())
    with worker_of(hasty, tmp_path, SlowChildren(), upkeep_s=0.0):
        deadline = time.monotonic() + 30
        while hasty.database.value(months) < before:
            assert time.monotonic() < deadline, "no partition was made"
            time.sleep(0.05)
