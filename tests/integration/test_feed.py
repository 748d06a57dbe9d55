"""Feedback and the feed on a real catalogue: what is sent changes what comes next, once."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from threading import Barrier
from uuid import UUID, uuid4

import pytest

from coldreel import Coldreel
from coldreel.learn.feedback import Receipt, take
from coldreel.media.demo import DemoShort
from coldreel.model import Event, EventKind, Feed, ItemStats, Origin, Weights
from coldreel.recommend.recommendations import Recommendations
from coldreel.recommend.showcase import Showcases
from coldreel.store.store import Store
from event_ids import uuid7

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
_numbers = count()


def _event(
    user: str,
    item: str,
    kind: EventKind = EventKind.LIKE,
    *,
    event_id: UUID | None = None,
    at: datetime = NOW,
    watched_s: float | None = None,
    request_id: UUID | None = None,
) -> Event:
    # Numbers are per run: the catalogue is new in each.
    return Event(event_id or uuid7(NOW, next(_numbers)), user, item, kind, at, watched_s, request_id)


def _take(store: Store, *events: Event, now: datetime = NOW) -> Receipt:
    return take(store, events, now)


def _stats(store: Store, item: int) -> ItemStats:
    return store.events.stats([item]).get(item, ItemStats(item))


def _gain(before: ItemStats, after: ItemStats) -> dict[str, float]:
    names = (
        "viewers", "pleased", "views", "long_views", "likes", "shares", "skips", "not_interested",
        "watched_s",
    )  # fmt: skip
    changes = {name: getattr(after, name) - getattr(before, name) for name in names}
    return {name: change for name, change in changes.items() if change}


@pytest.fixture
def user() -> str:
    """Somebody whom no other test knows."""
    return f"user-{uuid4().hex}"


@pytest.fixture
def clip(demo_store: Store) -> tuple[int, str]:
    """The id and ref of a demo short."""
    item = demo_store.items.newest(1)[0]
    return item.id, item.ref


# --- taking feedback ----------------------------------------


def test_sending_a_batch_again_changes_nothing(demo_store: Store, user: str, clip: tuple[int, str]) -> None:
    item, ref = clip
    batch = [_event(user, ref), _event(user, ref, EventKind.VIEW, watched_s=60.0)]
    before = _stats(demo_store, item)
    assert _take(demo_store, *batch) == Receipt(2, 0, ())
    after, interests = _stats(demo_store, item), _interests(demo_store, user)
    assert _gain(before, after) == {
        "viewers": 1, "pleased": 1, "views": 1, "long_views": 1, "likes": 1, "watched_s": 60.0,
    }  # fmt: skip

    assert _take(demo_store, *batch) == Receipt(0, 2, ())
    assert _stats(demo_store, item) == after
    assert _interests(demo_store, user) == interests


def test_an_event_that_a_batch_repeats_counts_once(
    demo_store: Store, user: str, clip: tuple[int, str]
) -> None:
    item, ref = clip
    twice = _event(user, ref, EventKind.SHARE)
    before = _stats(demo_store, item)
    assert _take(demo_store, twice, twice) == Receipt(1, 1, ())
    assert _gain(before, _stats(demo_store, item)) == {"viewers": 1, "pleased": 1, "shares": 1}


def test_a_visit_that_was_interrupted_is_one(demo_store: Store, user: str, clip: tuple[int, str]) -> None:
    """However its parts come: in one batch or in several, and none of them twice."""
    item, ref = clip
    page, other = uuid4(), uuid4()
    away = _event(user, ref, EventKind.AWAY, watched_s=1.5, request_id=page)
    view = _event(user, ref, EventKind.VIEW, at=NOW + timedelta(hours=1), watched_s=30.0, request_id=page)
    before = _stats(demo_store, item)
    _take(demo_store, away)
    assert _gain(before, _stats(demo_store, item)) == {"viewers": 1, "views": 1, "watched_s": 1.5}
    for _ in range(2):
        _take(demo_store, away, view, now=view.at)
        assert _gain(before, _stats(demo_store, item)) == {
            "viewers": 1, "pleased": 1, "views": 1, "long_views": 1, "watched_s": 31.5,
        }  # fmt: skip

    before = _stats(demo_store, item)
    _take(demo_store, _event(user, ref, EventKind.VIEW, watched_s=1.0, request_id=other))
    assert _gain(before, _stats(demo_store, item)) == {"views": 1, "skips": 1, "watched_s": 1.0}


def test_a_visit_goes_on_for_a_day(demo_store: Store, user: str, clip: tuple[int, str]) -> None:
    item, ref = clip
    page = uuid4()
    for day in range(3):
        at = NOW + timedelta(days=2 * day)
        before = _stats(demo_store, item)
        id_ = uuid7(at, next(_numbers))
        _take(
            demo_store,
            _event(user, ref, EventKind.VIEW, event_id=id_, at=at, watched_s=1.0, request_id=page),
            now=at,
        )
        gained = {"views": 1, "skips": 1, "watched_s": 1.0} | ({} if day else {"viewers": 1})
        assert _gain(before, _stats(demo_store, item)) == gained


def test_an_unknown_item_loses_its_own_event_alone(
    demo_store: Store, user: str, clip: tuple[int, str]
) -> None:
    item, ref = clip
    lost = _event(user, "no-such-item")
    before = _stats(demo_store, item)
    receipt = _take(demo_store, _event(user, ref), lost, _event(user, ref, EventKind.SHARE))
    assert (receipt.accepted, receipt.duplicates) == (2, 0)
    assert [(r.event_id, r.code) for r in receipt.refused] == [(lost.event_id, "unknown_item")]
    assert "no-such-item" in receipt.refused[0].reason
    assert _gain(before, _stats(demo_store, item)) == {"viewers": 1, "pleased": 1, "likes": 1, "shares": 1}


def test_a_batch_of_unknown_items_makes_nobody_a_user(demo_store: Store, user: str) -> None:
    assert len(_take(demo_store, _event(user, "no-such-item")).refused) == 1
    assert demo_store.users.find(user) is None


def test_a_like_that_is_there_already_counts_once_and_can_be_taken_back_once(
    demo_store: Store, user: str, clip: tuple[int, str]
) -> None:
    item, ref = clip
    before = _stats(demo_store, item)
    _take(demo_store, _event(user, ref), _event(user, ref))
    _take(demo_store, _event(user, ref))
    assert _gain(before, _stats(demo_store, item)) == {"viewers": 1, "likes": 1, "pleased": 1}
    assert demo_store.users.liked(_id(demo_store, user), [item]) == {item}

    _take(demo_store, _event(user, ref, EventKind.UNLIKE), _event(user, ref, EventKind.UNLIKE))
    _take(demo_store, _event(user, ref, EventKind.UNLIKE))
    assert _gain(before, _stats(demo_store, item)) == {"viewers": 1}
    assert demo_store.users.liked(_id(demo_store, user), [item]) == set()
    assert _interests(demo_store, user) == []


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["in order", "out of order"])
def test_within_a_batch_what_happened_last_holds(
    demo_store: Store, user: str, clip: tuple[int, str], order: tuple[int, int]
) -> None:
    item, ref = clip
    happened = [_event(user, ref), _event(user, ref, EventKind.UNLIKE, at=NOW + timedelta(seconds=5))]
    _take(demo_store, *(happened[i] for i in order), now=NOW + timedelta(minutes=1))
    assert demo_store.users.liked(_id(demo_store, user), [item]) == set()


@pytest.mark.parametrize(
    ("says", "kept"),
    [
        pytest.param(NOW + timedelta(days=400), NOW, id="a clock ahead is set back to now"),
        pytest.param(NOW - timedelta(days=3), NOW - timedelta(days=3), id="three days ago is kept"),
        pytest.param(
            datetime(1, 1, 1, tzinfo=UTC), datetime(2000, 1, 1, tzinfo=UTC), id="a clock that lost its year"
        ),
    ],
)
def test_the_clock_of_a_client_is_not_trusted_blindly(
    demo_store: Store, user: str, clip: tuple[int, str], says: datetime, kept: datetime
) -> None:
    receipt = _take(demo_store, _event(user, clip[1], at=says))
    (event,) = demo_store.users.events(_id(demo_store, user))
    assert event.at == kept
    assert event.said_at == (None if kept == says else max(says, datetime(1, 1, 2, tzinfo=UTC)))
    assert receipt.clamped == (kept != says)
    assert demo_store.users.interests(_id(demo_store, user), _space(demo_store)).updated_at == kept


def test_batches_side_by_side_lose_nothing_and_do_not_wait_for_each_other_for_ever(
    demo_store: Store, user: str
) -> None:
    """Eight threads, the same three users, the same items, in every order."""
    users = [f"{user}-{n}" for n in range(3)]
    items = demo_store.items.newest(6)
    before = {item.id: _stats(demo_store, item.id) for item in items}
    pairs = [(name, item.ref) for name in users for item in items]

    def send(turn: int) -> Receipt:
        mixed = pairs[turn:] + pairs[:turn]
        batch = [_event(name, ref, EventKind.SHARE) for name, ref in (mixed if turn % 2 else mixed[::-1])]
        return _take(demo_store, *batch)

    with ThreadPoolExecutor(8) as threads:
        receipts = list(threads.map(send, range(16)))
    assert {receipt.accepted for receipt in receipts} == {len(pairs)}
    for item in items:
        assert _gain(before[item.id], _stats(demo_store, item.id)) == {
            "viewers": 3,
            "pleased": 3,
            "shares": 48,
        }


def test_the_same_events_from_two_sides_at_once_count_once(
    demo_store: Store, user: str, clip: tuple[int, str]
) -> None:
    """Under two names and in opposite orders, so that only one order for all writers helps."""
    start = Barrier(2)

    def send(name: str, order: list[UUID]) -> Receipt:
        start.wait()
        return _take(demo_store, *(_event(name, clip[1], EventKind.SHARE, event_id=i) for i in order))

    with ThreadPoolExecutor(2) as threads:
        for _ in range(6):
            ids = [uuid7(NOW, next(_numbers)) for _ in range(1000)]
            sides = list(threads.map(send, [f"{user}-1", f"{user}-2"], [ids, ids[::-1]]))
            assert sum(side.accepted for side in sides) == 1000


# --- what comes next ----------------------------------------


def test_likes_of_one_kind_bring_more_of_it_on_the_next_page(
    reel: Coldreel, user: str, kinds: dict[str, str]
) -> None:
    """Of twenty shorts two are of a kind, so the other one must come."""
    items, recommendations = reel.store.items.newest(20), _by_taste(reel)
    for kind in sorted(set(kinds.values())):
        liked, other = (item for item in items if kinds[item.file] == kind)
        name = f"{user}-{kind}"
        _take(reel.store, _event(name, liked.ref))
        page = recommendations.feed(name, 8)
        places = [place.item.ref for place in page.items]
        assert liked.ref not in places
        assert other.ref in places, kind


def test_the_reason_names_what_was_liked(reel: Coldreel, user: str, kinds: dict[str, str]) -> None:
    liked, other = (item for item in reel.store.items.newest(20) if kinds[item.file] == "galaxy")
    _take(reel.store, _event(user, liked.ref))
    page = _by_taste(reel).feed(user, 4)
    reasons = {place.item.ref: place.reason for place in page.items}
    assert reasons[other.ref] == f"Because you liked “{liked.title}”"


def test_a_new_user_gets_different_kinds(reel: Coldreel, user: str, kinds: dict[str, str]) -> None:
    page = reel.recommendations.feed(user, 8)
    found = Counter(kinds[place.item.file] for place in page.items)
    assert len(found) >= 6  # of ten; eight items drawn blindly from twenty hold 6.3 kinds on average


def test_nothing_comes_again_before_everything_was_seen(reel: Coldreel, user: str) -> None:
    seen: list[str] = []
    for size in (1, 7, 3, 9):
        page = _seen_page(reel, user, size)
        assert len(page.items) == size
        assert not any(place.again for place in page.items)
        seen += [place.item.ref for place in page.items]
    assert len(set(seen)) == 20

    again = _seen_page(reel, user, 5)
    assert [place.again for place in again.items] == [True] * 5
    assert {place.item.ref for place in again.items} == set(seen[:5])  # the longest ago


def test_what_comes_again_comes_round_even_when_nobody_looks(reel: Coldreel, user: str) -> None:
    _seen_page(reel, user, 20)
    pages = [reel.recommendations.feed(user, 10) for _ in range(2)]
    assert all(place.again for page in pages for place in page.items)
    assert len({place.item.ref for page in pages for place in page.items}) == 20


def test_what_was_served_and_not_shown_is_held_back_while_there_are_others(reel: Coldreel, user: str) -> None:
    first, second, third, fourth = (_refs(reel.recommendations.feed(user, 10)) for _ in range(4))
    assert [len(page) for page in (first, second)] == [10, 10]
    assert first.isdisjoint(second)
    assert (third, fourth) == (first, second)  # those first that were served the longest ago


def test_what_is_held_back_comes_before_what_comes_again(reel: Coldreel, user: str) -> None:
    seen = _refs(_seen_page(reel, user, 4))
    held = _refs(reel.recommendations.feed(user, 16))
    page = reel.recommendations.feed(user, 20)
    assert [place.again for place in page.items] == [False] * 16 + [True] * 4
    assert [place.origin for place in page.items] == [Origin.HELD_BACK] * 16 + [Origin.AGAIN] * 4
    assert {place.item.ref for place in page.items[:16]} == held
    assert {place.item.ref for place in page.items[16:]} == seen


def test_what_is_held_back_is_as_new_when_the_time_is_over(reel: Coldreel, user: str) -> None:
    recommendations = reel.recommendations
    recommendations.feed(user, 20)
    assert {place.origin for place in recommendations.feed(user, 20).items} == {Origin.HELD_BACK}
    reel.store.database.execute(
        b"update impressions set served_at = served_at - interval '11 minutes' where user_id = %(user)s",
        {"user": _id(reel.store, user)},
    )
    page = recommendations.feed(user, 20)
    assert len(page.items) == 20
    assert Origin.HELD_BACK not in {place.origin for place in page.items}


def test_every_place_served_is_logged_with_its_reasons(reel: Coldreel, user: str) -> None:
    page = reel.recommendations.feed(user, 10)
    logged = reel.store.database.tuples(
        b"select position, item, slot, origin, parts ? 'bias', model_version <> '' from impressions"
        b" where request_id = %(request)s order by position",
        {"request": page.request_id},
    )
    assert logged == [
        (n, place.item.id, str(place.slot), str(place.origin), True, True)
        for n, place in enumerate(page.items)
    ]


def test_what_is_not_wanted_does_not_come_back(reel: Coldreel, user: str) -> None:
    first = _seen_page(reel, user, 20)
    unwanted = first.items[0].item.ref
    _take(reel.store, _event(user, unwanted, EventKind.NOT_INTERESTED))
    again = {place.item.ref for place in reel.recommendations.feed(user, 20).items}
    assert len(again) == 19
    assert unwanted not in again


def _by_taste(reel: Coldreel) -> Recommendations:
    """Without what other tests have made of the items: taste alone counts."""
    weights = Weights("taste", {"content_fit": 5.0})
    return replace(reel.recommendations, showcases=Showcases(reel.store, lambda _: weights))


# --- asking ----------------------------------------


def test_search_finds_the_words_of_captions(reel: Coldreel, demo_clips: list[DemoShort]) -> None:
    """Captions are read from the picture, so a letter may be wrong."""
    words = {word for short in demo_clips for word in short.caption.split() if len(word) > 4}
    missed = []
    for word in sorted(words):
        wanted = {short.path.name for short in demo_clips if word.lower() in short.caption.lower().split()}
        found = [hit.item.file for hit in reel.recommendations.search(word, 3)]
        if not wanted & set(found):
            missed.append(word)
    assert len(missed) <= len(words) * 0.2, missed


@pytest.mark.parametrize("nonsense", ["xqzvw", "wzqx vvkjq", "!!!", "  ", "'; drop table items; --", "🦑🦑"])
def test_an_absurd_query_finds_nothing(reel: Coldreel, nonsense: str) -> None:
    assert reel.recommendations.search(nonsense, 10) == []


def test_the_most_similar_is_the_item_itself_with_exactly_one(reel: Coldreel) -> None:
    for item in reel.store.items.newest(20):
        rows = reel.similar(item.ref, k=20)
        assert (rows[0].ref, f"{rows[0].cosine_similarity:.6f}") == (item.ref, "1.000000")
        cosines = [row.cosine_similarity for row in rows]
        assert cosines == sorted(cosines, reverse=True)
        assert len({row.ref for row in rows}) == 20


def test_the_nearest_demo_short_is_mostly_the_other_one_of_its_kind(
    reel: Coldreel, kinds: dict[str, str]
) -> None:
    items = reel.store.items.newest(20)
    hits = sum(kinds[item.file] == kinds[reel.similar(item.ref, k=2)[1].file] for item in items)
    assert hits >= 16  # by chance it would be one


# --- what the tests ask for ----------------------------------------


def _id(store: Store, user: str) -> int:
    known = store.users.find(user)
    assert known is not None
    return known.id


def _space(store: Store) -> int:
    space = store.spaces.active()
    assert space is not None
    return space.id


def _interests(store: Store, user: str) -> list[tuple[float, ...]]:
    interests = store.users.interests(_id(store, user), _space(store))
    return [(weight, *vector) for weight, vector in zip(interests.weights, interests.vectors, strict=True)]


def _refs(page: Feed) -> set[str]:
    return {place.item.ref for place in page.items}


def _seen_page(reel: Coldreel, user: str, n: int) -> Feed:
    """A page of which every item is then watched for a moment, in the order of its places."""
    page = reel.recommendations.feed(user, n)
    start = datetime.now(UTC)
    views = [
        _event(
            user,
            place.item.ref,
            EventKind.VIEW,
            at=start + timedelta(microseconds=position),
            watched_s=3.0,
        )
        for position, place in enumerate(page.items)
    ]
    _take(reel.store, *views, now=start + timedelta(seconds=1))
    return page
