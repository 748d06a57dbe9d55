"""Scores, places, reasons and fused rankings on plain arrays."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from coldreel.model import Interests, Origin, Slot, Vector
from coldreel.recommend.candidates import Candidate
from coldreel.recommend.explanation import reason
from coldreel.recommend.lookup import RRF_K, fuse
from coldreel.recommend.scoring import Scored, score
from coldreel.recommend.selection import SelectionRules, select
from coldreel.recommend.viewer import Favourite, Viewer

EAST, NORTH, UP = np.eye(3, dtype=np.float32)
BETWEEN = ((EAST + NORTH) / np.sqrt(2)).astype(np.float32)
RULES = SelectionRules()


def _viewer(*interests: Vector, favourites: tuple[Favourite, ...] = ()) -> Viewer:
    known = Interests(interests, tuple(1.0 for _ in interests), datetime(2026, 1, 1, tzinfo=UTC))
    return Viewer(1, "ann", known, favourites)


def _scored(
    item: int, score: float, origin: Origin = Origin.INTEREST, vector: Vector | None = None
) -> Scored:
    own = np.random.default_rng(item).normal(size=32)
    vector = (own / np.linalg.norm(own)).astype(np.float32) if vector is None else vector
    return Scored(Candidate(item, vector, origin), score, {"content_fit": score})


# --- score ----------------------------------------


def test_the_score_is_the_cosine_with_the_nearest_interest() -> None:
    candidates = [Candidate(i, v, Origin.INTEREST) for i, v in enumerate([EAST, NORTH, BETWEEN, UP])]
    found = score(_viewer(EAST, NORTH), candidates)
    assert [s.score for s in found] == pytest.approx([1.0, 1.0, 0.707107, 0.0], abs=1e-6)
    assert [s.parts["content_fit"] for s in found] == [1.0, 1.0, 0.707107, 0.0]


def test_for_a_new_viewer_every_score_is_zero() -> None:
    candidates = [Candidate(i, v, Origin.SPREAD) for i, v in enumerate([EAST, NORTH])]
    assert [s.score for s in score(_viewer(), candidates)] == [0.0, 0.0]


def test_nothing_to_score_is_fine() -> None:
    assert score(_viewer(EAST), []) == []


# --- select ----------------------------------------


def test_places_four_and_nine_of_every_ten_are_random() -> None:
    main = [_scored(i, 0.5) for i in range(40)]
    drawn = [_scored(100 + i, 0.0, Origin.RANDOM) for i in range(10)]
    page = select([*drawn, *main], 25, RULES)
    random_places = [i for i, place in enumerate(page) if place.slot is Slot.RANDOM]
    assert random_places == [4, 9, 14, 19, 24]
    assert [page[i].scored.candidate.item for i in random_places] == [100, 101, 102, 103, 104]  # as drawn
    assert all(page[i].scored.candidate.origin is Origin.RANDOM for i in random_places)


@pytest.mark.parametrize(
    ("main", "drawn", "n", "slots"),
    [
        pytest.param(0, 0, 10, "", id="nothing at all"),
        pytest.param(3, 0, 10, "mmm", id="too few candidates"),
        pytest.param(6, 0, 6, "mmmmmm", id="a random place without a draw goes to the best fit"),
        pytest.param(2, 4, 6, "mmrrrr", id="draws fill what the best fit leaves open"),
        pytest.param(0, 3, 2, "rr", id="only draws"),
        pytest.param(9, 9, 5, "mmmmr", id="a short page"),
        pytest.param(5, 5, 0, "", id="no places"),
    ],
)
def test_a_page_is_as_long_as_its_candidates_allow(main: int, drawn: int, n: int, slots: str) -> None:
    candidates = [_scored(i, 0.3) for i in range(main)]
    candidates += [_scored(50 + i, 0.0, Origin.RANDOM) for i in range(drawn)]
    page = select(candidates, n, RULES)
    assert "".join(str(place.slot)[0] for place in page) == slots
    items = [place.scored.candidate.item for place in page]
    assert len(set(items)) == len(items)


def test_the_better_fit_comes_first() -> None:
    vectors = np.eye(4, dtype=np.float32)
    fits = [0.1, 0.9, 0.3, 0.6]
    page = select([_scored(i, fit, vector=vectors[i]) for i, fit in enumerate(fits)], 4, RULES)
    assert [place.scored.candidate.item for place in page] == [1, 3, 2, 0]


def test_of_two_copies_one_makes_room_for_something_else() -> None:
    candidates = [_scored(1, 0.9, vector=EAST), _scored(2, 0.9, vector=EAST), _scored(3, 0.6, vector=UP)]
    assert [place.scored.candidate.item for place in select(candidates, 2, RULES)] == [1, 3]


def test_a_smaller_temperature_means_less_variety() -> None:
    near = (EAST * 0.8 + NORTH * 0.6).astype(np.float32)
    candidates = [_scored(1, 0.9, vector=EAST), _scored(2, 0.8, vector=near), _scored(3, 0.6, vector=UP)]

    def second(temperature: float) -> int:
        return select(candidates, 2, SelectionRules(temperature=temperature))[1].scored.candidate.item

    assert (second(0.12), second(1.0)) == (2, 3)


def test_scores_far_below_zero_still_select() -> None:
    page = select([_scored(i, -1.0 - i) for i in range(5)], 5, RULES)
    assert len(page) == 5


# --- explain ----------------------------------------

LIKED = Favourite("Harbour at night", True, EAST)
WATCHED = Favourite("Snow in the forest", False, NORTH)


@pytest.mark.parametrize(
    ("origin", "vector", "favourites", "sentence"),
    [
        (Origin.INTEREST, EAST, (LIKED, WATCHED), "Because you liked “Harbour at night”"),
        (Origin.INTEREST, NORTH, (LIKED, WATCHED), "Because you watched “Snow in the forest”"),
        (Origin.INTEREST, UP, (LIKED, WATCHED), "The nearest to your taste among what you have not seen"),
        (Origin.INTEREST, EAST, (), "It is close to what you watched"),
        (Origin.SPREAD, EAST, (), "To get to know you: unlike the others on this page"),
        (Origin.RANDOM, EAST, (LIKED,), "A random pick, to find out what else you like"),
        (Origin.AGAIN, EAST, (LIKED,), "Nothing new is left for now; this one was the longest ago"),
    ],
)
def test_every_item_says_why(
    origin: Origin, vector: Vector, favourites: tuple[Favourite, ...], sentence: str
) -> None:
    assert reason(_viewer(EAST, favourites=favourites), _scored(1, 0.5, origin, vector)) == sentence


def test_a_long_title_is_cut() -> None:
    viewer = _viewer(EAST, favourites=(Favourite("word " * 40, True, EAST),))
    sentence = reason(viewer, _scored(1, 0.5, vector=EAST))
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
