"""The whole recommender on a catalogue in memory."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from coldreel.model import Feed, Interests, Origin, Slot, Trial
from coldreel.recommend.candidates import Question
from coldreel.recommend.feed import FeedRules, Recommender
from coldreel.recommend.pool import Pool
from coldreel.recommend.request import Request
from coldreel.recommend.scoring import SHIPPED
from coldreel.recommend.selection import SelectionRules
from coldreel.recommend.viewer import Favourite
from memory_desk import KINDS, PER_KIND, MemoryDesk, catalogue, likes

EVERY = KINDS * PER_KIND


def _recommender(
    desk: MemoryDesk, seed: int = 0, show_again: bool = True, random_share: float = 0.0
) -> Recommender:
    rules = FeedRules(selection=SelectionRules(random_share=random_share), show_again=show_again)
    return Recommender(desk, rules, np.random.default_rng(seed))


def _ids(feed: Feed) -> list[int]:
    return [place.item.id for place in feed.items]


# --- what a page holds ----------------------------------------


@pytest.mark.parametrize("seed", range(5))
def test_a_new_user_gets_a_spread_over_all_kinds(seed: int) -> None:
    page = _recommender(MemoryDesk(), seed).page("new", 10)
    main = [place for place in page.items if place.slot is Slot.MAIN]
    assert {place.item.id % KINDS for place in main} == set(range(KINDS))
    assert {place.origin for place in main} == {Origin.SPREAD}


@pytest.mark.parametrize("n", [1, 2, 3, 7, 10, 23, 50])
def test_a_page_has_the_size_asked_for_and_no_item_twice(n: int) -> None:
    for interests in (Interests(), likes(2), likes(0, 1, 3, 5)):
        for seed in range(20):
            desk = MemoryDesk(interests=interests, hits=[1, 2, 3], gems=[4, 5], fresh=[5, 6, 7])
            items = _ids(_recommender(desk, seed, random_share=0.3).page("ann", n))
            assert len(items) == len(set(items)) == n


@pytest.mark.parametrize("seed", range(5))
def test_main_places_hold_what_the_user_likes(seed: int) -> None:
    page = _recommender(MemoryDesk(interests=likes(4)), seed).page("ann", 10)
    assert {place.item.id % KINDS for place in page.items} == {4}
    assert {place.origin for place in page.items} == {Origin.INTEREST}
    assert all(place.parts["content_fit"] > 0.8 for place in page.items)


def test_of_ten_places_one_is_for_a_hit_and_one_for_a_gem_or_something_fresh() -> None:
    desk = MemoryDesk(interests=likes(2), hits=range(0, 120, 6), fresh=range(2, 120, 6))
    for _ in range(3):
        slots = [place.slot for place in _recommender(desk).page("ann", 10).items]
        assert [slots.index(Slot.HIT), slots.index(Slot.FRESH)] == [3, 7]
        assert Counter(slots) == {Slot.MAIN: 8, Slot.HIT: 1, Slot.FRESH: 1}


@pytest.mark.parametrize("size", [1, 3, 4, 7])
def test_pages_of_any_size_make_the_same_feed_of_purposes(size: int) -> None:
    desk = MemoryDesk(interests=likes(2, 4), hits=range(0, 120, 6), fresh=range(4, 120, 6))
    recommender = _recommender(desk)
    slots: list[Slot] = []
    while len(slots) < 20:
        slots += [place.slot for place in recommender.page("ann", size).items]
    assert [n for n, slot in enumerate(slots[:20]) if slot is Slot.HIT] == [3, 13]
    assert [n for n, slot in enumerate(slots[:20]) if slot is Slot.FRESH] == [7, 17]


def test_what_others_were_pleased_by_is_a_candidate_too() -> None:
    desk = MemoryDesk(
        interests=likes(2),
        favourites=(Favourite(2, True, catalogue()[2]),),
        related={5: 1.0, 8: 0.9},
        seen=[item for item in range(EVERY) if item % KINDS == 2 and item > 20],
    )
    found = {place.item.id: place for place in _recommender(desk).page("ann", 10).items}
    assert (found[5].origin, found[5].parts["collaborative_fit"]) == (Origin.COLLABORATIVE, 1.0)
    assert (found[8].origin, found[8].parts["collaborative_fit"]) == (Origin.INTEREST, 0.9)


def test_two_tastes_both_get_their_share_of_many_pages() -> None:
    kinds: list[int] = []
    for seed in range(10):
        page = _recommender(MemoryDesk(interests=likes(0, 3)), seed).page("ann", 10)
        kinds += [place.item.id % KINDS for place in page.items if place.slot is Slot.MAIN]
    assert kinds.count(0) > 20
    assert kinds.count(3) > 20


def test_a_guess_does_not_stand_beside_an_interest_and_does_for_want_of_one() -> None:
    sure, guess = likes(0), likes(3)
    both = Interests(sure.vectors + guess.vectors, (2.0, 1.0), positives=(2, 1), updated_at=sure.updated_at)
    page = _recommender(MemoryDesk(interests=both)).page("ann", 10)
    assert {place.item.id % KINDS for place in page.items} == {0}
    alone = Interests(guess.vectors, (1.0,), positives=(1,), updated_at=sure.updated_at)
    page = _recommender(MemoryDesk(interests=alone)).page("ann", 10)
    assert {place.item.id % KINDS for place in page.items} == {3}


def test_what_is_nearly_what_the_user_does_not_want_does_not_come() -> None:
    vectors = catalogue()
    averse = Interests(
        likes(0, 1).vectors, (2.0, 2.0), positives=(2, 2), aversions=(vectors[6],), updated_at=None
    )
    page = _recommender(MemoryDesk(interests=averse)).page("ann", 10)
    assert {place.item.id % KINDS for place in page.items} == {1}


# --- what is found out ----------------------------------------


def test_a_random_place_is_a_lottery_of_all_that_is_unseen_with_its_odds() -> None:
    desk = MemoryDesk(interests=likes(1), seen=list(range(20)))
    page = _recommender(desk, random_share=1.0).page("ann", 10)
    assert {place.slot for place in page.items} == {Slot.RANDOM}
    assert {place.propensity for place in page.items} == {1 / 100}
    assert len({place.item.id % KINDS for place in page.items}) > 2


def test_about_one_place_in_a_hundred_is_random() -> None:
    slots: Counter[Slot] = Counter()
    for seed in range(60):
        desk = MemoryDesk(interests=likes(1, 2, 3))
        slots += Counter(
            place.slot for place in _recommender(desk, seed, random_share=0.01).page("a", 50).items
        )
    assert 10 <= slots[Slot.RANDOM] <= 60  # of 3000


def test_a_fresh_place_says_how_likely_its_item_was() -> None:
    """The frequencies of what is drawn are the propensities that were logged."""
    desk = MemoryDesk(interests=likes(2), fresh=[2, 8, 14], viewers={2: (20, 18), 8: (20, 2)}, trials={})
    drawn: Counter[int] = Counter()
    odds: dict[int, float] = {}
    for seed in range(400):
        desk.seen, desk.logged = [], []
        (place,) = (p for p in _recommender(desk, seed).page("ann", 8).items if p.slot is Slot.FRESH)
        assert place.propensity is not None
        drawn[place.item.id] += 1
        odds[place.item.id] = place.propensity
    for item, chance in odds.items():
        spread = (chance * (1 - chance) / 400) ** 0.5
        assert abs(drawn[item] / 400 - chance) < 4 * spread + 1e-9, (item, chance, drawn)
    assert odds[2] > odds[14] > odds.get(8, 0.0)


def test_only_draws_have_a_propensity() -> None:
    desk = MemoryDesk(interests=likes(2), hits=[0, 6], gems=[2], fresh=[8, 14])
    for place in _recommender(desk, random_share=0.1).page("ann", 50).items:
        assert (place.propensity is not None) == (place.slot in {Slot.RANDOM, Slot.FRESH, Slot.GEM})


def test_what_is_fresh_is_tried_with_those_whom_it_fits_and_while_there_is_a_budget() -> None:
    def fresh(**desk: object) -> set[int]:
        page = _recommender(MemoryDesk(interests=likes(2), **desk)).page("ann", 10)  # type: ignore[arg-type]
        return {place.item.id for place in page.items if place.slot is Slot.FRESH}

    assert fresh(fresh=[2]) == {2}
    assert fresh(fresh=[3]) == set()  # of another kind
    assert fresh(fresh=[2], trials={2: Trial.RESTING}) == set()
    assert fresh(fresh=[2], explored=30) == set()
    assert fresh(gems=[2], explored=30) == set()  # a gem is no experiment, and has a slot of its own name


def test_a_gem_takes_the_place_under_its_own_name() -> None:
    desk = MemoryDesk(interests=likes(2), gems=[2], viewers={2: (11, 9)}, explored=30)
    (gem,) = (p for p in _recommender(desk).page("ann", 10).items if p.slot is Slot.GEM)
    assert (gem.item.id, gem.origin, gem.propensity) == (2, Origin.GEM, 1.0)
    assert gem.reason == "A hidden gem: it pleased 9 of its 11 viewers so far"


# --- when little is left ----------------------------------------


def test_nothing_comes_twice_until_everything_was_seen_and_then_the_longest_ago_comes_again() -> None:
    desk = MemoryDesk(interests=likes(2))
    recommender = _recommender(desk)
    first_round = [item for _ in range(12) for item in _ids(recommender.page("ann", 10))]
    assert sorted(first_round) == sorted(desk.catalogue)
    again = recommender.page("ann", 10)
    assert all(place.again and place.origin is Origin.AGAIN for place in again.items)
    assert sorted(_ids(again)) == sorted(first_round[:10])


def test_the_last_unseen_items_come_before_those_that_come_again() -> None:
    desk = MemoryDesk(seen=list(range(EVERY - 4)), interests=likes(2))
    page = _recommender(desk).page("ann", 10)
    assert [place.again for place in page.items] == [False] * 4 + [True] * 6
    assert len(set(_ids(page))) == 10
    assert set(_ids(page)[4:]) == {0, 1, 2, 3, 4, 5}


def test_what_the_user_is_not_interested_in_does_not_fill_a_page_either() -> None:
    """All that is unseen is like that; what was seen comes again instead."""
    averse = Interests(likes(0).vectors, (2.0,), positives=(2,), aversions=likes(0).vectors, updated_at=None)
    desk = MemoryDesk(interests=averse, seen=[item for item in range(EVERY) if item % KINDS])
    page = _recommender(desk).page("ann", 10)
    assert len(page.items) == 10
    assert 0 not in {place.item.id % KINDS for place in page.items}
    assert all(place.again for place in page.items)


def test_what_the_user_is_not_interested_in_is_no_lot_either() -> None:
    averse = Interests(likes(2).vectors, (2.0,), positives=(2,), aversions=likes(0).vectors, updated_at=None)
    for seed in range(5):
        page = _recommender(MemoryDesk(interests=averse), seed, random_share=0.9).page("ann", 10)
        assert len(page.items) == 10
        assert 0 not in {place.item.id % KINDS for place in page.items}


def test_what_is_held_back_comes_after_the_unseen_and_before_what_comes_again() -> None:
    desk = MemoryDesk(seen=list(range(100)), served=list(range(100, 117)), interests=likes(2))
    items = _ids(_recommender(desk).page("ann", 10))
    assert sorted(items[:3]) == [117, 118, 119]
    assert sorted(items[3:]) == list(range(100, 107))  # the longest ago

    desk = MemoryDesk(seen=list(range(115)), served=list(range(115, 120)), interests=likes(2))
    origins = [place.origin for place in _recommender(desk).page("ann", 10).items]
    assert origins == [Origin.HELD_BACK] * 5 + [Origin.AGAIN] * 5


def test_an_item_that_is_seen_while_the_page_is_made_is_placed_once() -> None:
    class Hasty(MemoryDesk):
        def least_recently_seen(self, request: Request, k: int) -> Pool:
            self.seen = list(self.catalogue)
            return super().least_recently_seen(request, k)

    items = _ids(_recommender(Hasty(seen=list(range(10, EVERY)))).page("ann", 20))
    assert len(items) == len(set(items)) == 20


def test_when_nothing_is_unseen_the_neighbours_are_not_searched() -> None:
    class Tired(MemoryDesk):
        def candidates(self, request: Request, question: Question) -> Pool:
            raise AssertionError("this searches the whole catalogue")

    desk = Tired(seen=list(range(EVERY)), interests=likes(2))
    for n in (1, 10):
        assert len(_recommender(desk).page("ann", n).items) == n
        desk.logged = []


def test_nothing_comes_again_where_the_setting_says_so() -> None:
    desk = MemoryDesk(seen=list(range(EVERY)))
    assert _recommender(desk, show_again=False).page("ann", 10).items == ()


def test_an_empty_catalogue_gives_an_empty_page() -> None:
    assert _recommender(MemoryDesk(catalogue={})).page("ann", 10).items == ()


def test_an_item_that_was_hidden_meanwhile_is_not_served() -> None:
    desk = MemoryDesk(catalogue={i: v for i, v in catalogue().items() if i < 10}, hidden={3, 4})
    page = _recommender(desk).page("ann", 10)
    assert sorted(_ids(page)) == [0, 1, 2, 5, 6, 7, 8, 9]


# --- what is kept of it ----------------------------------------


def test_what_was_served_is_logged_in_its_order_with_the_model() -> None:
    desk = MemoryDesk()
    page = _recommender(desk).page("ann", 10)
    ((request_id, user, served, model),) = desk.logged
    assert (request_id, user, served) == (page.request_id, "ann", list(page.items))
    assert model == SHIPPED.version


def test_the_same_seed_gives_the_same_page() -> None:
    one, same, other = (_ids(_recommender(MemoryDesk(), seed).page("ann", 10)) for seed in (1, 1, 2))
    assert one == same != other


def test_every_place_has_a_reason() -> None:
    desk = MemoryDesk(seen=list(range(115)), interests=likes(0))
    assert all(place.reason for place in _recommender(desk).page("ann", 10).items)


def test_each_stage_says_how_long_it_took() -> None:
    told: list[tuple[str, float]] = []
    recommender = Recommender(
        MemoryDesk(), FeedRules(), np.random.default_rng(0), timing=lambda *stage: told.append(stage)
    )
    recommender.page("ann", 10)
    assert [name for name, _ in told] == [
        "hydrate", "candidates", "filter", "score", "select", "explain", "log",
    ]  # fmt: skip
    assert all(seconds >= 0 for _, seconds in told)
