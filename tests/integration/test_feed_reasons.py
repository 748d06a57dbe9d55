"""Every reason is true: each is read back and held against what the database knows."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import numpy as np
import pytest
from store_rows import directions, many_items, space_of

from coldreel.learn.counting import CountingRules, count
from coldreel.learn.feedback import FeedbackRules, take
from coldreel.model import Event, EventKind, FeedItem, Origin
from coldreel.recommend.candidates import CandidateRules
from coldreel.recommend.feed import FeedRules
from coldreel.recommend.lookup import TextProbe
from coldreel.recommend.recommendations import Recommendations
from coldreel.recommend.scoring import SHIPPED
from coldreel.recommend.selection import SelectionRules
from coldreel.recommend.showcase import Showcases
from coldreel.store.store import Store
from coldreel.store.vectors import StoredSpace
from event_ids import uuid7

ITEMS, USERS = 150, 25
NOW = datetime.now(UTC)


@pytest.fixture
def watched(store: Store) -> Store:
    """A catalogue that many people have watched, each in its own way."""
    space, rng = space_of(store), np.random.default_rng(5)
    ids = many_items(store, space, directions(ITEMS))
    titles = {item: f"Title of {item}" for item in ids}
    for item, title in titles.items():
        store.database.execute(b"update items set title = %(t)s where id = %(i)s", {"t": title, "i": item})
    refs = [card.ref for card in store.items.cards(ids[:100])]
    events, n = [], 0
    for user in range(USERS):
        for ref in rng.choice(refs, 20, replace=False).tolist():
            n += 1
            liked, at = rng.random() < 0.3, NOW - timedelta(minutes=n)
            kind, seconds = (
                (EventKind.LIKE, None) if liked else (EventKind.VIEW, float(rng.choice([0.5, 3.0, 6.0])))
            )
            events.append(Event(uuid7(at, n), f"user-{user}", ref, kind, at, seconds, uuid4()))
    take(store, space, events, NOW, FeedbackRules())
    assert count(store, NOW, CountingRules()) is not None
    return store


def test_every_reason_is_true(watched: Store) -> None:
    space = watched.spaces.active()
    assert space is not None
    rules = FeedRules(candidates=CandidateRules(), selection=SelectionRules(random_share=0.05))
    recommendations = Recommendations(
        watched, _no_search, Showcases(watched, lambda: SHIPPED), rules,
        new_rng=lambda: np.random.default_rng(1),
    )  # fmt: skip
    origins: Counter[Origin] = Counter()
    for user in [*(f"user-{n}" for n in range(USERS)), "new-1", "new-2"]:
        for _ in range(2):
            page = recommendations.feed(user, 10)
            for place in page.items:
                _check(watched, space, user, place)
                origins[place.origin] += 1
    assert {Origin.INTEREST, Origin.SPREAD, Origin.FRESH, Origin.RANDOM} <= set(origins), origins
    assert origins[Origin.HIT] + origins[Origin.GEM] > 0, origins


def _no_search(words: str, space: StoredSpace) -> TextProbe:
    raise AssertionError


def _check(store: Store, space: StoredSpace, user: str, place: FeedItem) -> None:
    """What the sentence says of this place holds by the database."""
    item, reason = place.item.id, place.reason
    stats = store.events.stats([item]).get(item)
    viewers, pleased = (stats.viewers, stats.pleased) if stats else (0, 0)
    if found := re.fullmatch(r"Because you (liked|watched) “Title of (\d+)”", reason):
        verb, cause = found[1], int(found[2])
        ((liked, is_pleased),) = store.database.tuples(
            b"select x.liked, x.pleased from interactions x join users u on u.id = x.user_id"
            b" where u.ref = %(u)s and x.item = %(i)s",
            {"u": user, "i": cause},
        )
        assert is_pleased
        assert liked == (verb == "liked")
        vectors = store.vectors(space).of([item, cause])
        assert float(vectors[item] @ vectors[cause]) >= 0.45
    elif found := re.fullmatch(r"On the rise: it pleased (\d+) of (\d+) viewers?", reason):
        assert (int(found[1]), int(found[2])) == (pleased, viewers)
        assert _on_board(store, "hits", item)
    elif found := re.fullmatch(r"One of the best so far: it pleased (\d+) of (\d+) viewers?", reason):
        assert (int(found[1]), int(found[2])) == (pleased, viewers)
        assert _on_board(store, "best", item)
    elif found := re.fullmatch(r"A hidden gem: it pleased (\d+) of its (\d+) viewers? so far", reason):
        assert (int(found[1]), int(found[2])) == (pleased, viewers)
        assert _on_board(store, "gems", item)
    elif reason == "New: you are among the first to see it":
        assert viewers < 3
    elif found := re.fullmatch(r"New: only (\d+) viewers? saw it before you", reason):
        assert int(found[1]) == viewers
    elif reason == "To get to know you: unlike the others on this page":
        assert user.startswith("new-")
    elif reason == "The nearest to your taste among what you have not seen":
        assert place.origin is Origin.INTEREST
        assert not _knows(store, user, item)
    else:
        assert reason == "A random pick, to find out what else you like", reason
        assert not _knows(store, user, item)


def _on_board(store: Store, board: str, item: int) -> bool:
    query = b"select exists (select from boards where board = %(b)s and item = %(i)s)"
    return bool(store.database.value(query, {"b": board, "i": item}))


def _knows(store: Store, user: str, item: int) -> bool:
    query = (
        b"select exists (select from interactions x join users u on u.id = x.user_id"
        b" where u.ref = %(u)s and x.item = %(i)s)"
    )
    return bool(store.database.value(query, {"u": user, "i": item}))
