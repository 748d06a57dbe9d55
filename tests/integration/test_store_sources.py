"""Sources: enlisting can be repeated, and items come and go with their files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from store_rows import FACTS, claim_one, digest, enlist, listing, publish, taken_in, wait_for_a_waiter

from coldreel.errors import (
    AmbiguousRefError,
    DeletedError,
    LostClaimError,
    RefTakenError,
    UnknownItemError,
    WorkError,
)
from coldreel.ingest.fetching import file_name, folder_name
from coldreel.model import Given, Listing, State
from coldreel.store.items import Published
from coldreel.store.ledger import LedgerRules
from coldreel.store.sources import given_from_json, given_to_json
from coldreel.store.store import Store


def work(store: Store) -> list[str | None]:
    """The addresses that would be handed out now; they stay in hand."""
    return [claim.uri for claim in store.ledger.claim("worker", 100)]


def titles(store: Store) -> list[str]:
    return [item.title for item in store.items.newest(10)]


def one_after_the_other(store: Store, steps: Sequence[Callable[[], object]]) -> None:
    """The second step begins within the transaction of the first, and has to wait for it."""
    first, second = steps
    with ThreadPoolExecutor(1) as other:
        with store.database.transaction():
            first()
            rest = other.submit(second)
            wait_for_a_waiter(store)
        rest.result()


def test_an_unchanged_file_gets_no_work_again(store: Store) -> None:
    taken_in(store, "a.mp4")
    enlist(store, "a.mp4")
    assert work(store) == []
    assert store.items.count() == 1


def test_listing_twice_gives_the_same_ids(store: Store) -> None:
    assert sorted(enlist(store, "a.mp4", "b.mp4")) == sorted(enlist(store, "b.mp4", "a.mp4"))
    assert len(work(store)) == 2


def test_a_changed_file_is_hidden_until_it_was_watched_again(store: Store) -> None:
    old = taken_in(store, "a.mp4", "before")
    store.sources.enlist([listing("a.mp4", version="2")])
    assert store.items.count() == 0
    new = publish(store, claim_one(store), "after", title="After")
    assert titles(store) == ["After"]
    assert new.id != old.id
    with pytest.raises(UnknownItemError):
        store.items.find(old.ref)


def test_a_file_that_was_only_touched_is_the_same_item(store: Store) -> None:
    old = taken_in(store, "a.mp4", "bytes")
    store.sources.enlist([listing("a.mp4", version="2")])
    assert publish(store, claim_one(store), "bytes") == old
    assert store.items.count() == 1


def test_a_file_that_changes_while_it_is_watched_loses_its_claim(store: Store) -> None:
    enlist(store, "a.mp4")
    claim = claim_one(store)
    store.sources.enlist([listing("a.mp4", version="2")])
    with pytest.raises(LostClaimError):
        publish(store, claim, "half of it")
    assert work(store) == ["/clips/a.mp4"]
    assert store.items.count() == 0


def test_a_file_that_changes_just_while_it_is_published_is_hidden_until_it_was_watched(store: Store) -> None:
    enlist(store, "a.mp4")
    claim = claim_one(store)
    with ThreadPoolExecutor(1) as other:
        with store.database.transaction():
            publish(store, claim, "before")
            relisting = other.submit(store.sources.enlist, [listing("a.mp4", version="2")])
            wait_for_a_waiter(store)
        relisting.result()
    assert store.items.count() == 0
    assert work(store) == ["/clips/a.mp4"]


def test_metadata_given_later_means_work(store: Store) -> None:
    item = taken_in(store, "a.mp4", "bytes")
    store.sources.enlist([listing("a.mp4", title="Mine", creator="Ada", ref="mine")])
    assert publish(store, claim_one(store), "bytes").id == item.id
    found = store.items.find("mine")
    assert (found.title, found.creator) == ("Mine", "Ada")


def test_metadata_once_given_is_kept_by_a_listing_without_any(store: Store) -> None:
    store.sources.enlist([listing("a.mp4", title="Mine")])
    publish(store, claim_one(store), "bytes")
    enlist(store, "a.mp4")
    assert work(store) == []
    assert titles(store) == ["Mine"]


def test_a_ref_that_another_has_is_refused_and_nothing_is_written(store: Store) -> None:
    store.sources.enlist([listing("a.mp4", ref="mine")])
    publish(store, claim_one(store), "a")
    store.sources.enlist([listing("b.mp4", ref="mine")])
    with pytest.raises(RefTakenError, match="mine"):
        publish(store, claim_one(store), "b")
    assert store.items.count() == 1


def test_a_ref_starts_like_the_hash_and_grows_where_that_is_taken(store: Store) -> None:
    first = taken_in(store, "a.mp4", "bytes")
    assert first.ref == digest("bytes").hex()[:12]
    store.database.execute(
        b"update items set ref = left(encode(%(hash)s, 'hex'), 12)", {"hash": digest("other")}
    )
    assert taken_in(store, "b.mp4", "other").ref == digest("other").hex()[:16]


def test_the_same_bytes_under_two_names_are_one_item(store: Store) -> None:
    a, b = taken_in(store, "a.mp4", "bytes"), taken_in(store, "b.mp4", "bytes")
    assert a == b
    assert store.ledger.progress().ready == 2
    assert store.items.count() == 1
    assert store.items.find(a.ref).file == "a.mp4"


def test_an_item_is_found_by_each_of_its_names_while_that_is_there(store: Store) -> None:
    item = taken_in(store, "a.mp4", "bytes")
    taken_in(store, "b.mp4", "bytes")
    assert [store.items.find(name).ref for name in ("a.mp4", "b.mp4")] == [item.ref] * 2
    with pytest.raises(UnknownItemError, match=rf"nearest.*{item.ref} \(b.mp4\)"):
        store.items.find("b.mp")
    store.sources.mark_gone(row.id for row in store.sources.known("/clips/b.mp4"))
    with pytest.raises(UnknownItemError):
        store.items.find("b.mp4")


def test_a_name_of_two_items_is_answered_with_their_refs(store: Store) -> None:
    first = taken_in(store, "a.mp4", "one film")
    taken_in(store, "x/same.mp4", "one film")
    second = taken_in(store, "y/same.mp4", "another")
    with pytest.raises(AmbiguousRefError, match=f"{first.ref}.*{second.ref}"):
        store.items.find("same.mp4")


def test_an_item_goes_with_its_last_file_and_comes_back_with_it(store: Store) -> None:
    item = taken_in(store, "a.mp4", "bytes")
    taken_in(store, "b.mp4", "bytes")
    a, b = (row.id for row in sorted(store.sources.known("/clips/"), key=lambda row: row.uri))
    assert store.sources.mark_gone([a]) == 1
    assert store.items.find(item.ref).file == "b.mp4"
    assert store.sources.mark_gone([a, b]) == 1
    assert store.items.count() == 0
    assert store.ledger.progress().total == 0
    enlist(store, "b.mp4")
    assert store.items.find(item.ref).file == "b.mp4"
    assert work(store) == []


@pytest.mark.parametrize("first", ["the new name", "the old one"])
def test_a_file_renamed_under_a_running_worker_is_shown_by_its_new_name(store: Store, first: str) -> None:
    item = taken_in(store, "old.mp4", "bytes")
    old = [row.id for row in store.sources.known("/clips/old.mp4")]
    enlist(store, "new.mp4")
    claim = claim_one(store)
    steps: list[Callable[[], object]] = [
        partial(publish, store, claim, "bytes"),
        partial(store.sources.mark_gone, old),
    ]
    one_after_the_other(store, steps if first == "the new name" else steps[::-1])
    assert store.items.find(item.ref).file == "new.mp4"


@pytest.fixture
def pair(store: Store) -> tuple[Published, Published]:
    """An original and its copy."""
    original, copy = taken_in(store, "original.mp4"), taken_in(store, "copy.mp4")
    store.fingerprints.group(copy.id, original.id)
    return original, copy


def go(store: Store, *names: str) -> None:
    gone = [row.id for name in names for row in store.sources.known(f"/clips/{name}")]
    assert store.sources.mark_gone(gone) == len(names)


@pytest.mark.parametrize("away", [["original.mp4", "copy.mp4"], ["copy.mp4", "original.mp4"]])
def test_of_two_that_went_the_one_that_comes_back_stands_for_itself(
    store: Store, pair: tuple[Published, Published], away: list[str]
) -> None:
    original, copy = pair
    for name in away:
        go(store, name)
    enlist(store, "copy.mp4")
    assert [(item.id, item.duplicate_of) for item in store.items.newest(10)] == [(copy.id, None)]
    enlist(store, "original.mp4")
    assert {item.id: item.duplicate_of for item in store.items.newest(10)} in (
        {copy.id: None, original.id: copy.ref},
        {copy.id: original.ref, original.id: None},
    )


def test_a_copy_that_was_away_when_its_original_was_deleted_stands_for_itself(
    store: Store, pair: tuple[Published, Published]
) -> None:
    original, copy = pair
    go(store, "copy.mp4")
    store.items.delete(original.id)
    enlist(store, "copy.mp4")
    assert [(item.id, item.duplicate_of) for item in store.items.newest(10)] == [(copy.id, None)]


@pytest.mark.parametrize("first", ["the copy comes back", "the original goes"])
def test_a_copy_that_comes_back_while_its_original_goes_stands_for_itself(
    store: Store, pair: tuple[Published, Published], first: str
) -> None:
    _, copy = pair
    go(store, "copy.mp4")
    steps: list[Callable[[], object]] = [
        partial(enlist, store, "copy.mp4"),
        partial(go, store, "original.mp4"),
    ]
    one_after_the_other(store, steps if first == "the copy comes back" else steps[::-1])
    assert [(item.id, item.duplicate_of) for item in store.items.newest(10)] == [(copy.id, None)]


def test_a_copy_published_anew_while_its_original_goes_waits_for_no_lock_that_waits_for_it(
    store: Store, pair: tuple[Published, Published]
) -> None:
    _, copy = pair
    enlist(store, "copy again.mp4")
    claim = claim_one(store)
    with ThreadPoolExecutor(1) as other:
        with store.database.transaction():
            store.items.put(digest("bytes of copy.mp4"), FACTS, Given(), "folder", "source")
            going = other.submit(go, store, "original.mp4")
            wait_for_a_waiter(store)
            publish(store, claim, "bytes of copy.mp4")
        going.result()
    assert [(item.id, item.duplicate_of) for item in store.items.newest(10)] == [(copy.id, None)]


@pytest.mark.parametrize("first", ["the copy comes", "the original goes"])
def test_a_copy_that_comes_while_its_original_goes_stands_for_itself(store: Store, first: str) -> None:
    original, copy = taken_in(store, "original.mp4"), taken_in(store, "copy.mp4")
    gone = [row.id for row in store.sources.known("/clips/original.mp4")]
    steps: list[Callable[[], object]] = [
        partial(store.fingerprints.group, copy.id, original.id),
        partial(store.sources.mark_gone, gone),
    ]
    one_after_the_other(store, steps if first == "the copy comes" else steps[::-1])
    (item,) = store.items.newest(10)
    assert (item.id, item.duplicate_of) == (copy.id, None)


def test_a_file_that_came_back_changed_is_watched(store: Store) -> None:
    taken_in(store, "a.mp4")
    store.sources.mark_gone(row.id for row in store.sources.known("/clips/"))
    store.sources.enlist([listing("a.mp4", version="2")])
    assert work(store) == ["/clips/a.mp4"]
    assert store.items.count() == 0


def test_a_file_that_failed_because_it_was_away_is_tried_when_it_is_back(store: Store) -> None:
    store.ledger.rules = LedgerRules(max_errors=1)
    ids = enlist(store, "a.mp4")
    store.ledger.fail(claim_one(store), WorkError("not there"))
    store.sources.mark_gone(ids)
    enlist(store, "a.mp4")
    assert work(store) == ["/clips/a.mp4"]


@pytest.mark.parametrize(
    ("again", "redone"),
    [((), 0), ((State.FAILED,), 1), ((State.REJECTED,), 1), ((State.FAILED, State.REJECTED), 2)],
    ids=["none", "failed", "rejected", "both"],
)
def test_a_listing_may_ask_for_bad_ends_again(store: Store, again: tuple[State, ...], redone: int) -> None:
    store.ledger.rules = LedgerRules(max_errors=1)
    names = ["a.mp4", "b.mp4", "c.mp4"]
    enlist(store, *names)
    failed, rejected, ready = store.ledger.claim("worker", 3)
    store.ledger.fail(failed, WorkError())
    store.ledger.reject(rejected, WorkError())
    publish(store, ready, "bytes")
    store.sources.enlist([listing(name) for name in names], again)
    assert len(work(store)) == redone


def test_a_deleted_video_is_not_taken_in_again_under_any_name(store: Store) -> None:
    item = taken_in(store, "a.mp4", "bytes")
    store.items.delete(item.id)
    known = store.items.by_hash(digest("bytes"), 1)
    assert known is not None
    assert known.deleted
    enlist(store, "b.mp4")
    with pytest.raises(DeletedError):
        publish(store, claim_one(store), "bytes")
    assert store.database.value(b"select count(*) from vectors") == 0
    assert store.items.count() == 0
    for find in (store.items.find, store.items.media):
        with pytest.raises(UnknownItemError):
            find(item.ref)


def test_known_sources_are_those_below_a_prefix(store: Store) -> None:
    store.sources.enlist([Listing(uri, "1") for uri in ("/a/x.mp4", "/a%/y.mp4", "/a_b/z.mp4", "/ab/w.mp4")])
    below = {prefix: [row.uri for row in store.sources.known(prefix)] for prefix in ("/a/", "/a%/", "/a")}
    assert (below["/a/"], below["/a%/"], len(below["/a"])) == (["/a/x.mp4"], ["/a%/y.mp4"], 4)


def test_a_given_ref_beats_the_hash_and_media_facts_are_kept(store: Store) -> None:
    store.sources.enlist([listing("a.mp4", ref="0001.mp4", language="de")])
    publish(store, claim_one(store), "bytes")
    media = store.items.media("0001.mp4")
    assert (media.content_hash, media.playback, media.uri) == (digest("bytes"), "source", "/clips/a.mp4")
    found = store.items.find("0001.mp4")
    assert (found.width, found.height, found.has_sound) == (FACTS.width, FACTS.height, True)


@pytest.mark.parametrize(
    "given",
    [Given(), Given(title="T"), Given(tags=("a", "b"), creator="C", language="en", ref="r")],
    ids=["nothing", "title", "much"],
)
def test_what_was_given_survives_the_database(store: Store, given: Given) -> None:
    store.sources.enlist([Listing("/clips/a.mp4", "1", given)])
    assert given_from_json(claim_one(store).given) == given
    assert given_from_json(given_to_json(given)) == given


@pytest.mark.parametrize(
    ("uri", "folder", "file"),
    [
        ("/clips/what? #1.mp4", "clips", "what? #1.mp4"),
        ("https://host/a/v.mp4?X-Amz-Signature=secret/1", "a", "v.mp4"),
        ("https://host/v.mp4?X-Amz-Signature=secret/1", "", "v.mp4"),
        ("s3://bucket/a/v.mp4", "a", "v.mp4"),
    ],
)
def test_no_name_holds_a_signature(store: Store, uri: str, folder: str, file: str) -> None:
    store.sources.enlist([Listing(uri, "1")])
    assert store.database.value(b"select file from sources") == file
    assert (folder_name(uri), file_name(uri)) == (folder, file)
