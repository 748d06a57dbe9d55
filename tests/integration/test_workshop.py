"""One claim from its beginning to its end, and what may come between; nothing is decoded."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from quick_children import QuickChildren, made_in, workshop_of
from store_rows import FACTS, claim_one, digest, listing, publish, taken_in, wait_for_a_waiter

from coldreel.errors import DeletedError, LostClaimError, UnreadableError, WorkError
from coldreel.ingest.forgetting import forget
from coldreel.ingest.workshop import Workshop
from coldreel.media.derived import DerivedFiles
from coldreel.model import Given, Listing, Playback
from coldreel.store.store import Store


def enlisted(store: Store, path: Path, content: str = "film", version: str = "1") -> int:
    path.write_text(content)
    (source,) = store.sources.enlist([Listing(str(path), version)])
    return source


def work_off(workshop: Workshop) -> None:
    while claims := workshop.bench.store.ledger.claim("worker", 1):
        workshop.do(claims[0])


def forget_it(store: Store, folder: Path) -> None:
    (ref,) = store.database.values(b"select ref from items")
    forget(store, DerivedFiles(folder / "media"), folder / "uploads", ref)


# --- renditions ----------------------------------------


@pytest.mark.parametrize("how", ["touched", "under another name"])
def test_a_file_seen_again_gets_the_rendition_that_its_item_lacks(
    store: Store, tmp_path: Path, how: str
) -> None:
    children = QuickChildren(Playback.TRANSCODE)
    workshop = workshop_of(store, tmp_path, children)
    enlisted(store, tmp_path / "a.avi")
    workshop.do(claim_one(store))
    store.ledger.reject(claim_one(store), WorkError())
    enlisted(store, tmp_path / ("a.avi" if how == "touched" else "b.avi"), version="2")
    workshop.do(claim_one(store))
    workshop.do(claim_one(store))
    assert children.done == ["prepare", "render"]
    assert store.items.media(store.items.find("a.avi").ref).playback == "rendition"


def test_a_rendition_is_not_made_of_other_bytes_than_the_item_s(store: Store, tmp_path: Path) -> None:
    children = QuickChildren(Playback.TRANSCODE)
    workshop = workshop_of(store, tmp_path, children)
    enlisted(store, tmp_path / "a.avi")
    workshop.do(claim_one(store))
    (tmp_path / "a.avi").write_text("another film, which nobody has listed yet")
    with pytest.raises(UnreadableError, match="has changed"):
        workshop.do(claim_one(store))
    assert children.done == ["prepare"]


@pytest.mark.parametrize("lost", [".webp", ".strip.webp", ".mp4"])
@pytest.mark.parametrize("playback", [Playback.REMUX, Playback.TRANSCODE])
def test_a_file_seen_again_gets_the_derived_files_that_were_deleted(
    store: Store, tmp_path: Path, playback: Playback, lost: str
) -> None:
    children = QuickChildren(playback)
    workshop = workshop_of(store, tmp_path, children)
    enlisted(store, tmp_path / "a.mkv")
    work_off(workshop)
    whole = made_in(tmp_path)
    assert whole == [".mp4", ".strip.webp", ".webp"]
    (path,) = [path for path in (tmp_path / "media").rglob("*.*") if path.name.partition(".")[2] == lost[1:]]
    path.unlink()
    enlisted(store, tmp_path / "b.mkv")
    work_off(workshop)
    assert made_in(tmp_path) == whole
    assert store.items.media(store.items.find("a.mkv").ref).playback == "rendition"


def test_an_item_whose_rendition_was_deleted_waits_for_a_new_one(store: Store, tmp_path: Path) -> None:
    workshop = workshop_of(store, tmp_path, QuickChildren(Playback.TRANSCODE))
    enlisted(store, tmp_path / "a.avi")
    work_off(workshop)
    shutil.rmtree(tmp_path / "media")
    enlisted(store, tmp_path / "a.avi", version="2")
    workshop.do(claim_one(store))
    assert store.items.media(store.items.find("a.avi").ref).playback == "pending"


def test_what_was_sent_in_and_is_of_no_use_goes_but_not_the_file_of_an_item(
    store: Store, tmp_path: Path
) -> None:
    workshop = workshop_of(store, tmp_path, QuickChildren())
    film, notes = workshop.bench.received / "a" / "film.mp4", workshop.bench.received / "b" / "notes.mp4"
    for path in (film, notes):
        path.parent.mkdir(parents=True)
    source = enlisted(store, film)
    workshop.do(claim_one(store))
    store.queue.watch([source])
    workshop.discard(claim_one(store))
    enlisted(store, notes)
    workshop.discard(claim_one(store))
    assert film.exists() and not notes.exists()


# --- deleted meanwhile ----------------------------------------


def test_a_deletion_waits_for_the_worker_that_publishes_and_then_holds(store: Store, tmp_path: Path) -> None:
    item = taken_in(store, "a.mp4", "bytes")
    store.sources.enlist([listing("a.mp4", title="Mine")])
    claim = claim_one(store)
    with ThreadPoolExecutor(1) as other:
        with store.ledger.fenced(claim):
            deletion = other.submit(forget_it, store, tmp_path)
            wait_for_a_waiter(store)
            store.items.put(digest("bytes"), FACTS, Given(title="Mine"), "folder", "source")
            store.sources.set_item(claim.source or 0, item.id)
        deletion.result()
    assert store.items.count() == 0
    assert store.ledger.progress().rejected == 1


def test_a_second_name_published_during_a_deletion_is_deleted_with_it(store: Store, tmp_path: Path) -> None:
    taken_in(store, "a.mp4", "bytes")
    store.sources.enlist([listing("b.mp4")])
    claim = claim_one(store)
    with ThreadPoolExecutor(1) as other:
        with store.database.transaction():
            publish(store, claim, "bytes")
            deletion = other.submit(forget_it, store, tmp_path)
            wait_for_a_waiter(store)
        deletion.result()
    assert (store.ledger.progress().ready, store.ledger.progress().rejected) == (0, 2)


def test_a_known_file_whose_item_is_deleted_just_now_gets_none(store: Store, tmp_path: Path) -> None:
    children = QuickChildren()
    workshop = workshop_of(store, tmp_path, children)
    enlisted(store, tmp_path / "a.mp4")
    workshop.do(claim_one(store))
    enlisted(store, tmp_path / "b.mp4")
    claim = claim_one(store)
    with ThreadPoolExecutor(1) as other:
        with store.database.transaction():
            store.items.delete(store.items.find("a.mp4").id)
            work = other.submit(workshop.do, claim)
            wait_for_a_waiter(store)
        with pytest.raises(DeletedError):
            work.result()
    assert children.done == ["prepare"]


@pytest.mark.parametrize("playback", [Playback.AS_IS, Playback.REMUX])
def test_what_was_made_of_an_item_that_is_deleted_meanwhile_goes(
    store: Store, tmp_path: Path, playback: Playback
) -> None:
    children = QuickChildren(playback)
    workshop = workshop_of(store, tmp_path, children)
    enlisted(store, tmp_path / "a.mp4")
    workshop.do(claim_one(store))
    store.sources.enlist([Listing(str(tmp_path / "a.mp4"), "1", Given(title="Mine"))])
    claim = claim_one(store)
    children.meanwhile = lambda: forget_it(store, tmp_path)
    with pytest.raises((DeletedError, LostClaimError)):
        workshop.do(claim)
    assert made_in(tmp_path) == []


def test_the_rendition_of_an_item_that_is_deleted_meanwhile_goes(store: Store, tmp_path: Path) -> None:
    children = QuickChildren(Playback.TRANSCODE)
    workshop = workshop_of(store, tmp_path, children)
    enlisted(store, tmp_path / "a.avi")
    workshop.do(claim_one(store))
    children.meanwhile = lambda: forget_it(store, tmp_path)
    with pytest.raises(LostClaimError):
        workshop.do(claim_one(store))
    assert children.done == ["prepare", "render"]
    assert made_in(tmp_path) == []


def test_what_a_worker_made_that_lost_its_claim_goes(store: Store, tmp_path: Path) -> None:
    children = QuickChildren(Playback.REMUX)
    workshop = workshop_of(store, tmp_path, children)
    enlisted(store, tmp_path / "a.mkv")
    children.meanwhile = partial(enlisted, store, tmp_path / "a.mkv", version="2")
    with pytest.raises(LostClaimError):
        workshop.do(claim_one(store))
    assert made_in(tmp_path) == []
    children.meanwhile = lambda: None
    workshop.do(claim_one(store))
    assert made_in(tmp_path) == [".mp4", ".strip.webp", ".webp"]
