"""Thresholds of long views: learned where many watched, the shipped ones where few did."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from numpy.typing import NDArray

from coldreel.learn.long_views import LongViewRules, Threshold, has_moved, of_params, thresholds, to_params
from coldreel.learn.reward import RewardRules

SHIPPED = RewardRules()
RULES = LongViewRules()


def _learned(
    duration_s: float, shares: NDArray[np.float64], rules: LongViewRules = RULES
) -> dict[float, Threshold]:
    """By upper end, from showings of videos of one length, watched to these shares."""
    durations = np.full(len(shares), duration_s)
    found = thresholds(durations, shares * durations, SHIPPED, SHIPPED, rules)
    return {each.upper_s: each for each in found}


def _evenly(low: float, high: float, n: int) -> NDArray[np.float64]:
    return np.linspace(low, high, n)


def test_with_many_showings_so_many_of_them_are_long_as_the_rules_say() -> None:
    shares = _evenly(0.2, 0.8, 100_000)
    found = _learned(20.0, shares)[30.0]
    assert np.mean(shares >= found.learned) == pytest.approx(RULES.long, abs=0.005)
    assert found.learned == pytest.approx(0.56, abs=0.005)
    assert (found.showings, found.present) == (100_000, 0.7)


def test_videos_of_other_lengths_keep_their_shipped_thresholds() -> None:
    found = _learned(20.0, _evenly(0.2, 0.8, 100_000))
    assert {upper: each.learned for upper, each in found.items() if upper != 30.0} == {
        10.0: 0.9,
        60.0: 0.5,
        math.inf: 0.35,
    }


def test_as_many_showings_as_the_prior_counts_for_meet_it_half_way() -> None:
    found = _learned(45.0, np.full(int(RULES.pseudo_views), 0.8))[60.0]
    assert found.learned == pytest.approx((0.5 + 0.8) / 2)


def test_a_few_showings_hardly_move_a_threshold() -> None:
    assert _learned(45.0, np.full(10, 0.9))[60.0].learned == pytest.approx(0.5, abs=0.02)


def test_how_often_a_video_repeats_counts_for_nothing() -> None:
    once = _evenly(0.2, 1.0, 10_000)
    repeated = np.where(once > 0.9, once * 7, once)
    assert _learned(8.0, repeated)[10.0].learned == pytest.approx(
        _learned(8.0, once)[10.0].learned, abs=0.001
    )


def test_a_video_watched_thrice_weighs_as_one_seen_whole() -> None:
    n = int(RULES.pseudo_views)
    assert _learned(45.0, np.full(n, 3.0))[60.0].learned == pytest.approx((0.5 + 1.0) / 2)


def test_a_video_seen_whole_is_always_a_long_view() -> None:
    assert _learned(8.0, np.full(1_000_000, 1.0))[10.0].learned == RULES.most < 1.0


def test_a_glance_is_never_a_long_view() -> None:
    assert _learned(100.0, np.full(1_000_000, 0.01))[math.inf].learned == RULES.least


def test_showings_of_unknown_watch_time_are_left_out() -> None:
    unknown = thresholds(np.full(500, 20.0), np.full(500, np.nan), SHIPPED, SHIPPED, RULES)
    assert [(each.showings, each.learned) for each in unknown] == [
        (0, share) for _, share in SHIPPED.long_view
    ]


@pytest.mark.parametrize(
    ("duration_s", "upper"), [(10.0, 10.0), (10.1, 30.0), (60.0, 60.0), (600.0, math.inf)]
)
def test_a_showing_counts_in_the_bucket_that_it_is_judged_in(duration_s: float, upper: float) -> None:
    found = _learned(duration_s, np.full(3, 0.5))
    assert [each.upper_s for each in found.values() if each.showings] == [upper]
    assert SHIPPED.long_share(duration_s) == found[upper].present


def test_only_a_move_beyond_the_setting_counts_as_one() -> None:
    def one(learned: float) -> tuple[Threshold, ...]:
        return (Threshold(10.0, 9, 0.9, 0.9), Threshold(30.0, 9, 0.7, learned))

    assert not has_moved(one(0.66), RULES)
    assert has_moved(one(0.64), RULES)
    assert has_moved(one(0.76), RULES)


def test_learned_thresholds_survive_storage() -> None:
    learned = thresholds(np.full(900, 20.0), np.full(900, 9.0), SHIPPED, SHIPPED, RULES)
    stored = json.loads(json.dumps(to_params(learned), allow_nan=False))
    rules = of_params(stored, SHIPPED)
    assert [rules.long_share(s) for s in (5, 20, 45, 90)] == [each.learned for each in learned]
    assert (rules.skip_s, rules.like) == (SHIPPED.skip_s, SHIPPED.like)
