"""Events are kept once, in the partition of their time; a user can be forgotten without a trace."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import numpy as np
import pytest
from store_rows import directions, many_items, space_of, taken_in, viewed, wait_for_a_waiter

from coldreel.errors import AmbiguousRefError, UnknownItemError
from coldreel.model import FeedItem, Interaction, Interests, ItemStats, Origin, Slot
from coldreel.store.store import Store
from event_ids import uuid7

NOW = datetime.now(UTC)
MONTHS_MADE = 3


@pytest.fixture
def item(store: Store) -> int:
    return many_items(store, space_of(store), directions(1))[0]


def partition_of(store: Store, event_id: UUID) -> str:
    return str(
        store.database.value(
            b"select tableoid::regclass::text from events where event_id = %(id)s", {"id": event_id}
        )
    )


def partitions(store: Store, table: str) -> set[str]:
    query = b"select inhrelid::regclass::text from pg_inherits where inhparent = %(table)s::regclass"
    return set(store.database.values(query, {"table": table}))


def count(store: Store, table: str) -> int:
    return int(store.database.value(f"select count(*) from {table}".encode()))


# --- events ----------------------------------------


def test_an_event_sent_again_counts_once(store: Store, item: int) -> None:
    first, second = (viewed(store, "ada", item, uuid7(NOW, salt)) for salt in (1, 2))
    assert store.events.append([first]) == {first.event.event_id}
    assert store.events.append([first, second, second]) == {second.event.event_id}
    assert store.events.append([first, second]) == set()
    user = store.users.find("ada")
    assert user is not None
    assert [past.event_id for past in store.users.events(user.id)] == [
        first.event.event_id,
        second.event.event_id,
    ]


def test_an_event_sent_by_many_at_once_counts_once(store: Store, item: int) -> None:
    placed = [viewed(store, "ada", item, uuid7(NOW, salt)) for salt in range(20)]
    with ThreadPoolExecutor(6) as threads:
        news = list(threads.map(lambda _: store.events.append(placed), range(6)))
    assert sum(map(len, news)) == len(set().union(*news)) == 20
    assert count(store, "events") == 20


def test_an_event_keeps_all_that_was_sent(store: Store, item: int) -> None:
    placed = viewed(store, "ada", item, uuid7(NOW), at=NOW)
    store.events.append([placed])
    (past,) = store.users.events(placed.user)
    assert (past.item, past.kind, past.watched_s, past.at) == ("item-1", "view", 2.0, NOW)
    assert past.request_id is None


def test_the_partitions_of_this_month_and_the_next_two_are_made(store: Store) -> None:
    first = NOW.replace(day=1)
    months = [first.year * 12 + first.month - 1 + n for n in range(MONTHS_MADE)]
    suffixes = {f"{month // 12}_{month % 12 + 1:02}" for month in months} | {"default"}
    for table in ("events", "impressions"):
        assert partitions(store, table) == {f"{table}_{suffix}" for suffix in suffixes}
    store.events.make_partitions()
    assert len(partitions(store, "events")) == MONTHS_MADE + 1


@pytest.mark.parametrize(
    ("event_id", "partition"),
    [
        (uuid7(NOW), f"events_{NOW:%Y_%m}"),
        (uuid7(datetime(2031, 5, 17, tzinfo=UTC)), "events_default"),
        (UUID("7c1f0d1e-52b7-4cbb-9c1e-0f5a3f9b1c11"), "events_default"),
        (UUID(int=0), "events_default"),
        (UUID(int=2**128 - 1), "events_default"),
    ],
    ids=["of now", "of a month to come", "version 4", "lowest", "highest"],
)
def test_every_event_id_has_its_place(store: Store, item: int, event_id: UUID, partition: str) -> None:
    placed = viewed(store, "ada", item, event_id)
    assert store.events.append([placed]) == {event_id}
    assert store.events.append([placed]) == set()
    assert partition_of(store, event_id) == partition


@pytest.mark.parametrize(
    ("at", "partition"),
    [
        (datetime(2031, 5, 1, tzinfo=UTC), "events_2031_05"),
        (datetime(2031, 6, 1, tzinfo=UTC) - timedelta(milliseconds=1), "events_2031_05"),
        (datetime(2031, 6, 1, tzinfo=UTC), "events_default"),
        (datetime(2031, 5, 1, tzinfo=UTC) - timedelta(milliseconds=1), "events_default"),
    ],
    ids=["first", "last", "after", "before"],
)
def test_rows_of_a_month_move_when_its_partition_is_made(
    store: Store, item: int, at: datetime, partition: str
) -> None:
    placed = viewed(store, "ada", item, uuid7(at))
    store.events.append([placed])
    assert partition_of(store, placed.event.event_id) == "events_default"
    store.database.execute(b"select make_partitions('2031-05-20'::timestamptz)")
    assert partition_of(store, placed.event.event_id) == partition
    assert store.events.append([placed]) == set()
    assert count(store, "events") == 1


def test_a_late_partition_takes_impressions_along_too(store: Store, item: int) -> None:
    user = store.users.ensure("ada")
    store.database.execute(
        b"insert into impressions (request_id, position, user_id, item, slot, origin, score, parts,"
        b" model_version, served_at)"
        b" values (%(id)s, 0, %(user)s, %(item)s, 'main', 'random', 0, '{}', 'none',"
        b" '2031-05-31 23:59:59+00')",
        {"id": uuid4(), "user": user, "item": item},
    )
    store.database.execute(b"select make_partitions('2031-05-20'::timestamptz)")
    assert count(store, "impressions_2031_05") == 1
    assert store.users.erase("ada")
    assert count(store, "impressions") == 0


def test_counts_of_an_item_add_up(store: Store, item: int) -> None:
    day, week = timedelta(days=1), timedelta(days=7)
    late, early = NOW, NOW - timedelta(days=7)
    for at in (early, late, early):  # an earlier one after a later one counts as much as it is worth by then
        change = ItemStats(item, viewers=1, likes=-1, watched_s=3.5, fast_viewers=1, slow_viewers=1,
                           decayed_at=at)  # fmt: skip
        store.events.change([change], day, week)
    assert store.events.stats([item, 999]) == {
        item: ItemStats(item, viewers=3, likes=-3, watched_s=10.5, fast_viewers=1 + 2 / 128, slow_viewers=2.0,
                        decayed_at=late)
    }  # fmt: skip


def test_what_is_so_old_that_it_counts_nothing_does_not_stop_the_counting(store: Store, item: int) -> None:
    day = timedelta(days=1)
    for at in (NOW - timedelta(days=9_000), NOW):
        store.events.change([ItemStats(item, viewers=1, fast_viewers=1, decayed_at=at)], day, day)
        store.events.change([ItemStats(item, fast_viewers=1e-290, decayed_at=at)], day, day)
    assert store.events.stats([item])[item].fast_viewers == 1.0


# --- users ----------------------------------------


def test_a_user_is_added_once_by_many_at_once(store: Store) -> None:
    with ThreadPoolExecutor(8) as threads:
        ids = set(threads.map(lambda _: store.users.ensure("ada"), range(40)))
    assert len(ids) == 1
    assert store.users.hold_all(["ada", "ada", "bob"]).keys() == {"ada", "bob"}


def test_interests_come_back_as_they_were_and_only_in_their_space(store: Store) -> None:
    space = space_of(store)
    user = store.users.ensure("ada")
    assert store.users.interests(user, space.id).vectors == ()
    vectors = directions(7)
    kept = {
        user: Interests(tuple(vectors[:2]), (1.5, 0.25), (3, 1), tuple(vectors[2:5]), NOW),
        store.users.ensure("bob"): Interests(aversions=(vectors[5],), updated_at=NOW),
        store.users.ensure("cy"): Interests((vectors[6],), (0.5,), (1,), updated_at=NOW),
    }
    store.users.put_interests(space.id, kept)
    store.users.put_interests(space.id, kept)
    found = store.users.interests_of([*kept, 999], space.id)
    assert found.keys() == kept.keys()
    for one, as_it_was in kept.items():
        assert np.array_equal(found[one].vectors, as_it_was.vectors)
        assert np.array_equal(found[one].aversions, as_it_was.aversions)
        assert (found[one].weights, found[one].positives) == (as_it_was.weights, as_it_was.positives)
        assert found[one].updated_at == NOW
    assert store.users.interests(user, space_of(store, 8).id).vectors == ()


def test_what_is_between_a_user_and_an_item_comes_back_as_it_was(store: Store, item: int) -> None:
    user = store.users.ensure("ada")
    put = store.users.put_interactions
    kept = Interaction(user, item, NOW - timedelta(days=1), NOW, 3, 4.125, 1, 2, 5, 6)
    put([kept])
    assert store.users.interactions([(user, item), (user, 999)]) == {(user, item): kept}
    put([replace(kept, liked=True)])
    assert store.users.liked(user, [item]) == {item}
    put([replace(kept, not_interested=True)])
    assert store.users.liked(user, [item]) == set()
    assert [x.not_interested for x in store.users.take_interactions(user)] == [True]
    assert store.users.interactions([(user, item)]) == {}


def test_a_creator_is_hidden_since_the_first_time_and_one_without_a_name_is_not(
    store: Store, item: int
) -> None:
    user = store.users.ensure("ada")
    for at in (NOW, NOW - timedelta(days=1), NOW):
        store.users.hide_creators([(user, item, at)])
    assert store.database.tuples(b"select creator, at from hidden_creators") == [
        ("folder", NOW - timedelta(days=1))
    ]
    store.users.forget_hidden_creators(user)
    store.database.execute(b"update items set creator = ''")
    store.users.hide_creators([(user, item, NOW)])
    assert store.users.hidden_creators(user) == []


def test_an_erased_user_is_added_anew_by_feedback_that_waited_for_it(store: Store, item: int) -> None:
    old = store.users.ensure("ada")
    with ThreadPoolExecutor(1) as thread:
        with store.database.transaction():
            store.users.erase("ada")
            held = thread.submit(_held, store, "ada")
            wait_for_a_waiter(store)
        assert held.result() != old


def _held(store: Store, name: str) -> int:
    with store.database.transaction():
        return store.users.hold_all([name])[name]


def test_a_forgotten_user_leaves_nothing(store: Store, item: int) -> None:
    for name in ("ada", "bob"):
        user = store.users.ensure(name)
        ids = (uuid7(NOW, user), uuid7(datetime(2031, 5, 17, tzinfo=UTC), user))
        store.events.append([viewed(store, name, item, event_id) for event_id in ids])
        store.users.put_interactions([Interaction(user, item, NOW, NOW, views=1)])
        interests = Interests(tuple(directions(1)), (1.0,), (1,), updated_at=NOW)
        store.users.put_interests(space_of(store).id, {user: interests})
        card = store.items.cards([item])[0]
        place = FeedItem(card, Slot.MAIN, Origin.RANDOM, "by chance", 0.1, {"fit": 0.1})
        store.impressions.append(uuid4(), user, [place], "test", space_of(store).id)
    assert store.users.erase("ada")
    assert store.users.find("ada") is None
    left = {t: count(store, t) for t in ("users", "user_state", "interactions", "events", "impressions")}
    assert left == {"users": 1, "user_state": 1, "interactions": 1, "events": 2, "impressions": 1}
    assert not store.users.erase("ada")


def test_an_impression_tells_why(store: Store, item: int) -> None:
    user, request = store.users.ensure("ada"), uuid4()
    card = store.items.cards([item])[0]
    places = [
        FeedItem(card, Slot.RANDOM, Origin.RANDOM, "by chance", 0.5, {"fit": 0.25}),
        FeedItem(card, Slot.MAIN, Origin.INTEREST, "because", 0.75, {}),
    ]
    store.impressions.append(request, user, places, "model-1", space_of(store).id)
    logged = store.database.tuples(
        b"select position, slot, origin, score, parts, model_version from impressions"
        b" where request_id = %(request)s order by position",
        {"request": request},
    )
    assert logged == [
        (0, "random", "random", 0.5, {"fit": 0.25}, "model-1"),
        (1, "main", "interest", 0.75, {}, "model-1"),
    ]


# --- names ----------------------------------------


def test_an_item_is_found_by_ref_and_by_file_name(store: Store) -> None:
    published = taken_in(store, "holiday.mp4")
    assert store.items.find(published.ref) == store.items.find("holiday.mp4")


def test_a_file_name_of_two_items_lists_their_refs(store: Store) -> None:
    refs = [taken_in(store, name).ref for name in ("one/clip.mp4", "two/clip.mp4")]
    with pytest.raises(AmbiguousRefError) as told:
        store.items.find("clip.mp4")
    assert all(ref in told.value.message for ref in refs)


@pytest.mark.parametrize("typed", ["holidy.mp4", "HOLIDAY", "holiday"])
def test_an_unknown_name_is_answered_with_the_nearest(store: Store, typed: str) -> None:
    refs = {name: taken_in(store, name).ref for name in ("holiday.mp4", "cat.mp4")}
    with pytest.raises(UnknownItemError, match=refs["holiday.mp4"]):
        store.items.find(typed)


def test_an_empty_catalogue_says_that_it_is_empty(store: Store) -> None:
    with pytest.raises(UnknownItemError, match="empty"):
        store.items.find("anything")


def test_full_text_finds_words_and_survives_any_query(store: Store) -> None:
    item = taken_in(store, "a.mp4")
    assert store.items.full_text("short", 5) == [item.id]
    for nothing in ("zebra", "", "!!! & | ( ' --", "\\", "the" * 500):
        assert store.items.full_text(nothing, 5) == []


def test_pages_of_the_newest_neither_repeat_nor_skip(store: Store) -> None:
    ids = many_items(store, space_of(store), directions(7))
    first = store.items.newest(3)
    second = store.items.newest(3, before=first[-1].id)
    third = store.items.newest(3, before=second[-1].id)
    assert [item.id for item in first + second + third] == ids[::-1]


def test_every_server_signs_with_the_same_key(store: Store, store_url: str) -> None:
    with Store.open(store_url) as other:
        assert store.signing_key() == other.signing_key() == store.signing_key()
    assert len(store.signing_key()) == 32
