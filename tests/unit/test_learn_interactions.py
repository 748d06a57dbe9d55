"""What is between a user and an item, and what it counts: in whatever order the events come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np
import pytest

from coldreel.learn.interactions import (
    CountRules,
    InteractionRules,
    added,
    changes,
    counted,
    decayed,
    related,
)
from coldreel.model import Event, EventKind, Interaction, ItemStats

NOW = datetime(2026, 6, 1, tzinfo=UTC)
DURATION = 6.0
PAGE, OTHER = UUID(int=1), UUID(int=2)
VIEW, AWAY, LIKE, UNLIKE = EventKind.VIEW, EventKind.AWAY, EventKind.LIKE, EventKind.UNLIKE
UNWANTED, SHARE, HIDE = EventKind.NOT_INTERESTED, EventKind.SHARE, EventKind.HIDE_CREATOR
COUNTS = CountRules()


def _event(
    kind: EventKind, watched_s: float | None = None, page: UUID | None = PAGE, hours: float = 0.0
) -> Event:
    return Event(UUID(int=7), "ann", "clip", kind, NOW + timedelta(hours=hours), watched_s, page)


def _related(*events: Event) -> Interaction:
    return related(1, 2, events, DURATION, InteractionRules())[0]


def _rewards(*events: Event) -> list[float]:
    return [verdict.reward for verdict in related(1, 2, events, DURATION, InteractionRules())[1]]


def _between(**facts: object) -> Interaction:
    return Interaction(1, 2, NOW, NOW, **facts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        pytest.param([_event(VIEW, 1.0)], _between(views=1, watched_s=1.0, skips=1), id="a swipe"),
        pytest.param([_event(VIEW, 3.0)], _between(views=1, watched_s=3.0), id="a view"),
        pytest.param([_event(AWAY, 1.0)], _between(views=1, watched_s=1.0), id="the page was left"),
        pytest.param(
            [_event(VIEW, 13.0)], _between(views=1, watched_s=13.0, long_views=1, loops=2), id="two loops"
        ),
        pytest.param(
            [_event(AWAY, 4.0), _event(VIEW, 4.0)],
            _between(views=1, watched_s=8.0, long_views=1, loops=1),
            id="watched in two parts",
        ),
        pytest.param(
            [_event(VIEW, 4.0), _event(VIEW, 4.0, OTHER)],
            _between(views=2, watched_s=8.0),
            id="two pages are two views",
        ),
        pytest.param([_event(LIKE), _event(LIKE)], _between(liked=True), id="a like, twice"),
        pytest.param([_event(LIKE), _event(UNLIKE)], _between(), id="a like that was taken back"),
        pytest.param([_event(UNLIKE), _event(LIKE)], _between(liked=True), id="given again"),
        pytest.param([_event(SHARE), _event(SHARE)], _between(shares=2), id="shared twice"),
        pytest.param([_event(UNWANTED), _event(UNWANTED)], _between(not_interested=True), id="unwanted"),
        pytest.param([_event(HIDE)], _between(), id="its creator is hidden, so it was shown"),
        pytest.param([_event(LIKE, 9.0)], _between(liked=True), id="a like is not watched"),
    ],
)
def test_what_events_make_of_an_interaction(events: Sequence[Event], expected: Interaction) -> None:
    assert _related(*events) == expected


@pytest.mark.parametrize(
    ("events", "rewards"),
    [
        ([_event(LIKE), _event(LIKE), _event(UNLIKE), _event(UNLIKE), _event(LIKE)], [1, 0, -1, 0, 1]),
        ([_event(UNWANTED), _event(UNWANTED)], [-1, 0]),
        ([_event(VIEW, 6.0), _event(VIEW, 6.0)], [0.7, 0]),
        ([_event(VIEW, 6.0), _event(VIEW, 6.0, OTHER)], [0.7, 0.7]),
        ([_event(HIDE)], [0]),
    ],
)
def test_what_was_said_already_is_no_news(events: Sequence[Event], rewards: list[float]) -> None:
    assert _rewards(*events) == rewards


@pytest.mark.parametrize(("hours", "views"), [(23, 1), (24, 1), (25, 2)])
def test_a_showing_goes_on_for_a_day(hours: float, views: int) -> None:
    assert _related(_event(AWAY, 4.0), _event(VIEW, 4.0, hours=hours)).views == views


@pytest.mark.parametrize(
    ("facts", "pleased"),
    [
        ({}, False),
        ({"views": 3}, False),
        ({"long_views": 1}, True),
        ({"liked": True}, True),
        ({"shares": 1}, True),
        ({"liked": True, "not_interested": True}, False),
    ],
)
def test_a_viewer_is_pleased_by_one_good_sign_and_no_bad_one(facts: dict[str, object], pleased: bool) -> None:
    interaction = _between(**facts)
    assert interaction.pleased is pleased
    assert counted(interaction, NOW, COUNTS).pleased == pleased


def test_a_viewer_counts_half_after_a_half_life() -> None:
    then = NOW + timedelta(days=7)
    counts = counted(_between(views=1, liked=True), then, COUNTS)
    assert (counts.viewers, counts.pleased) == (1, 1)
    assert (counts.fast_viewers, counts.fast_pleased) == (2**-7, 2**-7)
    assert (counts.slow_viewers, counts.slow_pleased) == (0.5, 0.5)
    assert decayed(counted(_between(views=1, liked=True), NOW, COUNTS), then, COUNTS) == counts


def test_an_interaction_that_does_not_change_changes_nothing() -> None:
    same = _between(views=1)
    assert changes([(same, same)], NOW, COUNTS) == []
    assert changes([(None, same), (same, None)], NOW, COUNTS) == [ItemStats(2, decayed_at=NOW)]


def test_counts_of_two_items_do_not_add_up() -> None:
    with pytest.raises(ValueError, match="two items"):
        added(ItemStats(1), ItemStats(2))


def test_changes_add_up_to_the_sum_over_interactions_whatever_the_order() -> None:
    rng = np.random.default_rng(3)
    kinds = list(EventKind)
    stream = [
        (int(rng.integers(5)), Event(UUID(int=n), "u", "i", kinds[int(rng.integers(len(kinds)))],
                                     NOW + timedelta(hours=float(rng.uniform(0, 400))),
                                     float(rng.uniform(0, 20)), UUID(int=int(rng.integers(4)))))
        for n in range(300)
    ]  # fmt: skip
    known: dict[int, list[Event]] = {}
    interactions: dict[int, Interaction] = {}
    total = ItemStats(2, decayed_at=NOW)
    for n, (user, event) in enumerate(stream):
        known.setdefault(user, []).append(event)
        known[user].sort(key=lambda e: (e.at, e.event_id))
        after = related(user, 2, known[user], DURATION, InteractionRules())[0]
        at = NOW + timedelta(hours=n)
        total = decayed(total, at, COUNTS)
        for change in changes([(interactions.get(user), after)], at, COUNTS):
            total = added(total, change)
        interactions[user] = after
    (whole,) = changes([(None, i) for i in interactions.values()], at, COUNTS)
    assert total.decayed_at == whole.decayed_at
    assert _figures(total) == pytest.approx(_figures(whole), rel=1e-9)


def _figures(stats: ItemStats) -> list[float]:
    return [value for value in asdict(stats).values() if not isinstance(value, datetime)]


def test_going_on_from_what_is_known_is_the_same_as_beginning_anew() -> None:
    rules = InteractionRules()
    rng = np.random.default_rng(5)
    events = [
        Event(UUID(int=n), "ann", "clip", list(EventKind)[int(rng.integers(len(EventKind)))],
              NOW + timedelta(hours=n * 5), float(rng.uniform(0, 9)), UUID(int=int(rng.integers(3))))
        for n in range(60)
    ]  # fmt: skip
    before, said = related(1, 2, events[:1], DURATION, rules)
    for n in range(1, len(events)):
        window = [e for e in events[: n + 1] if events[n].at - e.at <= rules.page_life]
        known = {event.event_id for event in events[:n]}
        before, news = related(1, 2, window, DURATION, rules, before, known)
        said += news
    assert (before, said) == related(1, 2, events, DURATION, rules)
