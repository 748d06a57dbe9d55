"""Features, scores, draws, places, reasons and fused rankings on plain arrays."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from scipy import integrate, stats

from coldreel.model import EVERYTHING, Interests, Origin, Policy, Slot, Trial, Vector, Weights
from coldreel.recommend.explanation import because_of, reason
from coldreel.recommend.exploration import draw, win_probabilities
from coldreel.recommend.features import FEATURES, features, posterior
from coldreel.recommend.lookup import RRF_K, fuse
from coldreel.recommend.pool import Pool
from coldreel.recommend.request import Request
from coldreel.recommend.scoring import SHIPPED, Scored, score
from coldreel.recommend.selection import Placed, SelectionRules, plan, select
from coldreel.recommend.viewer import Favourite, Viewer
from memory_desk import NOW, card, pool_of, showcase_of

EAST, NORTH, UP = np.eye(3, dtype=np.float32)
BETWEEN = ((EAST + NORTH) / np.sqrt(2)).astype(np.float32)
RULES = SelectionRules(random_share=0.0)
CENSUS = showcase_of({}).census


def _viewer(*interests: Vector, favourites: tuple[Favourite, ...] = ()) -> Viewer:
    known = Interests(interests, (1.0,) * len(interests), positives=(2,) * len(interests), updated_at=NOW)
    return Viewer(1, "ann", known, favourites)


def _request(viewer: Viewer | None = None, places: int = 10, seed: int = 0) -> Request:
    rng = np.random.default_rng(seed)
    return Request(viewer or _viewer(EAST), places, EVERYTHING, showcase_of({}), rng)


def _scored(pool: Pool, scores: list[float], doubt: list[float] | None = None) -> Scored:
    unsure = np.zeros(len(pool)) if doubt is None else np.array(doubt)
    return Scored(pool, np.array(scores), np.zeros((len(pool), len(FEATURES))), unsure)


def _items(page: list[Placed]) -> list[int]:
    return [each.item for each in page]


def _main(pool: Pool, scores: list[float], n: int, rules: SelectionRules = RULES) -> list[int]:
    return _items(select(_request(), [Slot.MAIN] * n, _scored(pool, scores), [], rules))


# --- features and score ----------------------------------------


def test_content_fit_is_the_cosine_with_the_nearest_interest() -> None:
    pool = pool_of(dict(enumerate([EAST, NORTH, BETWEEN, UP])))
    fits = features(_viewer(EAST, NORTH), pool, CENSUS)[:, FEATURES.index("content_fit")]
    assert fits == pytest.approx([1.0, 1.0, 0.707107, 0.0], abs=1e-6)
    assert not features(_viewer(), pool, CENSUS)[:, FEATURES.index("content_fit")].any()


def test_the_posterior_feature_is_what_viewers_say_after_what_is_expected() -> None:
    vectors = dict.fromkeys(range(3), EAST)
    pool = pool_of(vectors, viewers={1: (10, 10), 2: (10, 0)})
    alpha, beta = posterior(pool, CENSUS)  # ten viewers' worth of 0.3
    assert alpha.tolist() == [3.0, 13.0, 3.0]
    assert beta.tolist() == [7.0, 7.0, 17.0]
    odds = features(_viewer(), pool, CENSUS)[:, FEATURES.index("posterior")]
    assert odds == pytest.approx([np.log(3 / 7), np.log(13 / 7), np.log(3 / 17)])


@pytest.mark.parametrize(
    ("seconds", "bucket"), [(3, "short"), (10, "short"), (10.5, "medium"), (60, "long"), (61, "longest")]
)
def test_a_duration_has_one_bucket(seconds: float, bucket: str) -> None:
    columns = pool_of({1: EAST})
    pool = type(columns)(
        **{n: getattr(columns, n) for n in columns.__slots__} | {"durations": np.array([seconds])}
    )
    row = dict(zip(FEATURES, features(_viewer(), pool, CENSUS)[0].tolist(), strict=True))
    assert {name for name in ("short", "medium", "long", "longest") if row[name]} == {bucket}


def test_the_score_is_a_probability_by_the_weights_and_its_parts_are_the_features() -> None:
    weights = Weights("w", {"bias": -1.0, "content_fit": 2.0, "unheard": 9.0})
    found = score(_viewer(EAST), pool_of({1: EAST, 2: BETWEEN}), CENSUS, weights)
    assert found.scores == pytest.approx([1 / (1 + np.exp(-1)), 1 / (1 + np.exp(1 - 2 * 0.707107))], abs=1e-6)
    assert found.parts(0)["content_fit"] == 1.0
    assert set(found.parts(0)) == {"bias", "content_fit", "posterior", "age", "short"}


def test_every_shipped_weight_is_of_a_feature_and_every_feature_has_one() -> None:
    assert set(SHIPPED.values) == set(FEATURES)


def test_the_doubt_of_a_score_is_how_far_the_log_odds_of_its_posterior_spread() -> None:
    pool = pool_of(dict.fromkeys(range(3), EAST), viewers={1: (90, 60)}, trials={2: Trial.GRADUATED})
    found = score(_viewer(), pool, CENSUS, Weights("w", {"posterior": -2.0}))
    draws = [np.random.default_rng(0).beta(a, b, 100_000) for a, b in ((3.0, 7.0), (63.0, 37.0))]
    spread = [2.0 * float(np.log(x / (1 - x)).std()) for x in draws]
    assert found.doubt[:2] == pytest.approx(spread, rel=0.15)  # it is an approximation for few viewers
    assert found.doubt[2] == 0.0
    assert found.doubt[1] == pytest.approx(spread[1], rel=0.02)
    assert found.hopeful(0.0, np.inf) == pytest.approx(found.scores)
    assert found.hopeful(1.0, np.inf) == pytest.approx(
        1 / (1 + (1 / found.scores - 1) * np.exp(-found.doubt))
    )


def test_nothing_to_score_is_fine() -> None:
    assert len(score(_viewer(EAST), pool_of({}), CENSUS, SHIPPED)) == 0


# --- draws ----------------------------------------


@pytest.mark.parametrize(
    ("alpha", "beta"),
    [
        ([1.0, 1.0], [1.0, 1.0]),
        ([3.0, 13.0, 3.0], [7.0, 7.0, 17.0]),
        ([0.5, 2.0, 30.0, 0.9], [0.5, 2.0, 40.0, 5.0]),
    ],
)
def test_an_arm_wins_as_often_as_its_draw_is_the_largest(alpha: list[float], beta: list[float]) -> None:
    """Against numerical integration of the distributions themselves."""
    arms = [stats.beta(a, b) for a, b in zip(alpha, beta, strict=True)]

    def wins(i: int) -> float:
        others = [arm for j, arm in enumerate(arms) if j != i]
        value, _ = integrate.quad(
            lambda x: arms[i].pdf(x) * np.prod([o.cdf(x) for o in others]),
            0,
            1,
            points=[0.01, 0.5, 0.99],
            limit=200,
        )
        return float(value)

    found = win_probabilities(np.array(alpha), np.array(beta))
    assert found.sum() == pytest.approx(1.0)
    assert found == pytest.approx([wins(i) for i in range(len(arms))], abs=0.004)


def test_one_arm_always_wins_and_a_hopeless_one_never() -> None:
    assert win_probabilities(np.array([2.0]), np.array([3.0])).tolist() == [1.0]
    assert win_probabilities(np.array([900.0, 1.0]), np.array([100.0, 999.0]))[1] < 1e-6


def test_draws_follow_their_probabilities() -> None:
    rng = np.random.default_rng(0)
    counts = Counter(draw(np.array([0.2, 0.8]), rng) for _ in range(1000))
    assert 760 <= counts[1] <= 840


# --- select ----------------------------------------


def test_the_plan_goes_on_where_the_last_page_ended() -> None:
    rng = np.random.default_rng(0)
    assert (
        plan(0, 10, RULES, rng)
        == [Slot.MAIN] * 3 + [Slot.HIT] + [Slot.MAIN] * 3 + [Slot.FRESH] + [Slot.MAIN] * 2
    )
    assert plan(17, 7, RULES, rng) == [
        Slot.FRESH,
        Slot.MAIN,
        Slot.MAIN,
        Slot.MAIN,
        Slot.MAIN,
        Slot.MAIN,
        Slot.HIT,
    ]


@pytest.mark.parametrize("n", [0, 3, 6])
def test_a_page_is_as_long_as_its_candidates_allow(n: int) -> None:
    pool = pool_of({i: np.eye(8, dtype=np.float32)[i] for i in range(4)})
    assert len(_main(pool, [0.3] * 4, n)) == min(n, 4)
    assert select(_request(), [Slot.MAIN] * n, _scored(pool_of({}), []), [], RULES) == []


def test_the_better_fit_comes_first() -> None:
    pool = pool_of(dict(enumerate(np.eye(4, dtype=np.float32))))
    assert _main(pool, [0.1, 0.9, 0.3, 0.6], 4) == [1, 3, 2, 0]


def test_of_two_copies_one_makes_room_for_something_else() -> None:
    pool = pool_of({1: EAST, 2: EAST, 3: UP})
    assert _main(pool, [0.9, 0.9, 0.6], 2) == [1, 3]
    assert _main(pool, [0.9, 0.9, 0.6], 2, SelectionRules(variety=False)) == [1, 2]


def test_a_smaller_temperature_means_less_variety() -> None:
    near = (EAST * 0.8 + NORTH * 0.6).astype(np.float32)
    pool = pool_of({1: EAST, 2: near, 3: UP})
    found = [_main(pool, [0.9, 0.8, 0.6], 2, SelectionRules(temperature=t))[1] for t in (0.12, 1.0)]
    assert found == [2, 3]


def test_on_a_main_place_who_was_seen_by_few_has_the_benefit_of_the_doubt() -> None:
    pool = pool_of({1: EAST, 2: UP}, Origin.INTEREST) + pool_of({3: NORTH}, Origin.FRESH)
    scored = _scored(pool, [0.5, 0.5, 0.45], [0.1, 0.1, 0.8])
    for optimism, first in ((0.0, 1), (1.0, 3)):
        page = select(_request(), [Slot.MAIN], scored, [], SelectionRules(optimism=optimism))
        assert [(each.item, each.slot) for each in page] == [(first, Slot.MAIN)]
    assert scored.scores.tolist() == [0.5, 0.5, 0.45]  # what is logged is what is expected


def test_before_a_viewer_of_whom_nothing_is_known_none_has_the_benefit_of_the_doubt() -> None:
    pool = pool_of({1: EAST, 2: UP})
    scored = _scored(pool, [0.5, 0.45], [0.1, 0.8])
    rules = SelectionRules(optimism=1.0)
    for viewer, first in ((_viewer(EAST), 2), (replace(_viewer(), served=500), 1)):
        assert _items(select(_request(viewer), [Slot.MAIN], scored, [], rules)) == [first]


def test_of_one_creator_two_come_first() -> None:
    pool = pool_of(
        dict(enumerate(np.eye(5, dtype=np.float32))),
        creators=dict(enumerate(["ann", "ann", "ann", "bob", "ann"])),
    )
    assert _main(pool, [0.9, 0.8, 0.7, 0.2, 0.6], 3) == [0, 1, 3]


def test_a_hit_is_the_one_that_fits_best_and_without_one_the_place_is_a_main_one() -> None:
    hits = pool_of({1: EAST, 2: NORTH}, Origin.HIT)
    main = pool_of({3: UP, 4: BETWEEN}, Origin.INTEREST)
    page = select(_request(), [Slot.HIT, Slot.MAIN], _scored(hits + main, [0.2, 0.6, 0.5, 0.1]), [], RULES)
    assert [(each.item, each.slot) for each in page] == [(2, Slot.HIT), (3, Slot.MAIN)]
    page = select(_request(), [Slot.HIT, Slot.MAIN], _scored(main, [0.5, 0.1]), [], RULES)
    assert [(each.item, each.slot) for each in page] == [(3, Slot.MAIN), (4, Slot.MAIN)]


def test_a_random_place_without_a_draw_is_a_main_one() -> None:
    main = pool_of({3: UP}, Origin.INTEREST)
    page = select(_request(), [Slot.RANDOM, Slot.MAIN], _scored(main, [0.5]), [], RULES)
    assert [(each.item, each.slot) for each in page] == [(3, Slot.MAIN)]


def test_what_was_judged_since_the_last_count_is_not_tried() -> None:
    pool = pool_of({1: EAST, 2: EAST}, Origin.FRESH, trials={1: Trial.RESTING})
    page = select(_request(), [Slot.FRESH], _scored(pool, [0.5, 0.5]), [], RULES)
    assert [(each.item, each.slot, each.propensity) for each in page] == [(2, Slot.FRESH, 1.0)]


def test_what_has_had_its_viewers_since_the_last_count_is_not_tried_and_has_no_benefit_of_the_doubt() -> None:
    budget = RULES.explore_per_item
    pool = pool_of({1: EAST, 2: EAST}, Origin.FRESH, viewers={1: (budget, 9), 2: (budget - 1, 9)})
    page = select(_request(), [Slot.FRESH], _scored(pool, [0.5, 0.5]), [], RULES)
    assert [each.item for each in page] == [2]
    scored = score(_viewer(), pool, CENSUS, SHIPPED)
    assert (scored.hopeful(1.0, budget) > scored.scores).tolist() == [False, True]


def test_a_page_tries_no_more_than_is_left_of_the_day() -> None:
    pool = pool_of(dict.fromkeys(range(1, 9), EAST), Origin.FRESH)
    rules = replace(RULES, explore_per_day=3)
    request = _request(replace(_viewer(EAST), explored=1))
    page = select(request, [Slot.FRESH] * 5, _scored(pool, [0.5] * 8), [], rules)
    assert [each.slot for each in page] == [Slot.FRESH] * 2 + [Slot.MAIN] * 3


# --- policies ----------------------------------------


def test_two_policies_together_allow_what_both_do() -> None:
    one = Policy(exclude_tags=("war",), min_age_s=60, max_duration_s=30)
    other = Policy(exclude_tags=("war", "blood"), with_sound=True, max_duration_s=20)
    assert one.and_(other) == Policy(("war", "blood"), 60, True, 20)
    assert one.and_(EVERYTHING) == one


# --- explain ----------------------------------------

LIKED = Favourite(101, True, EAST)
AGAIN = "Nothing new is left for now; this is among what you saw the longest ago"
NEAREST = "Among the nearest to your taste of what you have not seen"
WATCHED = Favourite(102, False, NORTH)
CARDS = {101: card(101, "Harbour at night"), 102: card(102, "Snow in the forest")}


def _reason(
    origin: Origin, vector: Vector, favourites: tuple[Favourite, ...], viewers: tuple[int, int]
) -> str:
    pool = pool_of({1: vector}, origin, viewers={1: viewers})
    viewer = _viewer(EAST, favourites=favourites)
    placed = Placed(_scored(pool, [0.5]), 0, Slot.MAIN)
    (favourite,) = because_of(viewer, [placed])
    return reason(placed, favourite, CARDS)


@pytest.mark.parametrize(
    ("origin", "vector", "favourites", "viewers", "sentence"),
    [
        (Origin.INTEREST, EAST, (LIKED, WATCHED), (0, 0), "Because you liked “Harbour at night”"),
        (Origin.INTEREST, NORTH, (LIKED, WATCHED), (0, 0), "Because you watched “Snow in the forest”"),
        (Origin.INTEREST, UP, (LIKED, WATCHED), (0, 0), NEAREST),
        (Origin.INTEREST, EAST, (), (0, 0), NEAREST),
        (Origin.COLLABORATIVE, UP, (LIKED,), (3, 0), "Related to what you like"),
        (Origin.COLLABORATIVE, UP, (LIKED,), (7, 3), "Related to what you like; it pleased 3 of 7 viewers"),
        (Origin.SPREAD, EAST, (), (0, 0), "To get to know you: from a varied sample of what there is"),
        (Origin.BEST, EAST, (), (40, 30), "One of the best so far: it pleased 30 of 40 viewers"),
        (Origin.HIT, EAST, (), (40, 30), "A hit: it pleased 30 of 40 viewers"),
        (Origin.GEM, EAST, (), (11, 9), "A hidden gem: it pleased 9 of its 11 viewers so far"),
        (Origin.FRESH, EAST, (), (0, 0), "You are among the first to see it"),
        (Origin.FRESH, EAST, (), (7, 1), "On trial: 7 viewers saw it before you"),
        (Origin.RANDOM, EAST, (LIKED,), (0, 0), "Drawn at random from what you have not seen"),
        (Origin.AGAIN, EAST, (LIKED,), (0, 0), AGAIN),
    ],
)  # fmt: skip
def test_every_item_says_why(
    origin: Origin, vector: Vector, favourites: tuple[Favourite, ...], viewers: tuple[int, int], sentence: str
) -> None:
    assert _reason(origin, vector, favourites, viewers) == sentence


def test_a_favourite_that_is_gone_is_not_named() -> None:
    gone = Favourite(999, True, EAST)
    assert _reason(Origin.INTEREST, EAST, (gone,), (0, 0)) == NEAREST


def test_each_place_of_a_page_has_its_own_favourite() -> None:
    other = Favourite(102, False, NORTH)
    viewer = _viewer(EAST, favourites=(LIKED, other))
    scored = _scored(pool_of({1: NORTH, 2: EAST, 3: UP}), [0.5] * 3)
    hit = Placed(_scored(pool_of({4: EAST}, Origin.HIT), [0.5]), 0, Slot.HIT)
    page = [*(Placed(scored, row, Slot.MAIN) for row in range(3)), hit]
    assert because_of(viewer, page) == [other, LIKED, None, None]
    assert because_of(_viewer(EAST), page) == [None] * 4


def test_a_long_title_is_cut() -> None:
    pool = pool_of({1: EAST})
    placed = Placed(_scored(pool, [0.5]), 0, Slot.MAIN)
    sentence = reason(placed, LIKED, {101: card(101, "word " * 40)})
    assert sentence.endswith("word…”")
    assert len(sentence) <= len("Because you liked “”") + 60


# --- fuse ----------------------------------------


@pytest.mark.parametrize(
    ("rankings", "best_first"),
    [
        pytest.param([], [], id="no rankings"),
        pytest.param([[], []], [], id="empty rankings"),
        pytest.param([[7, 8, 9]], [7, 8, 9], id="one ranking keeps its order"),
        pytest.param([[1, 2], [2, 3]], [2, 1, 3], id="named twice beats first place once"),
    ],
)
def test_rankings_are_fused_by_reciprocal_rank(rankings: list[list[int]], best_first: list[int]) -> None:
    scores = fuse(rankings)
    assert sorted(scores, key=lambda item: -scores[item]) == best_first


def test_fused_scores_are_sums_of_reciprocal_ranks() -> None:
    assert fuse([[5, 6], [6]]) == {5: 1 / (RRF_K + 1), 6: 1 / (RRF_K + 2) + 1 / (RRF_K + 1)}
