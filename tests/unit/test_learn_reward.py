"""Rewards: what one event says about an item of a given length."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from coldreel.learn.reward import RewardRules, Verdict, judge
from coldreel.model import Event, EventKind

RULES = RewardRules()
NOTHING = Verdict(0.0)
SHOWN = Verdict(0.0, shown=True)
LONG = Verdict(0.7, shown=True, long_view=True)
SKIP = Verdict(-0.5, shown=True, skipped=True)


def _judged(
    kind: EventKind, duration_s: float, watched_s: float | None = None, before: float | None = None
) -> Verdict:
    event = Event(uuid4(), "ann", "clip", kind, datetime(2026, 1, 1, tzinfo=UTC), watched_s)
    return judge(event, duration_s, RULES, before)


@pytest.mark.parametrize(
    ("kind", "verdict"),
    [
        (EventKind.LIKE, Verdict(1.0, likes=1)),
        (EventKind.UNLIKE, Verdict(-1.0, likes=-1)),
        (EventKind.SHARE, Verdict(1.0, shared=True)),
        (EventKind.NOT_INTERESTED, Verdict(-1.0, unwanted=True)),
        (EventKind.HIDE_CREATOR, NOTHING),
    ],
)
@pytest.mark.parametrize("duration_s", [1.0, 15.0, 300.0])
def test_what_a_user_says_outright_counts_whatever_the_length(
    kind: EventKind, verdict: Verdict, duration_s: float
) -> None:
    assert _judged(kind, duration_s) == verdict


@pytest.mark.parametrize(
    ("duration_s", "watched_s", "verdict"),
    [
        pytest.param(8.0, 7.2, LONG, id="short: nine tenths are long"),
        pytest.param(8.0, 7.1, SHOWN, id="short: a bit less is not"),
        pytest.param(20.0, 14.0, LONG, id="20 s: seven tenths"),
        pytest.param(20.0, 13.9, SHOWN, id="20 s: a bit less"),
        pytest.param(60.0, 30.0, LONG, id="a minute: half"),
        pytest.param(60.0, 29.9, SHOWN, id="a minute: a bit less"),
        pytest.param(200.0, 70.0, LONG, id="longer: a third"),
        pytest.param(200.0, 69.0, SHOWN, id="longer: a bit less"),
        pytest.param(8.0, 81.0, replace(LONG, loops=10), id="watched in loops"),
        pytest.param(20.0, 1.9, SKIP, id="swiped away at once"),
        pytest.param(20.0, 2.0, SHOWN, id="two seconds are no skip"),
        pytest.param(20.0, 0.0, SKIP, id="not watched at all"),
        pytest.param(2.0, 0.9, SKIP, id="tiny: less than half is a skip"),
        pytest.param(2.0, 1.5, SHOWN, id="tiny: more than half is not"),
        pytest.param(2.0, 1.9, LONG, id="tiny: seen whole"),
        pytest.param(20.0, None, SHOWN, id="for how long is not known"),
    ],
)
def test_a_view_is_judged_by_how_much_of_the_video_was_watched(
    duration_s: float, watched_s: float | None, verdict: Verdict
) -> None:
    assert _judged(EventKind.VIEW, duration_s, watched_s) == verdict


@pytest.mark.parametrize(
    ("kind", "before", "watched_s", "verdict"),
    [
        pytest.param(EventKind.AWAY, None, 1.5, SHOWN, id="leaving the page is no swipe"),
        pytest.param(EventKind.AWAY, None, 7.5, LONG, id="but may come after a long view"),
        pytest.param(
            EventKind.VIEW, 4.0, 3.5, Verdict(0.7, long_view=True), id="two halves make a long view"
        ),
        pytest.param(EventKind.VIEW, 7.5, 7.5, Verdict(0.0, loops=1), id="which counts once"),
        pytest.param(EventKind.VIEW, 7.5, 0.1, NOTHING, id="and is not taken back by what follows"),
        pytest.param(EventKind.VIEW, 1.5, 1.0, NOTHING, id="two glances are no swipe within two seconds"),
        pytest.param(EventKind.VIEW, 0.5, 0.5, Verdict(-0.5, skipped=True), id="unless they are short"),
    ],
)
def test_what_was_watched_on_a_page_is_judged_as_one(
    kind: EventKind, before: float | None, watched_s: float, verdict: Verdict
) -> None:
    assert _judged(kind, 8.0, watched_s, before) == verdict


@pytest.mark.parametrize(
    ("duration_s", "share"), [(1, 0.9), (10, 0.9), (10.1, 0.7), (30, 0.7), (31, 0.5), (60, 0.5), (61, 0.35)]
)
def test_the_longer_the_video_the_smaller_the_share_that_is_a_long_view(
    duration_s: float, share: float
) -> None:
    assert RULES.long_share(duration_s) == share
