"""Boards: planted hits and gems are found, and the numbers beside them are theirs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TypeAlias

import numpy as np
import pytest
from scipy import stats

from coldreel.learn.boards import BoardRules, all_boards, fresh, gems, hits
from coldreel.learn.census import CensusRules, believed, expected, take_census
from coldreel.learn.posterior import TrialRules
from coldreel.learn.priors import Fit
from coldreel.model import Board, Census, Ranked, Standings, Trial

NOW = datetime(2026, 6, 1, tzinfo=UTC)
FIT = Fit(0.3, 8.0)
TRIAL, RULES = TrialRules(budget=50), BoardRules()
Row: TypeAlias = Mapping[str, float | str]


def _standings(*rows: Row) -> Standings:
    """Items 1, 2 …: nobody has seen them, but for what is said of them."""
    columns: dict[str, np.ndarray] = {"items": np.arange(1, len(rows) + 1)}
    counts = ("viewers", "pleased", "fast_viewers", "fast_pleased", "slow_viewers", "slow_pleased")
    for name in counts:
        columns[name] = np.array([row.get(name, 0.0) for row in rows], np.float64)
    columns["prior"] = np.array([row.get("prior", np.nan) for row in rows], np.float64)
    columns["explored"] = np.array([row.get("explored", 0) for row in rows], np.int64)
    columns["states"] = np.array([row.get("state", Trial.TESTING.value) for row in rows], "<U9")
    return Standings(**columns)


def _steady(viewers: int, pleased: int, days: float = 1.0) -> Row:
    """An audience that comes evenly: so many in all, and the decayed counts of so many a day."""
    a_day, share = viewers / days, pleased / viewers
    fast, slow = a_day / np.log(2), 7 * a_day / np.log(2)
    return {
        "viewers": viewers, "pleased": pleased, "fast_viewers": fast, "fast_pleased": fast * share,
        "slow_viewers": slow, "slow_pleased": slow * share,
    }  # fmt: skip


def _burst(viewers: int, pleased: int) -> Row:
    """All of them today."""
    names = ("viewers", "fast_viewers", "slow_viewers"), ("pleased", "fast_pleased", "slow_pleased")
    return dict.fromkeys(names[0], viewers) | dict.fromkeys(names[1], pleased)


def _census(standings: Standings) -> Census:
    return take_census(standings, believed(standings, FIT).mean(), FIT, NOW, CensusRules())


def _hits(*rows: Row, rules: BoardRules = RULES) -> list[Ranked]:
    standings = _standings(*rows)
    return hits(standings, expected(standings, FIT), _census(standings), rules)


def _gems(*rows: Row, rules: BoardRules = RULES) -> list[Ranked]:
    standings = _standings(*rows)
    return gems(standings, believed(standings, FIT), _census(standings), rules)


def _ids(rows: list[Ranked]) -> list[int]:
    return [row.item for row in rows]


# --- the census ----------------------------------------


def test_the_census_counts_who_is_known() -> None:
    rows: list[Row] = [{"viewers": n} for n in (0, 1, 10, 30, 100)]
    rows.append({"viewers": 12, "pleased": 12})
    standings = _standings(*rows)
    census = _census(standings)
    assert (census.items, census.highest, census.median_viewers) == (6, 6, 12.0)
    means = np.sort([2.4 / 18, 2.4 / 38, 2.4 / 108, 14.4 / 20])  # of those that five or more have seen
    assert census.upper_quintile == pytest.approx(np.quantile(means, 0.8))


def test_the_census_of_nothing() -> None:
    census = _census(_standings())
    assert (census.items, census.highest, census.median_viewers) == (0, 0, 0.0)
    assert census.upper_quintile == census.rate == FIT.rate


# --- hits ----------------------------------------


def test_what_grows_leads_what_is_steadily_as_good() -> None:
    steady, surge = _steady(4_000, 2_400, days=10), _burst(400, 240)
    found = _hits(steady, surge, {})
    assert _ids(found) == [2, 1]
    assert found[0].evidence["growth"] > 4
    assert found[1].evidence["growth"] == pytest.approx(1.0)
    assert found[1].evidence["per_day"] == pytest.approx(400.0, abs=0.01)


def test_of_equal_growth_the_better_leads_and_the_bad_is_none() -> None:
    assert _ids(_hits(_burst(50, 30), _burst(50, 45), _burst(50, 10))) == [2, 1]


def test_a_handful_of_viewers_is_no_surge() -> None:
    handful, surge = _burst(3, 3), _burst(300, 200)
    assert _ids(_hits(handful, surge)) == [2, 1]
    assert _hits(_burst(2, 2)) == []


def test_what_pleased_long_ago_is_no_hit() -> None:
    assert _hits({"viewers": 1_000, "pleased": 900, "slow_viewers": 5.0, "slow_pleased": 4.0}) == []


def test_the_score_of_a_hit_follows_from_its_evidence() -> None:
    (found,) = _hits(_burst(40, 30))
    told = found.evidence
    assert found.score == pytest.approx(told["lower"] * told["growth"], abs=1e-3)
    assert (told["viewers"], told["pleased"], told["rate"]) == (40, 30, 0.3)
    assert told["growth"] == pytest.approx(
        (told["per_day"] + RULES.calm) / (told["per_day_over_weeks"] + RULES.calm), abs=1e-3
    )


# --- gems ----------------------------------------

CROWD = [_steady(240 + n, 70 + n) for n in range(20)]
"""Items that many have seen and a third liked."""


def test_a_gem_is_found_among_many() -> None:
    found = _gems(*CROWD, {"viewers": 11, "pleased": 10}, {"viewers": 11, "pleased": 3}, {})
    assert _ids(found) == [21]
    told = found[0].evidence
    assert (told["viewers"], told["pleased"]) == (11, 10)
    assert told["median_viewers"] == 248.5
    assert told["lower"] > told["upper_quintile"]


def test_what_many_have_seen_is_no_gem() -> None:
    assert _gems(*CROWD, _steady(1_000, 990)) == []


def test_one_happy_viewer_makes_no_gem() -> None:
    assert _gems(*CROWD, {"viewers": 1, "pleased": 1}, {"viewers": 2, "pleased": 2, "prior": 0.99}) == []


def test_a_catalogue_of_one_has_no_gem() -> None:
    assert _gems({"viewers": 10, "pleased": 10}) == []


# --- fresh ----------------------------------------


def _fresh(*rows: Row, rules: BoardRules = RULES) -> list[Ranked]:
    standings = _standings(*rows)
    return fresh(standings, believed(standings, FIT), TRIAL, rules)


def test_what_may_be_the_best_is_tried_first_then_the_least_tried_then_the_newest() -> None:
    rows = _fresh(
        {"viewers": 3.0},
        {"explored": 2},
        {},
        {},
        {"viewers": 1.0},
        {"viewers": 3.0, "pleased": 3.0},
        {"prior": 0.2},
        {"state": "graduated"},
        {"state": "resting"},
        {"explored": 50},
        {"viewers": 50.0},
    )
    assert _ids(rows) == [6, 4, 3, 2, 10, 5, 7, 1]
    assert [row.evidence["tries_left"] for row in rows] == [47, 50, 50, 50, 50, 49, 50, 47]
    assert rows[1].score == pytest.approx(stats.beta(2.4, 5.6).ppf(0.95))
    scores = [row.score for row in rows]
    assert scores == sorted(scores, reverse=True)


# --- all of them ----------------------------------------


def test_equal_scores_are_in_one_order_and_boards_have_an_end() -> None:
    rules = BoardRules(rows=3, fresh_rows=2)
    assert _ids(_hits(*[_burst(30, 25)] * 5, rules=rules)) == [5, 4, 3]
    assert len(_fresh({}, {}, {}, rules=rules)) == 2


def test_an_empty_catalogue_has_empty_boards() -> None:
    nothing = _standings()
    boards = all_boards(
        nothing, expected(nothing, FIT), believed(nothing, FIT), _census(nothing), TRIAL, RULES
    )
    assert boards == {board: [] for board in Board}
