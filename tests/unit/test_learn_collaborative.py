"""The walk over items: by hand on a few, and its properties on many."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import csr_array

from coldreel.learn.collaborative import Matrix, WalkRules, related, walked

ONE_STEP = WalkRules(steps=1, content=0.25, likeness=1.0, popularity=0.0)
THREE = np.array([[1, 1, 0], [0, 1, 1]])
"""Two users, pleased by the items 0 and 1, and by 1 and 2."""


def _matrix(rows: NDArray[np.generic]) -> Matrix:
    return csr_array(rows.astype(np.float32))


def _nothing(items: int) -> Matrix:
    return csr_array((items, items), dtype=np.float32)


def _walked(rows: NDArray[np.generic], rules: WalkRules, alike: Matrix | None = None) -> NDArray[np.float32]:
    content = _nothing(rows.shape[1]) if alike is None else alike
    return np.asarray(walked(_matrix(rows), content, rules).toarray(), np.float32)


def _random(users: int = 40, items: int = 30) -> NDArray[np.bool_]:
    return np.random.default_rng(4).random((users, items)) < 0.15


def test_a_step_goes_to_somebody_who_was_pleased_and_on_to_what_else_pleased_them() -> None:
    assert _walked(THREE, ONE_STEP).tolist() == [[0.5, 0.5, 0], [0.25, 0.5, 0.25], [0, 0.5, 0.5]]


def test_two_steps_reach_what_nobody_liked_together() -> None:
    two = _walked(THREE, replace(ONE_STEP, steps=2))
    assert two[0].tolist() == [0.375, 0.5, 0.125]


def test_what_everybody_likes_is_held_down() -> None:
    held = _walked(THREE, replace(ONE_STEP, popularity=1.0))
    assert held[0].tolist() == [0.5, 0.25, 0]


def test_content_counts_as_some_viewers_so_it_is_all_where_there_are_none() -> None:
    """A quarter of a viewer beside one: a fifth of a step."""
    seen = np.array([[1, 1, 0]])
    alike = _matrix(np.array([[0, 0, 0.5], [0, 0, 0], [0.5, 0, 0]]))
    walk = _walked(seen, ONE_STEP, alike)
    assert walk[0] == pytest.approx([0.4, 0.4, 0.2])
    assert walk[1].tolist() == [0.5, 0.5, 0]  # nothing is like it
    assert walk[2].tolist() == [1, 0, 0]
    assert _walked(seen, replace(ONE_STEP, steps=2), alike)[2] == pytest.approx([0.4, 0.4, 0.2])


def test_of_what_is_as_like_the_better_known_is_gone_to_the_more() -> None:
    seen = np.array([[1, 1, 0]] * 4 + [[0, 1, 0]] * 5)
    alike = _matrix(np.array([[0, 0, 0], [0, 0, 0], [0.5, 0.5, 0]]))
    assert _walked(seen, ONE_STEP, alike)[2] == pytest.approx([0.4, 0.6, 0])
    assert _walked(seen, replace(ONE_STEP, likeness=9.0), alike)[2] == pytest.approx([0.4, 0.6, 0])


def test_the_more_alike_counts_by_a_power() -> None:
    alike = _matrix(np.array([[0, 0, 0], [0, 0, 0], [0.3, 0.6, 0]]))
    seen = np.array([[1, 1, 0]])
    assert _walked(seen, replace(ONE_STEP, likeness=2.0), alike)[2] == pytest.approx([0.2, 0.8, 0])


def test_without_content_probabilities_are_whole_and_balanced() -> None:
    """Rows of sum one; and i to j as often as j to i, when each is begun at by its audience."""
    rows = _random()
    walk = _walked(rows, replace(ONE_STEP, steps=3)).astype(np.float64)
    audience = rows.sum(axis=0)
    assert walk.sum(axis=1) == pytest.approx(np.ones(rows.shape[1]), abs=1e-5)
    flow = audience[:, None] * walk
    assert flow == pytest.approx(flow.T, abs=1e-5)


def test_the_likeliest_links_alone_say_nearly_the_same() -> None:
    rows = _random(400, 100)
    exact, few = (_walked(rows, replace(WalkRules(), links=links)) for links in (100, 60))
    assert 0 < np.count_nonzero(few) < np.count_nonzero(exact)
    first = [set(np.argsort(-walk, axis=1)[:, :10].ravel()) for walk in (exact, few)]
    assert len(first[0] & first[1]) >= 0.8 * len(first[0])


def test_in_a_large_catalogue_fewer_links_are_kept_of_each() -> None:
    rows, rules = _random(400, 100), WalkRules(kept=5)
    few = _walked(rows, replace(rules, most_links=2_000))
    assert np.array_equal(few, _walked(rows, replace(rules, links=20)))
    assert np.array_equal(_walked(rows, replace(rules, most_links=1)), _walked(rows, replace(rules, links=5)))


def test_scores_are_bounded_and_none_is_of_an_item_to_itself() -> None:
    rules = WalkRules(kept=5)
    scores = related(_matrix(_random()), _nothing(30), rules)
    assert np.diff(scores.indptr).max() == 5
    assert scores.diagonal().max() == 0
    assert scores.data.min() > 0
    assert scores.data.max() < 1


def test_the_score_of_the_most_related_is_what_is_believed_of_it() -> None:
    """One viewer of 0 and 2, two of 1, none of 3, which is like 0."""
    rows = np.array([[1, 1, 0, 0], [0, 1, 1, 0]])
    alike = np.zeros((4, 4))
    alike[3, 0] = 0.9
    scores = related(_matrix(rows), _matrix(alike), WalkRules(doubt=3.0, by_content=0.25)).toarray()
    assert scores.max(axis=1) == pytest.approx([0.4375, 0.55, 0.4375, 0.25])
    assert scores[3].argmax() in (0, 1)


def test_an_item_without_anything_has_no_relations() -> None:
    rows = np.array([[1, 1, 0], [1, 1, 0]])
    scores = related(_matrix(rows), _nothing(3), WalkRules()).toarray()
    assert not scores[2].any() and not scores[:, 2].any()


def test_nobody_and_nothing_are_no_trouble() -> None:
    assert related(csr_array((0, 3), dtype=np.float32), _nothing(3), WalkRules()).nnz == 0
