"""A full disk is the machine's trouble: no file is blamed for it, and the work goes on when there is room."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import media_filming
import pytest
from embedded_user import eventually
from quick_children import QuickChildren, made_in, workshop_of
from small_disk import fill, needs_root, small_disk

from coldreel.errors import DiskFullError
from coldreel.ingest.worker import Worker, WorkerRules
from coldreel.media.limits import Limits
from coldreel.media.remuxing import remux
from coldreel.media.transcoding import transcode
from coldreel.model import Listing, Playback
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
