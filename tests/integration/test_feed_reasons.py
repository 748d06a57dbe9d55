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
from coldreel.learn.feedback import take
from coldreel.learn.relating import RelatingRules, relate
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

ITEMS, KNOWN, USERS, SEEN = 150, 90, 60, 20
LOVED = 12
"""So many of the known items please nearly everybody."""
HIDDEN = 4
"""And so many of these are seen by few."""
NEAREST = 25
"""A page of ten looks at 20 around an interest; the index finds nearly the nearest ones."""
NOW = datetime.now(UTC)


@pytest.fixture
def watched(store: Store) -> Store:
    """A catalogue that many people have watched, each in its own way."""
    space, rng = space_of(store), np.random.default_rng(5)
    ids = many_items(store, space, directions(ITEMS))
    titles = {item: f"Title of {item}" for item in ids}
    for item, title in titles.items():
        store.database.execute(b"update items set title = %(t)s where id = %(i)s", {"t": title, "i": item})
    refs = [card.ref for card in store.items.cards(ids[:KNOWN])]
    chances = np.ones(KNOWN)
    chances[:HIDDEN] = 0.6
    chances[HIDDEN:LOVED] = 3.0
    events, n = [], 0
    for user in range(USERS):
        for item in rng.choice(KNOWN, SEEN, replace=False, p=chances / chances.sum()).tolist():
            n += 1
            liked, at = rng.random() < (0.95 if item < LOVED else 0.15), NOW - timedelta(minutes=n)
            kind, seconds = (
                (EventKind.LIKE, None)
                if liked
                else (EventKind.VIEW, float(rng.choice([0.5, 0.5, 0.5, 3.0, 3.0, 3.0, 6.0])))
            )
            events.append(Event(uuid7(at, n), f"user-{user}", refs[item], kind, at, seconds, uuid4()))
    take(store, events, NOW)
    assert count(store, NOW, CountingRules()) is not None
    assert relate(store, space, RelatingRules()).rows > 0
    return store


def test_every_reason_is_true(watched: Store) -> None:
    recommendations = _recommendations(watched)
    origins: Counter[Origin] = Counter()
    for user in [*(f"user-{n}" for n in range(USERS)), *["new"] * 4]:
        for place in recommendations.feed(user, 10).items:
            _check(watched, user, place)
            origins[place.origin] += 1
    assert set(origins) == set(Origin) - {Origin.HELD_BACK, Origin.AGAIN}, origins


def test_so_it_is_when_nothing_new_is_left(watched: Store) -> None:
    recommendations, user = _recommendations(watched), "user-7"
    new = ITEMS - SEEN
    pages = [recommendations.feed(user, 50) for _ in range(4)]
    places = [place for page in pages for place in page.items]
    for place in places[new:]:
        _check(watched, user, place)
    assert {place.origin for place in places[:new]}.isdisjoint({Origin.HELD_BACK, Origin.AGAIN})
    assert {place.origin for place in places[new:]} == {Origin.HELD_BACK}
    for page in pages[:3]:
        at = datetime.now(UTC)
        seen = [
            Event(uuid7(at, n), user, place.item.ref, EventKind.VIEW, at, 6.0, page.request_id)
            for n, place in enumerate(page.items)
        ]
        take(watched, seen, at)
    again = recommendations.feed(user, 10).items
    assert [place.origin for place in again] == [Origin.AGAIN] * 10
    for place in again:
        _check(watched, user, place)


def _recommendations(store: Store) -> Recommendations:
    rules = FeedRules(candidates=CandidateRules(), selection=SelectionRules(random_share=0.05))
    return Recommendations(
        store, _no_search, Showcases(store, lambda _: SHIPPED), rules,
        new_rng=lambda: np.random.default_rng(1),
    )  # fmt: skip


def _no_search(words: str, space: StoredSpace) -> TextProbe:
    raise AssertionError


def _space(store: Store) -> StoredSpace:
    space = store.spaces.active()
    assert space is not None
    return space


def _check(store: Store, user: str, place: FeedItem) -> None:
    """What the sentence says of this place holds by the database."""
    item, reason = place.item.id, place.reason
    stats = store.events.stats([item]).get(item)
    viewers, pleased = (stats.viewers, stats.pleased) if stats else (0, 0)
    assert _knows(store, user, item) == (place.origin is Origin.AGAIN)
    if found := re.fullmatch(r"Because you (liked|watched) “Title of (\d+)”", reason):
        verb, cause = found[1], int(found[2])
        assert _pleased_by(store, user)[cause] == (verb == "liked")
        vectors = store.vectors(_space(store)).of([item, cause])
        assert float(vectors[item] @ vectors[cause]) >= 0.45
    elif found := re.fullmatch(r"Related to what you like(?:; it pleased (\d+) of (\d+) viewers?)?", reason):
        query = b"select item from neighbours where neighbour = %(i)s"
        assert set(store.database.values(query, {"i": item})) & set(_pleased_by(store, user))
        assert (int(found[1] or 0), int(found[2] or viewers)) == (pleased, viewers)
    elif found := re.fullmatch(r"A hit: it pleased (\d+) of (\d+) viewers?", reason):
        assert (int(found[1]), int(found[2])) == (pleased, viewers)
        assert _on_board(store, "hits", item)
    elif found := re.fullmatch(r"One of the best so far: it pleased (\d+) of (\d+) viewers?", reason):
        assert (int(found[1]), int(found[2])) == (pleased, viewers)
        assert _on_board(store, "best", item)
    elif found := re.fullmatch(r"A hidden gem: it pleased (\d+) of its (\d+) viewers? so far", reason):
        assert (int(found[1]), int(found[2])) == (pleased, viewers)
        assert _on_board(store, "gems", item)
    elif reason == "You are among the first to see it":
        assert viewers < 3
    elif found := re.fullmatch(r"On trial: (\d+) viewers? saw it before you", reason):
        assert int(found[1]) == viewers
    elif reason == "To get to know you: from a varied sample of what there is":
        assert not _interests(store, user)
    elif reason == "Among the nearest to your taste of what you have not seen":
        assert _rank(store, user, item) <= NEAREST
    elif reason == "It was on an earlier page, and you have not watched it yet":
        assert _served(store, user, item) > 1  # on that page, and now
    elif reason == "Nothing new is left for now; this is among what you saw the longest ago":
        assert _seen_later(store, user, item) >= ITEMS - 10
    else:
        assert reason == "Drawn at random from what you have not seen", reason
        assert place.origin is Origin.RANDOM


def _on_board(store: Store, board: str, item: int) -> bool:
    query = b"select exists (select from boards where board = %(b)s and item = %(i)s)"
    return bool(store.database.value(query, {"b": board, "i": item}))


def _knows(store: Store, user: str, item: int) -> bool:
    return item in _seen(store, user)


def _seen(store: Store, user: str) -> dict[int, datetime]:
    """What the user has seen, and when."""
    query = (
        b"select x.item, x.last_at from interactions x join users u on u.id = x.user_id where u.ref = %(u)s"
    )
    return dict(store.database.tuples(query, {"u": user}))


def _seen_later(store: Store, user: str, item: int) -> int:
    """How many items the user saw at that time or since."""
    seen = _seen(store, user)
    return sum(at >= seen[item] for at in seen.values())


def _served(store: Store, user: str, item: int) -> int:
    query = (
        b"select count(*) from impressions m join users u on u.id = m.user_id"
        b" where u.ref = %(u)s and m.item = %(i)s"
    )
    return int(store.database.value(query, {"u": user, "i": item}))


def _pleased_by(store: Store, user: str) -> dict[int, bool]:
    """Items that pleased the user, and whether they were liked."""
    query = (
        b"select x.item, x.liked from interactions x join users u on u.id = x.user_id"
        b" where u.ref = %(u)s and x.pleased"
    )
    return dict(store.database.tuples(query, {"u": user}))


def _interests(store: Store, user: str) -> list[np.ndarray]:
    query = (
        b"select unnest(s.interests) from user_state s join users u on u.id = s.user_id where u.ref = %(u)s"
    )
    return [each.to_numpy() for each in store.database.values(query, {"u": user})]


def _rank(store: Store, user: str, item: int) -> int:
    """The best place that the item has by nearness to one of the user's interests, among what is unseen."""
    unseen = [each for each in store.neighbours.items().tolist() if not _knows(store, user, each)]
    vectors = store.vectors(_space(store)).of(unseen)
    table = np.stack([vectors[each] for each in unseen])
    at = unseen.index(item)
    return min(int(np.sum(table @ taste > table[at] @ taste)) + 1 for taste in _interests(store, user))
