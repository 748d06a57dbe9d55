"""A full disk is the machine's trouble: no file is blamed for it, and the work goes on when there is room."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import media_filming
import psycopg
import pytest
from embedded_user import eventually, open_folder
from psycopg import sql
from quick_children import QuickChildren, made_in, workshop_of
from small_disk import fill, needs_root, small_disk

from coldreel.errors import DiskFullError
from coldreel.ingest.worker import Worker, WorkerRules
from coldreel.media.limits import Limits
from coldreel.media.remuxing import remux
from coldreel.media.transcoding import transcode
from coldreel.model import Listing, Playback
from coldreel.store.ledger import LedgerRules
from coldreel.store.store import Store

pytestmark = needs_root


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk", 1) as disk:
        yield disk


@pytest.mark.parametrize("make", [remux, transcode])
def test_a_rendition_without_room_says_so_and_leaves_nothing(tmp_path: Path, disk: Path, make) -> None:
    film = media_filming.film(tmp_path / "film.mp4", seconds=2)
    fill(disk)
    with pytest.raises(DiskFullError, match=f"disk of {disk} is full"):
        make(film, disk / "new.mp4", Limits())
    assert [path.name for path in disk.iterdir()] == ["filler"]


@pytest.mark.parametrize("playback", list(Playback))
def test_the_work_waits_for_room_and_goes_on(
    store: Store, tmp_path: Path, disk: Path, playback: Playback, caplog: pytest.LogCaptureFixture
) -> None:
    names = [tmp_path / f"{n}.mp4" for n in range(5)]
    for path in names:
        path.write_text(path.name)
    store.sources.enlist([Listing(str(path), "1") for path in names])
    filler = fill(disk)
    workshop = workshop_of(store, disk, QuickChildren(playback))
    with Worker(workshop, WorkerRules(slots=2, poll_s=0.05, room_s=0.05)):
        assert eventually(lambda: caplog.text.count(f"disk of {disk}/media") > 20)
        assert store.ledger.failures() == []
        filler.unlink()
        assert eventually(lambda: not store.ledger.has_open())
    assert store.ledger.progress().ready == len(names)
    assert store.database.value(b"select sum(errors + lost_leases) from ledger") == 0
    assert len(made_in(disk)) == len(names) * (2 if playback is Playback.AS_IS else 3)


@pytest.fixture
def cramped(postgres: str, tmp_path: Path) -> Iterator[tuple[Store, Path]]:
    """A store whose tables lie on a small disk, and that disk. Leases are short and soon too many."""
    with (
        open_folder() as home,
        small_disk(home / "disk", 40) as disk,
        psycopg.connect(postgres, autocommit=True) as server,
    ):
        (data,) = server.execute("show data_directory").fetchone() or ("",)
        os.chown(disk, Path(data).stat().st_uid, -1)
        name = sql.Identifier(f"cramped_{uuid4().hex}")
        server.execute(sql.SQL("create tablespace {} location {}").format(name, str(disk)))
        server.execute(sql.SQL("create database {0} tablespace {0}").format(name))
        url = psycopg.conninfo.make_conninfo(postgres, dbname=name.as_string(server).strip('"'))
        with Store.open(url, LedgerRules(lease_s=0.5, max_lost_leases=2)) as store:
            yield store, disk
        server.execute(sql.SQL("drop database {} with (force)").format(name))
        server.execute(sql.SQL("drop tablespace {}").format(name))


def test_a_full_disk_under_the_database_is_no_file_s_fault(
    cramped: tuple[Store, Path], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store, disk = cramped
    names = [tmp_path / f"{n}.mp4" for n in range(5)]
    for path in names:
        path.write_text(path.name)
    children, filled = QuickChildren(), threading.Event()
    store.sources.enlist([Listing(str(path), "1") for path in names])

    def fill_once() -> None:
        if not filled.is_set():
            fill(disk)
            filled.set()

    children.meanwhile = fill_once
    with Worker(workshop_of(store, tmp_path, children), WorkerRules(slots=1, poll_s=0.05, room_s=0.05)):
        assert filled.wait(30)
        time.sleep(5 * store.ledger.rules.lease_s)
        assert "database's disk is full" in caplog.text
        assert store.ledger.failures() == []
        (disk / "filler").unlink()
        assert eventually(lambda: not store.ledger.has_open())
    assert store.ledger.progress().ready == len(names)
    assert store.database.value(b"select sum(errors + lost_leases) from ledger") == 0
