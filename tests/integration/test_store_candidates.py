"""What a request asks of the catalogue: what the user knows never comes, and there is enough all the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import numpy as np
import pytest
from store_rows import database, directions, interact, many_items, space_of

from coldreel.model import EVERYTHING, FeedItem, Interests, Origin, Policy, Slot, Trial, Vector
from coldreel.store.candidates import Audience, Candidates, Columns
from coldreel.store.store import Store
from coldreel.store.vectors import StoredSpace

ITEMS, DIMENSIONS = 3_000, 32
SEEN = 300


@dataclass(frozen=True, eq=False)
class Filled:
    """A store with items in random directions; row n of `vectors` belongs to `ids[n]`."""

    store: Store
    space: StoredSpace
    vectors: Vector
    ids: list[int]

    @property
    def candidates(self) -> Candidates:
        return Candidates(self.store.database, self.space)

    def nearest(self, query: Vector, k: int) -> list[int]:
        return [self.ids[n] for n in np.argsort(-(self.vectors @ query))[:k]]


def _filled(store: Store, items: int) -> Filled:
    space, vectors = space_of(store, DIMENSIONS), directions(items, DIMENSIONS)
    return Filled(store, space, vectors, many_items(store, space, vectors))


@pytest.fixture(scope="module")
def filled(postgres: str) -> Iterator[Filled]:
    with database(postgres) as url, Store.open(url) as store:
        made = _filled(store, ITEMS)
        store.database.execute(b"analyze")  # as the server does within a minute; now the index is used
        yield made


@pytest.fixture
def few(store: Store) -> Filled:
    return _filled(store, 5)


def _audience(
    user: int, policy: Policy = EVERYTHING, hold_back_s: float = 600.0, hidden: str = ""
) -> Audience:
    return Audience(user, (hidden,) if hidden else (), policy, hold_back_s)


def _find(
    filled: Filled,
    audience: Audience,
    *probes: Vector,
    depth: int = 5,
    seeds: tuple[int, ...] = (),
    newest: int = 0,
) -> Columns:
    found = filled.candidates.find(
        audience, probes=probes, depth=depth, seeds=seeds, related=10, named=(), newest=newest
    )
    return found.columns or ((), (), np.zeros((0, DIMENSIONS), np.float32), *((),) * 9)


def _may_be_shown(filled: Filled, audience: Audience, named: list[int]) -> frozenset[int]:
    return filled.candidates.find(
        audience, probes=(), depth=5, seeds=(), related=0, named=named, newest=0
    ).named


def _items(columns: Columns) -> list[int]:
    return list(columns[1])


def _see(filled: Filled, user: int, items: list[int]) -> None:
    for n, item in enumerate(items):
        interact(filled.store, user, item, datetime.now(UTC) + timedelta(microseconds=n), views=1)


def _serve(filled: Filled, user: int, items: list[int], slot: Slot = Slot.MAIN) -> None:
    places = [
        FeedItem(card, slot, Origin.INTEREST, "because", 0.5, {"bias": 1.0})
        for card in filled.store.items.cards(items)
    ]
    filled.store.impressions.append(uuid4(), user, places, "test", filled.space.id)


# --- candidates ----------------------------------------


@pytest.mark.parametrize("how", [_see, _serve], ids=["seen", "served of late"])
def test_what_the_user_knows_is_passed_over_and_there_is_still_enough(filled: Filled, how) -> None:
    probe = directions(1, DIMENSIONS, seed=3)[0]
    user = filled.store.users.ensure(f"user-{uuid4()}")
    near = filled.nearest(probe, SEEN + 20)
    how(filled, user, near[:SEEN])
    found = _items(_find(filled, _audience(user), probe, depth=20))
    assert len(found) == 20
    assert set(near[:SEEN]).isdisjoint(found)
    assert len(set(found) & set(near[SEEN:])) >= 18  # the index is approximate


def test_a_heavy_user_gets_the_best_unseen(filled: Filled) -> None:
    """Recall at 10 of what is unseen, by users who have seen the nearest 300 of their interests."""
    hits = 0
    for seed in range(10):
        probe = directions(1, DIMENSIONS, seed=100 + seed)[0]
        user = filled.store.users.ensure(f"heavy-{seed}")
        near = filled.nearest(probe, SEEN + 10)
        _see(filled, user, near[:SEEN])
        hits += len(set(_items(_find(filled, _audience(user), probe, depth=40))) & set(near[SEEN:]))
    assert hits >= 98


def test_what_was_served_long_ago_is_there_again(filled: Filled) -> None:
    user = filled.store.users.ensure(f"user-{uuid4()}")
    _serve(filled, user, [filled.ids[0]])
    (held_back,) = _items(_find(filled, _audience(user), filled.vectors[0], depth=1))
    (again,) = _items(_find(filled, _audience(user, hold_back_s=0), filled.vectors[0], depth=1))
    assert (held_back != filled.ids[0], again) == (True, filled.ids[0])


def test_all_parts_of_a_question_are_answered_in_one_row_of_columns(filled: Filled) -> None:
    store, user = filled.store, filled.store.users.ensure("curious")
    a, b, c, d = filled.ids[10:14]
    store.database.execute(
        b"insert into neighbours (item, neighbour, score) values (%(a)s, %(b)s, 0.5), (%(a)s, %(c)s, 0.9)",
        {"a": a, "b": b, "c": c},
    )
    interact(store, user, d, datetime.now(UTC), views=1)
    assert _may_be_shown(filled, _audience(user), [a, d]) == {a}  # the other one has been seen
    found = _find(
        filled, _audience(user), filled.vectors[0], filled.vectors[1], depth=3, seeds=(a,), newest=2
    )  # fmt: skip
    by_origin = {
        origin: {i for o, i in zip(found[0], found[1], strict=True) if o == origin} for origin in found[0]
    }
    assert by_origin["interest"] >= {filled.ids[0], filled.ids[1]}
    assert by_origin["collaborative"] == {b, c}
    assert len(by_origin["fresh"]) == 2
    place = {item: n for n, item in enumerate(filled.ids)}
    for row, item in enumerate(found[1]):
        assert np.array_equal(found[2][row], filled.vectors[place[item]])
    related = {
        item: score
        for origin, item, score in zip(found[0], found[1], found[3], strict=True)
        if origin == "collaborative"
    }
    assert related == pytest.approx({b: 0.5, c: 0.9})


def test_who_has_seen_the_most_related_gets_the_next_ones(filled: Filled) -> None:
    store, user = filled.store, filled.store.users.ensure("versed")
    seed, *others = filled.ids[20:32]
    params = {"seed": seed, "others": others}
    store.database.execute(
        b"insert into neighbours (item, neighbour, score)"
        b" select %(seed)s, o.item, 1.0 / o.n from unnest(%(others)s::bigint[]) with ordinality o (item, n)",
        params,
    )
    assert _items(_find(filled, _audience(user), seeds=(seed,))) == others[:10]
    _see(filled, user, others[:10])
    assert _items(_find(filled, _audience(user), seeds=(seed,))) == others[10:]


def test_columns_tell_what_is_known_of_an_item(few: Filled) -> None:
    store, item = few.store, few.ids[0]
    for user in ("ann", "bob", "cem"):
        interact(store, store.users.ensure(user), item, datetime.now(UTC), views=1, liked=user == "ann")
    store.database.execute(
        b"insert into item_stats (item, viewers, pleased) values (%(item)s, 3, 1)", {"item": item}
    )
    store.arms.put_priors([item], [0.25], datetime.now(UTC))
    store.arms.put_states([item], [Trial.GRADUATED], datetime.now(UTC))
    columns = few.candidates.columns("random", [few.ids[1], item])
    assert columns is not None
    (
        origins,
        items,
        vectors,
        related,
        viewers,
        pleased,
        priors,
        trials,
        ages,
        durations,
        creators,
    ) = columns
    assert (origins, items) == (["random"] * 2, [few.ids[1], item])
    assert np.array_equal(vectors, few.vectors[[1, 0]])
    assert (viewers, pleased, priors, trials) == ([0, 3], [0, 1], [None, 0.25], ["testing", "graduated"])
    assert (related, durations) == ([0.0, 0.0], [6.0, 6.0])
    assert all(0 <= age < 0.1 for age in ages)
    assert len(set(creators)) == 1


# --- policies ----------------------------------------


@pytest.mark.parametrize(
    ("policy", "excluded"),
    [
        pytest.param(Policy(exclude_tags=("WAR",)), {0}, id="a tag, whatever its case"),
        pytest.param(Policy(exclude_tags=("news",)), {1}, id="a genre"),
        pytest.param(Policy(exclude_tags=("given",)), {2}, id="a tag that a person gave"),
        pytest.param(Policy(min_age_s=3600), {0, 1, 2, 4}, id="what is not old enough"),
        pytest.param(Policy(with_sound=True), {3}, id="what is silent"),
        pytest.param(Policy(max_duration_s=5), {0, 1, 2, 3}, id="what is too long"),
        pytest.param(Policy(), set(), id="nothing"),
    ],
)  # fmt: skip
def test_a_policy_holds_wherever_items_are_found(few: Filled, policy: Policy, excluded: set[int]) -> None:
    run, ids = few.store.database.execute, few.ids
    run(b"update descriptions set tags = '{war}' where item = %(i)s", {"i": ids[0]})
    run(b"update descriptions set genres = '{News}' where item = %(i)s", {"i": ids[1]})
    run(b"update items set audio_codec = 'aac'")
    run(b"update items set tags = '{Given}' where id = %(i)s", {"i": ids[2]})
    run(
        b"update items set audio_codec = null, published_at = now() - interval '2 h' where id = %(i)s",
        {"i": ids[3]},
    )
    run(b"update items set duration_s = 4 where id = %(i)s", {"i": ids[4]})
    user = few.store.users.ensure("ann")
    audience, wanted = _audience(user, policy), {ids[n] for n in range(5) if n not in excluded}
    assert set(_items(_find(few, audience, few.vectors[0]))) == wanted
    assert _may_be_shown(few, audience, ids) == wanted
    assert set(few.candidates.shuffled(audience, 0.3, 5)) == wanted
    assert set(few.candidates.lottery(audience, ids, 5)) == wanted
    _serve(few, user, ids)
    assert set(few.candidates.held_back(audience, 5)) == wanted
    _see(few, user, ids)
    assert set(few.candidates.least_recently_seen(audience, 5)) == wanted


def test_nothing_of_a_hidden_creator_comes(few: Filled) -> None:
    few.store.database.execute(b"update items set creator = 'bob' where id = %(i)s", {"i": few.ids[0]})
    user = few.store.users.ensure("ann")
    audience = _audience(user, hidden="bob")
    assert set(_items(_find(few, audience, few.vectors[0]))) == set(few.ids[1:])
    assert _may_be_shown(few, audience, few.ids) == set(few.ids[1:])
    assert set(few.candidates.shuffled(audience, 0.3, 5)) == set(few.ids[1:])


@pytest.mark.parametrize("playback", ["pending", "none"])
def test_what_cannot_be_played_is_not_recommended_until_it_can(few: Filled, playback) -> None:
    store, ids = few.store, few.ids
    user = store.users.ensure("ada")
    interact(store, user, ids[0], datetime.now(UTC), views=1)
    _serve(few, user, ids)
    for item in ids[:2]:
        store.items.set_playback(item, playback)
    audience = _audience(user, hold_back_s=0)

    def recommended() -> list[set[int]]:
        return [
            set(_items(_find(few, audience, few.vectors[1]))),
            set(_may_be_shown(few, audience, ids)),
            set(few.candidates.shuffled(audience, 0.3, 5)),
            set(few.candidates.lottery(audience, ids, 5)),
            set(few.candidates.held_back(audience, 5)),
            set(few.candidates.least_recently_seen(audience, 5)),
        ]

    assert recommended() == [set(ids[2:])] * 5 + [set()]
    for item in ids[:2]:
        store.items.set_playback(item, "rendition")
    assert recommended() == [set(ids[1:])] * 5 + [{ids[0]}]


# --- draws ----------------------------------------


def test_a_stretch_leaves_nothing_out_and_holds_nothing_known(filled: Filled) -> None:
    user = filled.store.users.ensure("random")
    known = filled.ids[:1_000]
    _see(filled, user, known)
    audience = _audience(user, hold_back_s=0)
    for start in (0.0, 0.7, 0.999999):
        sample = filled.candidates.shuffled(audience, start, 50)
        assert len(set(sample)) == 50
        assert set(sample).isdisjoint(known)
    assert set(filled.candidates.shuffled(audience, 0.5, ITEMS)) == set(filled.ids) - set(known)
    assert filled.candidates.known(audience, filled.ids[-1]) == 1_000
    assert filled.candidates.known(audience, filled.ids[499]) == 500


def test_a_lottery_keeps_the_order_of_its_draws(filled: Filled) -> None:
    user = filled.store.users.ensure("lucky")
    _see(filled, user, [filled.ids[7]])
    drawn = [filled.ids[9], 10**9, filled.ids[7], filled.ids[2], filled.ids[5]]
    assert filled.candidates.lottery(_audience(user), drawn, 2) == [filled.ids[9], filled.ids[2]]


def test_the_least_recently_seen_come_first(filled: Filled) -> None:
    user = filled.store.users.ensure("again")
    _see(filled, user, [filled.ids[3], filled.ids[1], filled.ids[2]])
    interact(filled.store, user, filled.ids[3], datetime.now(UTC), not_interested=True)
    assert filled.candidates.least_recently_seen(_audience(user), 5) == [filled.ids[1], filled.ids[2]]


# --- the user ----------------------------------------


def test_a_user_comes_in_one_row(few: Filled) -> None:
    store, ids = few.store, few.ids
    assert few.candidates.viewer("ann", 8) is None
    user = store.users.ensure("ann")
    new = few.candidates.viewer("ann", 8)
    assert new is not None
    assert (new.id, new.served, new.explored, new.favourites, new.hidden_creators) == (user, 0, 0, (), ())
    assert new.interests.vectors == ()

    now = datetime.now(UTC)
    known = Interests((few.vectors[0],), (1.5,), (3,), (few.vectors[4],), now)
    store.users.put_interests(few.space.id, {user: known})
    for n, item in enumerate(ids[:3]):
        interact(store, user, item, now + timedelta(seconds=n), views=1, liked=n != 1)
    _serve(few, user, ids[3:], Slot.FRESH)
    found = few.candidates.viewer("ann", 8)
    assert found is not None
    assert (found.served, found.explored) == (2, 2)
    assert (found.favourites, found.liked) == ((ids[2], ids[0]), (True, True))
    assert np.array_equal(found.vectors, few.vectors[[2, 0]])
    assert found.interests.positives == (3,)
    assert np.array_equal(found.interests.vectors[0], few.vectors[0])
    assert np.array_equal(found.interests.aversions[0], few.vectors[4])


def test_fresh_places_count_for_the_day_and_for_the_item(few: Filled) -> None:
    store, user = few.store, few.store.users.ensure("ann")
    for _ in range(2):
        _serve(few, user, few.ids[:1], Slot.FRESH)
    standings = store.boards.standings(datetime.now(UTC), timedelta(days=1), timedelta(days=7))
    assert standings.explored.tolist()[:2] == [2, 0]
    store.database.execute(b"update users set explored_on = current_date - 1")
    found = few.candidates.viewer("ann", 8)
    assert found is not None
    assert (found.served, found.explored) == (2, 0)
