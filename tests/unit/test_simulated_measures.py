"""The figures of a run, on cases that can be counted by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from coldreel.evaluate.curves import average, curves
from coldreel.evaluate.measures import (
    MeasureRules,
    discovered,
    first_of_each,
    gems_found,
    gini,
    measured,
    measures,
    reward_per_user,
)
from coldreel.evaluate.report import estimate
from coldreel.evaluate.run_log import RunLog
from coldreel.evaluate.vectors import WorldKind
from coldreel.evaluate.world import QUICK, World, make_world


def _log(*rows: tuple[int, int, float, bool]) -> RunLog:
    """Rows of user, item, day, pleased."""
    user, item, at, pleased = (np.array(column) for column in zip(*rows, strict=True))
    return RunLog(user.astype(np.int64), item.astype(np.int64), at.astype(np.float64), pleased.astype(bool))


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(WorldKind.CLUSTERS, 0, QUICK)


def test_every_user_counts_alike_however_much_it_watched() -> None:
    log = _log(
        (0, 1, 1.0, True), (2, 1, 1.0, True), (2, 2, 1.1, False), (2, 3, 1.2, False), (2, 4, 1.3, False)
    )
    assert reward_per_user(log) == pytest.approx((1.0 + 0.25) / 2)
    assert math.isnan(reward_per_user(log.where(np.zeros(5, dtype=bool))))


def test_the_first_items_of_each_user_are_those_shown_first() -> None:
    log = _log(
        (1, 5, 1.0, True), (0, 6, 1.1, True), (1, 7, 1.2, True), (1, 8, 1.3, False), (0, 9, 1.4, False)
    )
    assert first_of_each(log, 2).item.tolist() == [5, 6, 7, 9]
    assert first_of_each(log, 1).item.tolist() == [5, 6]


def test_gini_of_all_alike_is_0_and_of_one_for_all_nearly_1() -> None:
    assert gini(np.array([3, 3, 3, 3])) == pytest.approx(0.0)
    assert gini(np.array([0, 0, 0, 8])) == pytest.approx(0.75)
    assert gini(np.array([1, 3])) == pytest.approx(0.25)
    assert math.isnan(gini(np.zeros(4, np.int64)))


def test_a_gem_found_too_late_is_not_found() -> None:
    gem = np.array([True, False, True, True, True])
    assert gems_found(gem, {0: 50, 1: 3, 2: 51, 3: 0}, within=50) == pytest.approx(2 / 4)
    assert math.isnan(gems_found(np.zeros(3, dtype=bool), {}, 50))


def test_the_discovered_corpus_counts_viewers_and_not_showings() -> None:
    rows = [(user, 7, 21.0, True) for user in range(6)] + [(0, 8, 21.0, True)] * 9 + [(1, 8, 21.0, False)] * 9
    assert discovered(_log(*rows), (0, 5, 6)) == {0: 2, 5: 1, 6: 0}
    assert discovered(_log((0, 0, 21.0, False)), (0,)) == {0: 0}


def test_all_figures_of_a_run_counted_by_hand(world: World) -> None:
    end, rules = 1.0 + world.rules.schedule.days, MeasureRules(first=1, discovered=(0,))
    good, bad = int(np.argmax(world.quality)), int(np.flatnonzero(world.bad)[0])
    log = _log((0, good, 1.5, True), (0, bad, 1.6, False), (1, good, 2.0, False), (1, good, end + 0.5, True))
    gem, hit = int(np.flatnonzero(world.gem)[0]), int(world.hits[0])
    log = replace(log, found={gem: 12}, on_top={hit: world.arrives[hit] + 1.5})
    found = measured(world, log, rules)
    assert set(found) == {measure.name for measure in measures(rules)}
    assert found["reward"] == pytest.approx((0.5 + 0.0) / 2)
    assert found["reward_of_all"] == pytest.approx(1 / 3)
    assert found["new_user_reward"] == pytest.approx((1.0 + 0.0) / 2)
    assert found["later_reward"] == 1.0
    assert found["coverage"] == pytest.approx(2 / world.rules.items)
    assert found["bad_impressions"] == pytest.approx(1 / 3)
    assert found["gems_found"] == pytest.approx(1 / world.gem.sum())
    assert found["dc_at_0"] == 1
    assert found["hits_on_top"] == pytest.approx(1 / len(world.hits))
    others = [end - world.arrives[other] - 1.0 for other in world.hits[1:]]
    assert found["hit_days"] == pytest.approx(np.mean([0.5, *others]))


def test_curves_go_day_by_day(world: World) -> None:
    log = _log((0, 3, 1.5, True), (1, 3, 2.2, False), (1, 4, 2.3, True), (1, 4, 5.5, True))
    gem = int(np.flatnonzero(world.gem)[0])
    found = curves(world, replace(log, found_at={gem: 3.5}))
    assert found.reward[[0, 1, 4]].tolist() == [1.0, 0.5, 1.0]
    assert np.isnan(found.reward[2:4]).all()
    assert (found.coverage * world.rules.items).round().tolist() == [1, 2, 2, 2]
    assert (found.gems * world.gem.sum()).round().tolist() == [0, 0, 1, 1]
    assert found.concentration[[0, -1]].tolist() == [0.0, 1.0]
    assert found.concentration[1] == pytest.approx(1.0)  # two of 200 items have all
    assert average([found, found]).coverage.tolist() == found.coverage.tolist()


def test_an_interval_is_students() -> None:
    found = estimate(np.array([1.0, 2.0, 3.0, 4.0]))
    assert found.mean == 2.5
    assert found.half == pytest.approx(3.182446 * 1.290994 / 2, abs=1e-5)
    assert math.isnan(estimate(np.array([1.0])).low)
