"""The figures of one simulated run: functions of what was shown, what pleased, and what was planted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from coldreel.evaluate.run_log import RunLog
from coldreel.evaluate.world import World

NAN = float("nan")


@dataclass(frozen=True, slots=True)
class MeasureRules:
    """coldreel's own numbers, but for those that say where they come from."""

    first: int = 10
    """Items that a new user sees first."""
    find_within: int = 50
    """Impressions that an item may take until it is found."""
    discovered: tuple[int, ...] = (5, 10)
    """X of DC@X: more pleased viewers than this after exploration stopped. The measure is that of "Long-Term
    Value of Exploration" (arXiv 2305.07764), the numbers are not."""
    top_rank: int = 10
    """Ranks of the hits board that count as its top."""


@dataclass(frozen=True, slots=True)
class Measure:
    """What a figure is called and what it means; more_is_better: else less; share: it is one, of at most 1"""

    name: str
    title: str
    meaning: str
    more_is_better: bool = True
    share: bool = True


def measures(rules: MeasureRules) -> tuple[Measure, ...]:
    """The measures, in the order of a report."""
    discovered = tuple(
        Measure(
            f"dc_at_{x}",
            f"DC@{x}",
            f"items with more than {x} pleased viewers after exploration stopped",
            share=False,
        )
        for x in rules.discovered
    )
    return (
        Measure("reward", "Reward per user", "share of shown items that pleased, mean over users"),
        Measure(
            "reward_of_all",
            "Reward of all",
            "the same, of all that was shown: who watches much counts for more",
        ),
        Measure(
            "new_user_reward",
            f"Reward, first {rules.first}",
            f"reward per user, of each user's first {rules.first} items",
        ),
        Measure("later_reward", "Reward, after", "reward per user, after exploration stopped"),
        Measure("coverage", "Coverage", "share of the catalogue that was shown to anybody"),
        Measure(
            "gini",
            "Gini",
            "of impressions over items: 0 all alike, 1 all on one",
            more_is_better=False,
            share=False,
        ),
        Measure(
            "gems_found",
            "Gems found",
            f"share of the planted gems found within {rules.find_within} impressions each",
        ),
        Measure(
            "bad_impressions",
            "On bad items",
            "share of impressions on the worst tenth by quality",
            more_is_better=False,
        ),
        *discovered,
        Measure(
            "hits_on_top",
            "Hits on top",
            f"share of the planted hits that came to the top {rules.top_rank}",
        ),
        Measure(
            "hit_days",
            "Days to the top",
            "from a planted hit's first day in feeds; one that never came there counts all the days left",
            more_is_better=False,
            share=False,
        ),
    )


def measured(world: World, log: RunLog, rules: MeasureRules) -> dict[str, float]:
    """All figures of a run, by the names of `measures`."""
    end = 1.0 + world.rules.schedule.days
    main, after = log.where(log.at < end), log.where(log.at >= end)
    shown = np.bincount(main.item, minlength=world.rules.items)
    hit_days = _days_to_top(world, log.on_top, end)
    found = discovered(after, rules.discovered)
    return {
        "reward": reward_per_user(main),
        "reward_of_all": float(main.pleased.mean()) if len(main) else NAN,
        "new_user_reward": reward_per_user(first_of_each(main, rules.first)),
        "later_reward": reward_per_user(after),
        "coverage": float((shown > 0).mean()),
        "gini": gini(shown),
        "gems_found": gems_found(world.gem, log.found, rules.find_within),
        "bad_impressions": float(world.bad[main.item].mean()) if len(main) else NAN,
        **{f"dc_at_{x}": float(found[x]) for x in rules.discovered},
        "hits_on_top": sum(int(hit) in log.on_top for hit in world.hits) / max(len(world.hits), 1),
        "hit_days": float(np.mean(hit_days)) if len(hit_days) else NAN,
    }


def reward_per_user(log: RunLog) -> float:
    """Mean over users of the share of their impressions that pleased."""
    if not len(log):
        return NAN
    shown = np.bincount(log.user)
    pleased = np.bincount(log.user, weights=log.pleased)
    there = shown > 0
    return float((pleased[there] / shown[there]).mean())


def first_of_each(log: RunLog, first: int) -> RunLog:
    """The first impressions of each user."""
    order = np.argsort(log.user, kind="stable")
    users = log.user[order]
    starts = np.searchsorted(users, users, side="left")
    chosen = np.zeros(len(users), dtype=bool)
    chosen[order] = np.arange(len(users)) - starts < first
    return log.where(chosen)


def gini(shown: NDArray[np.integer]) -> float:
    """Gini coefficient of counts: 0 where all are alike, towards 1 where one has everything."""
    total = float(shown.sum())
    if total == 0:
        return NAN
    n = len(shown)
    ranks = np.arange(1, n + 1)
    return float(((2 * ranks - n - 1) * np.sort(shown)).sum() / (n * total))


def gems_found(gem: NDArray[np.bool_], found: Mapping[int, int], within: int) -> float:
    """Share of the gems that were found while they had at most so many impressions."""
    gems = np.flatnonzero(gem)
    if not len(gems):
        return NAN
    return sum(found.get(int(item), within + 1) <= within for item in gems) / len(gems)


def discovered(after: RunLog, thresholds: tuple[int, ...]) -> dict[int, int]:
    """Per threshold, how many items pleased more viewers than that."""
    viewers = np.unique(np.stack([after.item[after.pleased], after.user[after.pleased]]), axis=1)
    pleased = np.bincount(viewers[0]) if viewers.size else np.zeros(0, np.int64)
    return {x: int((pleased > x).sum()) for x in thresholds}


def _days_to_top(world: World, on_top: Mapping[int, float], end: float) -> NDArray[np.float64]:
    """Per planted hit, the days from when it may be in feeds."""
    starts = world.arrives[world.hits] + 1.0
    reached = np.array([on_top.get(int(hit), end) for hit in world.hits])
    return np.asarray(np.minimum(reached, end) - starts, np.float64)
