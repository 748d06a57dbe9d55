"""The ledger: nothing is lost, nothing is written twice, and every end has a reason."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from store_rows import FACTS, claim_one, digest, enlist, listing, publish, taken_in, wait_for_lease

from coldreel.errors import (
    ColdreelError,
    DeletedError,
    LostClaimError,
    NotAVideoError,
    RenderTooSlowError,
    WorkError,
)
from coldreel.model import Given, Progress, Stage, State
from coldreel.store.ledger import Claim, Ledger, LedgerRules
from coldreel.store.queue import BAD_ENDS
from coldreel.store.store import Store

LEASE_S = 0.2
CLAIMERS = 8


@pytest.fixture
def hasty(database_url: str) -> Iterator[Store]:
    """A store whose leases, pauses and patience are short."""
    rules = LedgerRules(lease_s=LEASE_S, max_errors=3, max_lost_leases=2, pause_s=0.01)
    with Store.open(database_url, rules, connections=CLAIMERS) as store:
        yield store


def counts(store: Store) -> dict[str, int]:
    progress = store.ledger.progress()
    return {state: getattr(progress, state) for state in State if getattr(progress, state)}


def open_rows(store: Store) -> int:
    return int(store.database.value(b"select count(*) from ledger where due is not null"))


def column(store: Store, name: bytes) -> list[object]:
    return store.database.values(b"select " + name + b" from ledger order by id")


# --- claiming ----------------------------------------


def test_each_row_is_claimed_once_by_many_at_once(hasty: Store) -> None:
    patient = Ledger(hasty.database, LedgerRules())
    enlisted = set(enlist(hasty, *(f"{n}.mp4" for n in range(120))))

    def claim_all(worker: str) -> list[int | None]:
        found: list[int | None] = []
        while claims := patient.claim(worker, 3):
            found += [claim.source for claim in claims]
        return found

    with ThreadPoolExecutor(CLAIMERS) as threads:
        claimed = [s for shares in threads.map(claim_all, map(str, range(CLAIMERS))) for s in shares]
    assert len(claimed) == 120
    assert set(claimed) == enlisted


def test_the_oldest_work_is_handed_out_first(store: Store) -> None:
    for name in ("c.mp4", "a.mp4", "b.mp4"):
        enlist(store, name)
    uris = [claim.uri for claim in store.ledger.claim("worker", 2) + store.ledger.claim("worker", 2)]
    assert uris == ["/clips/c.mp4", "/clips/a.mp4", "/clips/b.mp4"]


def test_a_claim_knows_all_that_the_work_needs(store: Store) -> None:
    (source,) = store.sources.enlist([listing("a.mp4", title="Mine", tags=("x", "y"))])
    claim = claim_one(store)
    assert (claim.stage, claim.source, claim.item) == (Stage.WATCH, source, None)
    assert claim.uri == "/clips/a.mp4"
    assert claim.given == {"title": "Mine", "tags": ["x", "y"]}


def test_an_expired_lease_is_claimed_by_another_and_counted(hasty: Store) -> None:
    enlist(hasty, "a.mp4")
    first = claim_one(hasty)
    assert hasty.ledger.claim("other", 1) == []
    wait_for_lease(LEASE_S)
    second = claim_one(hasty, "other")
    assert (second.id, second.claim != first.claim) == (first.id, True)
    assert column(hasty, b"lost_leases") == [1]
    assert column(hasty, b"errors") == [0]


def test_a_renewed_lease_holds(hasty: Store) -> None:
    enlist(hasty, "a.mp4", "b.mp4")
    claim, lost = hasty.ledger.claim("worker", 2)
    for _ in range(3):
        wait_for_lease(LEASE_S / 2)
        assert hasty.ledger.renew([claim.claim]) == {claim.claim}
    (taken,) = hasty.ledger.claim("other", 5)
    assert taken.id == lost.id
    assert hasty.ledger.renew([claim.claim, lost.claim]) == {claim.claim}


def test_a_file_at_which_workers_vanish_again_and_again_is_buried(hasty: Store) -> None:
    enlist(hasty, "bomb.mp4")
    for _ in range(2):
        assert len(hasty.ledger.claim("worker", 1)) == 1
        wait_for_lease(LEASE_S)
    assert hasty.ledger.claim("worker", 1) == []
    hasty.ledger.bury()
    (failure,) = hasty.ledger.failures()
    assert (failure.state, failure.code) == (State.FAILED, "lost_leases")
    assert "vanished 2 times" in failure.reason
    assert open_rows(hasty) == 0


def test_released_work_is_there_again_at_once_and_nothing_is_held_against_it(store: Store) -> None:
    enlist(store, "a.mp4")
    claim = claim_one(store)
    store.ledger.release([claim.claim])
    assert counts(store) == {"waiting": 1}
    assert claim_one(store).id == claim.id
    assert (column(store, b"errors"), column(store, b"lost_leases")) == ([0], [0])


# --- the fence ----------------------------------------


def test_who_lost_the_claim_writes_nothing(hasty: Store) -> None:
    enlist(hasty, "a.mp4")
    frozen = claim_one(hasty)
    wait_for_lease(LEASE_S)
    item = publish(hasty, claim_one(hasty, "other"), "bytes", title="By the other")
    with pytest.raises(LostClaimError):
        publish(hasty, frozen, "bytes", title="By the frozen one")
    assert hasty.items.find(item.ref).title == "By the other"
    assert hasty.database.value(b"select count(*) from descriptions") == 1


def test_who_fails_under_the_fence_takes_all_back(store: Store) -> None:
    enlist(store, "a.mp4")
    claim = claim_one(store)
    with pytest.raises(ZeroDivisionError), store.ledger.fenced(claim):
        store.items.put(digest("bytes"), FACTS, Given(), "folder", "source")
        raise ZeroDivisionError
    assert store.database.value(b"select count(*) from items") == 0
    assert counts(store) == {"working": 1}


@pytest.mark.parametrize("ending", ["reject", "fail"])
def test_who_lost_the_claim_ends_nothing(hasty: Store, ending: str) -> None:
    enlist(hasty, "a.mp4")
    frozen = claim_one(hasty)
    wait_for_lease(LEASE_S)
    claim_one(hasty, "other")
    end = {"reject": hasty.ledger.reject, "fail": hasty.ledger.fail}[ending]
    end(frozen, WorkError("late"))
    assert counts(hasty) == {"working": 1}
    assert column(hasty, b"error_text") == [None]


def test_a_finished_claim_cannot_be_released(store: Store) -> None:
    enlist(store, "a.mp4")
    claim = claim_one(store)
    publish(store, claim, "bytes")
    store.ledger.release([claim.claim])
    assert counts(store) == {"ready": 1}


# --- bad ends ----------------------------------------


def test_errors_pause_twice_as_long_each_time_and_end_in_failed(store: Store) -> None:
    store.ledger.rules = LedgerRules(max_errors=3, pause_s=100.0)
    enlist(store, "a.mp4")
    pauses = []
    for _ in range(2):
        store.ledger.fail(claim_one(store), WorkError("The disk coughed"))
        assert store.ledger.claim("worker", 1) == []
        pauses.append(store.database.value(b"select extract(epoch from due - now())::float from ledger"))
        store.database.execute(b"update ledger set due = now()")
    assert pauses == pytest.approx([100.0, 200.0], abs=5)
    store.ledger.fail(claim_one(store), WorkError("The disk coughed"))
    (failure,) = store.ledger.failures()
    assert (failure.state, failure.code, failure.reason) == (State.FAILED, "work", "The disk coughed")
    assert open_rows(store) == 0


def test_a_file_of_no_use_is_not_tried_again(store: Store) -> None:
    (source,) = enlist(store, "text.mp4")
    store.ledger.reject(claim_one(store), NotAVideoError())
    (failure,) = store.ledger.failures()
    assert (failure.uri, failure.source) == ("/clips/text.mp4", source)
    assert (failure.state, failure.code) == (State.REJECTED, "not_a_video")
    assert enlist(store, "text.mp4") == [source]
    assert store.ledger.claim("worker", 1) == []


def test_last_words_that_no_text_may_hold_still_give_a_reason(store: Store) -> None:
    enlist(store, "a.mp4")
    store.ledger.reject(claim_one(store), NotAVideoError("bad \0 bytes and \udcff"))
    assert store.ledger.failures()[0].reason == "bad  bytes and ?"


@pytest.mark.parametrize("state", [State.FAILED, State.REJECTED])
def test_what_ended_badly_is_tried_again_on_demand(store: Store, state: State) -> None:
    store.ledger.rules = LedgerRules(max_errors=1)
    (source,) = enlist(store, "a.mp4")
    end = {State.FAILED: store.ledger.fail, State.REJECTED: store.ledger.reject}[state]
    end(claim_one(store), NotAVideoError())
    assert store.sources.retry(source)
    assert not store.sources.retry(source)
    assert len(store.ledger.claim("worker", 1)) == 1
    assert column(store, b"errors") == [0]
    assert store.ledger.failures() == []


def test_progress_counts_sources_by_state(store: Store) -> None:
    ids = enlist(store, *(f"{n}.mp4" for n in range(5)))
    store.ledger.rules = LedgerRules(max_errors=1)
    ready, failed, rejected, _ = store.ledger.claim("worker", 4)
    publish(store, ready, "bytes")
    store.ledger.fail(failed, WorkError())
    store.ledger.reject(rejected, NotAVideoError())
    assert store.ledger.progress() == Progress(waiting=1, working=1, ready=1, failed=1, rejected=1)
    assert store.ledger.progress([]).total == 0
    assert store.ledger.progress([ready.source or 0]) == Progress(0, 0, 1, 0, 0)
    assert len(ids) == store.ledger.progress(ids).total
    assert store.ledger.rate() == 1
    assert (store.ledger.has_open(), store.ledger.has_open([ready.source or 0])) == (True, False)


# --- renditions ----------------------------------------


@pytest.fixture
def pending(hasty: Store) -> Claim:
    """The claim on an item that browsers cannot play yet."""
    item = taken_in(hasty, "a.mp4")
    hasty.items.set_playback(item.id, "pending")
    hasty.queue.render([item.id])
    claim = claim_one(hasty)
    assert (claim.stage, claim.item, claim.uri) == (Stage.RENDER, item.id, "/clips/a.mp4")
    return claim


def playback(store: Store) -> str:
    return str(store.database.value(b"select playback from items"))


def bury(store: Store, claim: Claim) -> None:
    for _ in range(2):
        wait_for_lease(LEASE_S)
        store.ledger.claim("worker", 1)
    store.ledger.bury()


def fail_for_good(store: Store, claim: Claim) -> None:
    error: ColdreelError = WorkError()
    store.ledger.fail(claim, error)
    for _ in range(2):
        wait_for_lease(0.05)
        store.ledger.fail(claim_one(store), error)


def reject(store: Store, claim: Claim) -> None:
    store.ledger.reject(claim, NotAVideoError())


@pytest.mark.parametrize("end", [reject, fail_for_good, bury])
def test_a_rendition_that_ends_badly_leaves_nothing_to_play(hasty: Store, pending: Claim, end) -> None:
    end(hasty, pending)
    assert playback(hasty) == "none"
    assert [failure.uri for failure in hasty.ledger.failures()] == ["/clips/a.mp4"]
    assert not hasty.ledger.has_open()


def see_again(store: Store, source: int, how: str) -> None:
    match how:
        case "gone and back":
            store.sources.mark_gone([source])
            enlist(store, "a.mp4")
        case "asked for":
            assert store.sources.retry(source)
        case _:
            again = {"listed": [], "listed, failed ones again": [State.FAILED], "listed, all again": BAD_ENDS}
            store.sources.enlist([listing("a.mp4")], again[how])


@pytest.mark.parametrize(
    ("end", "how", "again"),
    [
        (fail_for_good, "listed", False),
        (fail_for_good, "listed, failed ones again", True),
        (fail_for_good, "gone and back", True),
        (fail_for_good, "asked for", True),
        (reject, "listed, failed ones again", False),
        (reject, "listed, all again", True),
        (reject, "gone and back", False),
        (reject, "asked for", True),
    ],
)
def test_a_rendition_that_ended_badly_is_made_when_its_file_is_asked_for_again(
    hasty: Store, pending: Claim, end, how: str, again: bool
) -> None:
    end(hasty, pending)
    (source,) = hasty.database.values(b"select id from sources")
    (failure,) = hasty.ledger.failures([source])
    assert (failure.source, "playable" in failure.reason) == (source, True)
    assert hasty.ledger.failures([source + 1]) == []
    see_again(hasty, source, how)
    claims = hasty.ledger.claim("worker", 5)
    assert [claim.stage for claim in claims] == [Stage.RENDER] * again
    assert playback(hasty) == ("pending" if again else "none")
    assert len(hasty.ledger.failures([source])) == (not again)


def test_a_rendition_comes_after_all_that_is_to_be_watched(hasty: Store, pending: Claim) -> None:
    hasty.ledger.release([pending.claim])
    enlist(hasty, "new.mp4", "newer.mp4")
    (first,) = hasty.ledger.claim("worker", 1)
    rest = hasty.ledger.claim("worker", 5)
    assert [claim.stage for claim in (first, *rest)] == [Stage.WATCH, Stage.WATCH, Stage.RENDER]


def test_who_makes_no_renditions_leaves_them(hasty: Store, pending: Claim) -> None:
    hasty.ledger.release([pending.claim])
    assert hasty.ledger.claim("worker", 5, [Stage.WATCH]) == []
    assert [claim.id for claim in hasty.ledger.claim("worker", 5)] == [pending.id]


def test_what_takes_too_long_is_not_tried_again_by_itself(hasty: Store, pending: Claim) -> None:
    (source,) = hasty.database.values(b"select id from sources")
    hasty.ledger.fail(pending, RenderTooSlowError())
    (failure,) = hasty.ledger.failures()
    assert (failure.state, failure.code, playback(hasty)) == (State.FAILED, "render_too_slow", "none")
    assert enlist(hasty, "a.mp4") == [source]
    assert not hasty.ledger.has_open()
    assert hasty.sources.retry(source)
    assert claim_one(hasty).stage == Stage.RENDER


def test_what_plays_or_is_being_made_is_not_made_again(hasty: Store, pending: Claim) -> None:
    (source,) = hasty.database.values(b"select id from sources")
    assert not hasty.sources.retry(source)
    with hasty.ledger.fenced(pending):
        hasty.items.set_playback(pending.item or 0, "rendition")
    assert hasty.queue.render([pending.item or 0]) == 0
    assert hasty.ledger.claim("worker", 5) == []


def test_a_rendition_that_may_be_tried_again_is_still_pending(hasty: Store, pending: Claim) -> None:
    hasty.ledger.fail(pending, WorkError())
    assert playback(hasty) == "pending"


def test_a_frozen_renderer_does_not_spoil_what_another_made(hasty: Store, pending: Claim) -> None:
    wait_for_lease(LEASE_S)
    other = claim_one(hasty, "other")
    with hasty.ledger.fenced(other):
        hasty.items.set_playback(other.item or 0, "rendition")
    hasty.ledger.reject(pending, NotAVideoError())
    assert playback(hasty) == "rendition"


def test_a_rendition_is_enqueued_once_and_again_after_a_bad_end(hasty: Store, pending: Claim) -> None:
    item = pending.item or 0
    hasty.queue.render([item])
    assert hasty.ledger.renew([pending.claim]) == {pending.claim}
    hasty.ledger.reject(pending, NotAVideoError())
    hasty.queue.render([item])
    assert claim_one(hasty).item == item


def test_a_finished_source_waits_for_its_rendition(hasty: Store, pending: Claim) -> None:
    sources = hasty.database.values(b"select id from sources")
    waits = Progress(waiting=0, working=0, ready=1, failed=0, rejected=0, rendering=1)
    assert hasty.ledger.has_open(sources)
    assert hasty.ledger.progress(sources) == hasty.ledger.progress() == waits
    assert hasty.ledger.progress([]).rendering == 0
    hasty.ledger.reject(pending, NotAVideoError())
    assert not hasty.ledger.has_open(sources)
    assert hasty.ledger.progress(sources).rendering == hasty.ledger.progress().rendering == 0


def test_deleting_an_item_takes_its_work_away(hasty: Store, pending: Claim) -> None:
    hasty.ledger.reject_sources_of_item(pending.item or 0, DeletedError())
    hasty.items.delete(pending.item or 0)
    hasty.ledger.drop_item(pending.item or 0)
    with pytest.raises(LostClaimError), hasty.ledger.fenced(pending):
        pass
    assert counts(hasty) == {"rejected": 1}
    assert hasty.ledger.failures()[0].code == "deleted"
