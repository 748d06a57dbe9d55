"""A count over real rows: priors, trials, census and boards, done by one at a time and swapped at once."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from store_rows import database, directions, many_items, space_of, taken_in

from coldreel.learn.counting import CountingRules, count
from coldreel.learn.feedback import take
from coldreel.model import Board, Census, Event, EventKind, Ranked, Trial, Vector
from coldreel.store.store import Store
from event_ids import uuid7

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
RULES = CountingRules()
AT_ONCE = replace(RULES, pause=timedelta(0))


@pytest.fixture(scope="module")
def kept(postgres: str) -> Iterator[Store]:
    with database(postgres) as url, Store.open(url) as store:
        yield store


@pytest.fixture
def store(kept: Store) -> Store:
    """An empty store; the same one for all of them, which is quicker."""
    kept.database.execute(b"truncate items cascade")
    kept.database.execute(b"truncate census")
    return kept


def _watched(store: Store, item: int, viewers: int, pleased: int, ago: timedelta = timedelta(0)) -> None:
    """So many saw it, so long ago."""
    store.database.execute(
        b"insert into item_stats (item, viewers, pleased, fast_viewers, fast_pleased, slow_viewers,"
        b" slow_pleased, decayed_at) values"
        b" (%(item)s, %(viewers)s, %(pleased)s, %(viewers)s, %(pleased)s, %(viewers)s, %(pleased)s, %(at)s)",
        {"item": item, "viewers": viewers, "pleased": pleased, "at": NOW - ago},
    )


def _arm(store: Store, item: int) -> tuple[float | None, str, int]:
    ((prior, state, explored),) = store.database.tuples(
        b"select prior, state, explored from arms where item = %(item)s", {"item": item}
    )
    return prior, state, explored


def _explored(store: Store, places: dict[int, int]) -> None:
    """So many fresh places each was served on."""
    store.database.execute(
        b"insert into arms (item, explored) select * from unnest(%(items)s::bigint[], %(places)s::int[])"
        b" on conflict (item) do update set explored = excluded.explored",
        {"items": list(places), "places": list(places.values())},
    )


def _places(store: Store) -> dict[Board, list[int]]:
    return {board: [row.item for row in rows] for board, rows in store.boards.snapshot().boards.items()}


# --- catalogues of every size ----------------------------------------


def test_before_the_first_count_there_is_nothing(store: Store) -> None:
    snapshot = store.boards.snapshot()
    assert snapshot.census is None
    assert snapshot.boards == {Board.HITS: [], Board.GEMS: [], Board.FRESH: [], Board.BEST: []}


def test_an_empty_catalogue_is_counted(store: Store) -> None:
    census = count(store, NOW, RULES)
    assert census == Census(
        NOW, items=0, highest=0, rate=RULES.prior.rate, strength=RULES.prior.strength, median_viewers=0.0,
        upper_quintile=RULES.prior.rate,
    )  # fmt: skip
    assert store.boards.snapshot().census == census


def test_one_item_that_nobody_has_seen_is_fresh(store: Store) -> None:
    item = taken_in(store, "one.mp4").id
    count(store, NOW, RULES)
    assert _places(store) == {Board.HITS: [], Board.GEMS: [], Board.FRESH: [item], Board.BEST: []}
    told = store.boards.top(Board.FRESH, 5)[0].evidence
    assert told == {"viewers": 0, "pleased": 0, "tries_left": RULES.trial.budget}


@pytest.fixture
def crowd(store: Store) -> list[int]:
    """Sixty items in random directions; forty people each saw the first fifty, a third of them gladly."""
    ids = many_items(store, space_of(store), directions(60))
    for item in ids[:50]:
        _watched(store, item, 40, 13, timedelta(days=20))
    return ids


def test_hits_gems_and_fresh_items_are_found_among_a_crowd(store: Store, crowd: list[int]) -> None:
    hit, gem, poor, new = crowd[50:54]
    _watched(store, hit, 120, 90)
    _watched(store, gem, 14, 13, timedelta(days=20))
    _watched(store, poor, 14, 0, timedelta(days=20))
    census = count(store, NOW, RULES)
    assert census is not None
    assert (census.items, census.highest, census.median_viewers) == (60, crowd[-1], 40.0)
    assert 0.25 < census.rate < 0.4
    places = _places(store)
    assert (places[Board.HITS], places[Board.GEMS]) == ([hit], [gem])
    assert new in places[Board.FRESH]
    assert places[Board.BEST] == [hit, gem]
    assert [_arm(store, item)[1] for item in (hit, gem, poor)] == ["graduated", "graduated", "resting"]


def test_what_people_do_makes_a_hit_and_its_evidence(store: Store) -> None:
    ids = many_items(store, space_of(store), directions(4))
    liked, skipped = (item.ref for item in store.items.cards(ids[:2]))
    events = []
    for n in range(20):
        what = (liked, 6.0) if n % 2 else (skipped, 0.4)
        at = NOW - timedelta(minutes=n)
        events.append(Event(uuid7(at), f"user {n // 2}", what[0], EventKind.VIEW, at, watched_s=what[1]))
    assert take(store, events, NOW).accepted == 20
    count(store, NOW, RULES)
    (hit,) = store.boards.top(Board.HITS, 5)
    assert hit.item == ids[0]
    assert (hit.evidence["viewers"], hit.evidence["pleased"]) == (10, 10)
    assert hit.evidence["per_day"] == pytest.approx(10 * np.log(2), rel=0.01)


def test_what_was_watched_long_ago_has_faded(store: Store, crowd: list[int]) -> None:
    _watched(store, crowd[50], 120, 90, timedelta(days=10))
    count(store, NOW, RULES)
    assert _places(store)[Board.HITS] == []
    standings = store.boards.standings(NOW, timedelta(days=1), timedelta(days=7))
    at = standings.items.tolist().index(crowd[50])
    assert standings.fast_viewers[at] == pytest.approx(120 * 2**-10.0)
    assert standings.slow_pleased[at] == pytest.approx(90 * 2 ** (-10 / 7))


def test_the_standings_are_all_that_is_known_of_every_item(store: Store, crowd: list[int]) -> None:
    store.arms.put_priors(crowd[:2], [0.25, None], NOW)
    store.arms.put_states(crowd[1:4], [Trial.RESTING, Trial.GRADUATED, Trial.TESTING], NOW)
    _explored(store, {crowd[0]: 1, crowd[1]: 2})
    store.items.delete(crowd[59])
    standings = store.boards.standings(NOW, timedelta(days=1), timedelta(days=7))
    assert standings.items.tolist() == crowd[:59]
    assert standings.viewers.tolist() == [40.0] * 50 + [0.0] * 9
    assert standings.pleased.tolist() == [13.0] * 50 + [0.0] * 9
    assert standings.explored.tolist() == [1, 2] + [0] * 57
    assert standings.states.tolist() == ["testing", "resting", "graduated"] + ["testing"] * 56
    assert standings.prior[0] == 0.25
    assert np.isnan(standings.prior[1:]).all()


# --- priors and trials ----------------------------------------


def _two_heaps(count: int) -> Vector:
    """Vectors near one direction, then as many near another at right angles to it."""
    axes, spread = np.eye(16, dtype=np.float32), 0.1 * directions(2 * count)
    vectors = np.repeat(axes[:2], count, axis=0) + spread
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def test_a_new_item_is_expected_to_do_as_its_neighbours_did(store: Store) -> None:
    ids = many_items(store, space_of(store), _two_heaps(30))
    for loved, not_loved in zip(ids[:28], ids[30:58], strict=True):
        _watched(store, loved, 30, 20)
        _watched(store, not_loved, 30, 3)
    count(store, NOW, RULES)
    good, bad = _arm(store, ids[29])[0], _arm(store, ids[59])[0]
    assert good is not None and bad is not None
    assert good > 0.55
    assert bad < 0.2


def test_without_anybody_near_nothing_is_expected_and_it_is_asked_again_later(store: Store) -> None:
    ids = many_items(store, space_of(store), directions(5))
    count(store, NOW, AT_ONCE)
    assert _arm(store, ids[0]) == (None, "testing", 0)
    for item in ids[1:]:
        _watched(store, item, 10, 9)
    count(store, NOW + timedelta(minutes=1), AT_ONCE)
    assert _arm(store, ids[0])[0] is None
    count(store, NOW + AT_ONCE.prior_retry + timedelta(minutes=1), AT_ONCE)
    assert _arm(store, ids[0])[0] is not None


def test_priors_are_taken_a_few_at_a_time_those_without_one_first(store: Store) -> None:
    ids = many_items(store, space_of(store), directions(6))
    few = replace(AT_ONCE, priors=2, prior_retry=timedelta(0))
    asked = []
    for minute in range(1, 5):
        at = NOW + timedelta(minutes=minute)
        count(store, at, few)
        asked.append(
            store.database.values(b"select item from arms where prior_at = %(at)s order by 1", {"at": at})
        )
    assert asked == [ids[4:], ids[2:4], ids[:2], ids[4:]]


def test_a_state_changes_when_the_posterior_does_and_keeps_its_time(store: Store, crowd: list[int]) -> None:
    item = crowd[50]
    _watched(store, item, 14, 13)
    for minute in (0, 5):
        count(store, NOW + timedelta(minutes=minute), AT_ONCE)
    since = b"select state_at from arms where item = %(item)s"
    assert _arm(store, item)[1] == "graduated"
    assert store.database.value(since, {"item": item}) == NOW
    store.database.execute(b"update item_stats set viewers = 100 where item = %(item)s", {"item": item})
    count(store, NOW + timedelta(minutes=10), AT_ONCE)
    assert _arm(store, item)[1] == "resting"
    assert store.database.value(since, {"item": item}) == NOW + timedelta(minutes=10)


def test_tries_are_used_up_by_those_who_saw_it_and_not_by_places(store: Store) -> None:
    used, left = many_items(store, space_of(store), directions(2))
    _explored(store, {left: 2 * RULES.trial.budget})
    _watched(store, used, RULES.trial.budget, 15)
    count(store, NOW, RULES)
    assert _places(store)[Board.FRESH] == [left]
    assert _arm(store, used)[1] == "resting"
    assert store.boards.top(Board.FRESH, 1)[0].evidence["tries_left"] == RULES.trial.budget


def test_a_deleted_item_leaves_the_boards_at_once(store: Store, crowd: list[int]) -> None:
    _watched(store, crowd[50], 120, 90)
    count(store, NOW, RULES)
    store.items.delete(crowd[50])
    assert store.boards.top(Board.HITS, 5) == []
    count(store, NOW + RULES.pause, RULES)
    assert _places(store)[Board.HITS] == []


# --- by one, and all at once ----------------------------------------


def test_a_count_is_not_repeated_within_the_pause(store: Store) -> None:
    assert count(store, NOW, RULES) is not None
    assert count(store, NOW + RULES.pause / 2, RULES) is None
    assert count(store, NOW + RULES.pause, RULES) is not None


def test_a_count_by_a_clock_that_was_ahead_does_not_stop_the_others(store: Store) -> None:
    count(store, NOW + timedelta(days=365), RULES)
    assert count(store, NOW, RULES) is not None


def test_while_somebody_counts_the_others_go_on_with_what_they_do(store: Store) -> None:
    with store.database.alone("coldreel.counting"):
        assert count(store, NOW, RULES) is None
    assert count(store, NOW, RULES) is not None


def test_of_many_at_once_one_counts(store: Store, crowd: list[int]) -> None:
    start = threading.Barrier(4)

    def one(_: int) -> Census | None:
        start.wait()
        return count(store, NOW, RULES)

    with ThreadPoolExecutor(4) as pool:
        counted = list(pool.map(one, range(4)))
    assert sum(census is not None for census in counted) == 1


def test_readers_see_one_count_and_never_half_of_another(store: Store) -> None:
    ids = many_items(store, space_of(store), directions(40))
    done = threading.Event()

    def swap() -> None:
        for generation in itertools.takewhile(lambda _: not done.is_set(), itertools.count(1)):
            rows = [Ranked(item, float(generation), {"viewers": generation}) for item in ids]
            census = Census(NOW, generation, 0, 0.3, 8.0, 0.0, 0.3)
            store.boards.replace(dict.fromkeys(Board, rows), census)

    seen: set[int] = set()
    with ThreadPoolExecutor(1) as pool:
        swapping = pool.submit(swap)
        try:
            while len(seen) < 15 and not swapping.done():
                snapshot = store.boards.snapshot()
                scores = [row.score for rows in snapshot.boards.values() for row in rows]
                if snapshot.census is not None:
                    assert scores == [float(snapshot.census.items)] * len(Board) * len(ids)
                    seen.add(snapshot.census.items)
                assert len({row.score for row in store.boards.top(Board.HITS, 100)}) <= 1
        finally:
            done.set()
        swapping.result()
    assert len(seen) == 15


def test_a_count_that_fails_leaves_the_boards_as_they_were(store: Store, crowd: list[int]) -> None:
    count(store, NOW, RULES)
    before = store.boards.snapshot()
    unknown = {Board.HITS: [Ranked(crowd[0], 1.0, {}), Ranked(10**9, 1.0, {})]}
    assert before.census is not None
    with pytest.raises(Exception, match="boards_item_fkey"):
        store.boards.replace(unknown, replace(before.census, items=0))
    assert store.boards.snapshot() == before
