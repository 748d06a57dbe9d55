"""Judging by what was logged: shares, rankers and their curves on showings whose truth is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from coldreel.evaluate.logged import Judgement, JudgingRules, area, calibration, judge
from coldreel.evaluate.logged_plots import draw
from coldreel.learn.showings import Showings, gathered
from coldreel.model import Weights
from coldreel.store.showings import ShownPlace

NAMES = ("bias", "content_fit")
TRUE = Weights("true", {"bias": -1.0, "content_fit": 3.0})
SHIPPED = Weights("shipped-1", {"bias": -1.0, "content_fit": 0.0})
DAY = 86_400.0


def _logged(n: int, seed: int = 0, days: float = 6.0) -> tuple[Showings, list[str]]:
    """Showings of six-second videos; who is pleased watches whole, with the odds of TRUE. Every fifth place
    is random, with a content fit that says as much."""
    rng = np.random.default_rng(seed)
    fits, slots = rng.uniform(-1, 1, n), np.where(np.arange(n) % 5, "main", "random").tolist()
    pleased = rng.random(n) < 1 / (1 + np.exp(1.0 - 3.0 * fits))
    places = [
        ShownPlace(
            user=i % 47, served=20_000 * DAY - days * DAY * i / n, slot=slots[i],
            propensity=0.01 if slots[i] == "random" else None, parts={"content_fit": float(fits[i])},
            duration_s=6.0, watched_s=6.0 if pleased[i] else 1.0, liked=False, shared=False,
            not_interested=False,
        )
        for i in range(n)
    ]  # fmt: skip
    return gathered(places, NAMES), slots


def _judged(n: int, present: Weights = TRUE) -> Judgement:
    rules = JudgingRules()
    showings, slots = _logged(n)
    return judge(showings, slots, showings.pleased(rules.learning.reward), SHIPPED, present, rules)


def test_places_are_counted_by_their_kind() -> None:
    found = _judged(1_000)
    assert [(s.name, s.showings, s.viewers) for s in found.slots] == [("main", 800, 47), ("random", 200, 47)]
    together = sum(s.showings * s.pleased.value for s in found.slots)
    assert together == pytest.approx(1_000 * found.overall.pleased.value)
    assert sum(share.showings for _, share in found.days) == 1_000
    assert [day for day, _ in found.days] == sorted(day for day, _ in found.days)


def test_a_ranker_that_knows_is_better_than_one_that_does_not() -> None:
    found = _judged(4_000)
    shipped, present, fitted = found.rankings
    assert [r.name for r in found.rankings] == ["shipped", "present", "fitted anew"]
    assert shipped.auc == pytest.approx(0.5)
    assert present.auc > 0.75
    assert present.gain > 5 * present.gain_error > 0 > shipped.gain - 0.05
    assert present.log_loss < fitted.log_loss < shipped.log_loss  # the prior holds it back
    assert shipped.value is not None and present.value is not None
    assert present.value.low > shipped.value.value


def test_what_is_in_use_is_not_named_twice_where_it_is_as_shipped() -> None:
    assert [r.name for r in _judged(500, SHIPPED).rankings] == ["shipped", "fitted anew"]


def test_the_learning_curve_falls_from_what_is_shipped() -> None:
    found = _judged(4_000)
    assert [p.showings for p in found.curve][:3] == [0, 100, 200]
    assert found.curve[0].log_loss == pytest.approx(found.rankings[0].log_loss)
    assert found.curve[-1].showings == found.showings - found.held_out
    assert found.curve[-1].log_loss == pytest.approx(found.rankings[-1].log_loss)
    assert found.curve[-1].log_loss < found.curve[1].log_loss < found.curve[0].log_loss


@pytest.mark.parametrize("n", [0, 1, 20])
def test_with_too_few_showings_no_ranker_is_judged(n: int) -> None:
    found = _judged(n)
    assert (found.showings, found.rankings, found.curve) == (n, (), ())


def test_calibration_tells_a_true_prediction_from_a_bold_one() -> None:
    rng = np.random.default_rng(0)
    p = rng.uniform(0.05, 0.95, 20_000)
    outcomes = (rng.random(len(p)) < p).astype(float)
    true, bold = calibration(outcomes, p, 10), calibration(outcomes, np.where(p > 0.5, 0.99, 0.01), 10)
    assert np.mean((true.low <= true.predicted) & (true.predicted <= true.high)) >= 0.8
    assert np.all((bold.predicted < bold.low) | (bold.predicted > bold.high))
    assert len(calibration(outcomes[:3], p[:3], 10).predicted) == 3


def test_the_area_is_the_share_of_pairs_in_the_right_order() -> None:
    outcomes, scores = np.array([1.0, 0.0, 1.0, 0.0]), np.array([3.0, 2.0, 2.0, 1.0])
    assert area(outcomes, scores) == pytest.approx(3.5 / 4)
    assert np.isnan(area(np.ones(3), scores[:3]))


@pytest.mark.parametrize("n", [0, 10, 600])
def test_a_judgement_is_drawn_whatever_there_is(tmp_path: Path, n: int) -> None:
    pytest.importorskip("matplotlib")
    files = draw(_judged(n), tmp_path)
    assert [file.name for file in files] == ["evaluation.png", "evaluation.svg"]
    assert all(file.stat().st_size > 10_000 for file in files)
