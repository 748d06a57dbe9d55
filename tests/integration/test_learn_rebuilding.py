"""What is derived from events is the same whether it followed them one by one or is derived anew from all."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np
import pytest
from store_rows import directions, many_items, space_of, wait_for_a_waiter

from coldreel.learn.feedback import FeedbackRules, rules_in_use, take
from coldreel.learn.forgetting import forget
from coldreel.learn.interactions import decayed
from coldreel.learn.rebuilding import rebuild, rebuild_interests
from coldreel.model import Event, EventKind, ItemStats, ModelKind
from coldreel.store.database import Database
from coldreel.store.store import Store
from coldreel.store.vectors import StoredSpace
from event_ids import uuid7

BEGUN = datetime(2026, 5, 1, tzinfo=UTC)
HISTORY = timedelta(days=8)
NOW = BEGUN + HISTORY
RULES = FeedbackRules()
USERS = ("ada", "bob", "cy")
ITEMS = 6
PAGES = [UUID(int=n) for n in range(1, 3)]


@pytest.fixture
def space(store: Store) -> StoredSpace:
    """The space of six items, of which the last has no vector."""
    space = space_of(store)
    ids = many_items(store, space, directions(ITEMS))
    store.database.execute(b"update items set creator = 'maker ' || id % 5")
    store.database.execute(b"delete from vectors where item = %(item)s", {"item": ids[-1]})
    return space


def _event(
    n: int, user: str, item: int, kind: EventKind, at: datetime, watched_s: float | None = None
) -> Event:
    return Event(uuid7(at, n), user, f"item-{item}", kind, at, watched_s, PAGES[n % len(PAGES)])


def _history(rng: np.random.Generator, length: int) -> list[Event]:
    """Events of a week in the order of their times; views are the most, and some happen at once."""
    kinds = [*EventKind, *[EventKind.VIEW] * 8, *[EventKind.AWAY] * 2]
    offsets = np.sort(rng.integers(0, int(HISTORY.total_seconds()), length))
    offsets[rng.random(length) < 0.1] //= 10_000
    return [
        _event(n, USERS[int(rng.integers(len(USERS)))], int(rng.integers(1, ITEMS + 1)),
               kinds[int(rng.integers(len(kinds)))], BEGUN + timedelta(seconds=int(offset)),
               float(rng.uniform(0, 9)))
        for n, offset in enumerate(np.sort(offsets))
    ]  # fmt: skip


def _shuffled(rng: np.random.Generator, events: list[Event]) -> list[list[Event]]:
    """Batches as they may come in: most in order, some late, some twice, some backwards."""
    late = rng.random(len(events)) < 0.1
    order = [event for event, is_late in zip(events, late, strict=True) if not is_late]
    for event in (event for event, is_late in zip(events, late, strict=True) if is_late):
        order.insert(int(rng.integers(len(order) + 1)), event)
    for event in rng.choice(np.array(events, dtype=object), len(events) // 10):
        order.insert(int(rng.integers(len(order) + 1)), event)
    batches, first = [], 0
    while first < len(order):
        size = int(rng.integers(1, 25))
        batch = order[first : first + size]
        batches.append(batch[::-1] if rng.random() < 0.3 else batch)
        first += size
    return batches


def _stats(store: Store, at: datetime) -> dict[int, dict[str, float]]:
    """The counts of all items that have any, as of one moment."""
    ids = store.database.values(b"select item from item_stats")
    rows = [decayed(stats, at, RULES.counts) for stats in store.events.stats(ids).values()]
    names = [field.name for field in fields(ItemStats) if field.name != "decayed_at"]
    return {row.item: {name: getattr(row, name) for name in names} for row in rows if row.viewers}


def _derived(store: Store, space: StoredSpace) -> dict[str, object]:
    """All that is derived of users."""
    interests = store.users.interests_of(store.users.all(), space.id)
    return {
        "interactions": store.database.tuples(b"select * from interactions order by user_id, item"),
        "hidden": store.database.tuples(b"select * from hidden_creators order by user_id, creator"),
        "interests": {
            user: (
                [v.tolist() for v in i.vectors], i.weights, i.positives, [v.tolist() for v in i.aversions],
                i.updated_at,
            )
            for user, i in sorted(interests.items())
        },
    }  # fmt: skip


def _assert_alike(one: Mapping[int, dict[str, float]], other: Mapping[int, dict[str, float]]) -> None:
    assert one.keys() == other.keys()
    for item, counts in one.items():
        assert counts == pytest.approx(other[item], rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("seed", [0, 1])
def test_a_rebuild_gives_what_a_long_and_disorderly_history_has_given(
    store: Store, space: StoredSpace, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    events = _history(rng, 300)
    accepted = 0
    for batch in _shuffled(rng, events):
        accepted += take(store, batch, NOW).accepted
    assert accepted == len(events)

    derived, stats = _derived(store, space), _stats(store, NOW)
    assert len(stats) == ITEMS
    for wipe in (False, True):
        if wipe:
            for table in ("interactions", "hidden_creators", "user_state", "item_stats"):
                store.database.execute(f"delete from {table}".encode())
        later = NOW + timedelta(days=3)
        assert rebuild(store, space, later, RULES) == len(USERS)
        assert _derived(store, space) == derived
        _assert_alike(_stats(store, later), _aged(stats, later))


def _aged(stats: dict[int, dict[str, float]], at: datetime) -> dict[int, dict[str, float]]:
    aged = {}
    for item, counts in stats.items():
        row = decayed(ItemStats(**counts, decayed_at=NOW), at, RULES.counts)  # type: ignore[arg-type]
        aged[item] = {name: getattr(row, name) for name in counts}
    return aged


def test_events_that_come_as_they_happen_are_added_to_what_there_is(store: Store, space: StoredSpace) -> None:
    """One at a time and in order, with the clock going on: nothing is late, and a rebuild gives the same."""
    for event in _history(np.random.default_rng(7), 150):
        take(store, [event], event.at)
    derived, stats = _derived(store, space), _stats(store, NOW)
    rebuild(store, space, NOW, RULES)
    assert _derived(store, space) == derived
    _assert_alike(_stats(store, NOW), stats)


def test_a_rebuild_mends_what_was_wrong(store: Store, space: StoredSpace) -> None:
    take(store, _history(np.random.default_rng(3), 60), NOW)
    derived, stats = _derived(store, space), _stats(store, NOW)
    ghost = store.users.ensure("ghost")
    store.database.execute(
        b"insert into interactions (user_id, item, first_at, last_at)"
        b" select %(user)s, id, now(), now() from items",
        {"user": ghost},
    )
    store.database.execute(b"update interactions set views = views + 5, liked = not liked")
    store.database.execute(b"update item_stats set viewers = 77, fast_viewers = 1000")
    store.database.execute(b"insert into hidden_creators select id, 'nobody', now() from users")
    store.database.execute(
        b"update user_state set weights = array_fill(9::real, array[cardinality(weights)])"
    )
    rebuild(store, space, NOW, RULES)
    assert _derived(store, space) == derived
    _assert_alike(_stats(store, NOW), stats)


def test_feedback_during_a_rebuild_is_neither_lost_nor_counted_twice(
    store: Store, space: StoredSpace
) -> None:
    """Batches of eight threads, and rebuilds one after the other among them."""
    batches = _shuffled(np.random.default_rng(9), _history(np.random.default_rng(8), 400))
    with ThreadPoolExecutor(5) as threads:
        taken = [threads.submit(take, store, batch, NOW) for batch in batches]
        while not all(one.done() for one in taken):
            rebuild(store, space, NOW, RULES)
        assert sum(one.result().accepted for one in taken) == 400
    derived, stats = _derived(store, space), _stats(store, NOW)
    rebuild(store, space, NOW, RULES)
    assert _derived(store, space) == derived
    _assert_alike(_stats(store, NOW), stats)


def test_feedback_that_waits_for_its_user_follows_the_thresholds_that_are_in_use_when_it_has_it(
    store: Store, space: StoredSpace
) -> None:
    """A rebuild after new thresholds may have been with this user just before."""
    item = store.items.durations(["item-1"])["item-1"]
    view = _event(1, "ada", 1, EventKind.VIEW, BEGUN, watched_s=0.6 * item.duration_s)
    with ThreadPoolExecutor(1) as thread:
        with store.database.transaction():
            store.users.hold_all(["ada"])
            taking = thread.submit(take, store, [view], NOW)
            wait_for_a_waiter(store)
            store.models.keep(ModelKind.REWARD, {"long_view": [[None, 0.5]]}, {}, "new data")
        taking.result()
    derived = _derived(store, space)
    assert store.database.values(b"select long_views from interactions") == [1]
    rebuild(store, space, NOW, rules_in_use(store))
    assert _derived(store, space) == derived


def test_the_counting_waits_for_feedback_that_is_being_taken(store: Store, space: StoredSpace) -> None:
    like = _event(1, "ada", 1, EventKind.LIKE, BEGUN)
    with ThreadPoolExecutor(1) as thread:
        with store.database.transaction():
            take(store, [like], NOW)
            counting = thread.submit(store.events.recount, NOW, RULES.counts.fast, RULES.counts.slow)
            wait_for_a_waiter(store)
        counting.result()
    (counts,) = _stats(store, NOW).values()
    assert (counts["viewers"], counts["likes"]) == (1, 1)


def test_who_is_forgotten_counts_for_no_item_any_more(store: Store, space: StoredSpace) -> None:
    events = _history(np.random.default_rng(4), 200)
    take(store, [event for event in events if event.user != "bob"], NOW)
    without_bob = _stats(store, NOW)
    take(store, events, NOW)
    assert _stats(store, NOW) != without_bob
    assert forget(store, "bob", NOW, RULES.counts)
    _assert_alike(_stats(store, NOW), without_bob)
    assert not forget(store, "bob", NOW, RULES.counts)


def test_interests_are_rebuilt_for_another_space_and_the_counts_left_alone(
    store: Store, space: StoredSpace
) -> None:
    take(store, _history(np.random.default_rng(5), 100), NOW)
    derived = _derived(store, space)
    store.database.execute(b"delete from user_state")
    store.database.execute(b"update item_stats set viewers = 77")
    assert rebuild_interests(store, space, RULES) == len(USERS)
    assert _derived(store, space) == derived
    assert {counts["viewers"] for counts in _stats(store, NOW).values()} == {77}


def test_a_batch_takes_few_statements_however_many_events_it_has(
    store: Store, space: StoredSpace, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = _history(np.random.default_rng(6), 300)
    take(store, events[:60], NOW)
    counted = []
    ask = Database._connection

    def counting(database: Database) -> AbstractContextManager[object]:
        counted.append(1)
        return ask(database)

    monkeypatch.setattr(Database, "_connection", counting)
    needed = []
    for batch in (events[60:64], events[64:]):
        counted.clear()
        take(store, batch, NOW)
        needed.append(len(counted))
    assert needed[0] <= needed[1] <= 15
