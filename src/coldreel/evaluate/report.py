"""What an experiment says: means over seeds with their intervals, as data and as Markdown."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from coldreel.evaluate.experiment import Experiment, Outcome
from coldreel.evaluate.measures import Measure, measures
from coldreel.evaluate.policies import PolicyName

LIMITS = (
    "A simulation is no evidence of lift with people. Tastes, boredom and quality are formulas here, chosen"
    " before anything was measured; nobody leaves, follows a creator or tells a friend. The figures compare"
    " programs in a simulated world: whether good items that nobody knows are found, at what cost, and what a"
    " change of a rule does to everything else."
)
_CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over seeds and its interval, by Student's t; nan where one seed, or none, says nothing of it."""

    mean: float
    low: float
    high: float

    @property
    def half(self) -> float:
        return (self.high - self.low) / 2


@dataclass(frozen=True, slots=True)
class Report:
    """figures: by policy and measure; against: coldreel's less those of another policy, seed by seed"""

    world: str
    first_seed: int
    seeds: int
    items: int
    users: int
    impressions: int
    measures: tuple[Measure, ...]
    figures: dict[PolicyName, dict[str, Estimate]]
    against: dict[PolicyName, dict[str, Estimate]]

    @property
    def worlds(self) -> str:
        """Which seeds it speaks of."""
        last = self.first_seed + self.seeds - 1
        return f"seeds {self.first_seed} to {last}" if self.seeds > 1 else f"seed {last}"


def report(experiment: Experiment, outcomes: Sequence[Outcome]) -> Report:
    """What all runs of an experiment say together."""
    asked = measures(experiment.simulation.measures)
    values = {
        name: {m.name: np.array([o.figures[m.name] for o in outcomes if o.policy is name]) for m in asked}
        for name in experiment.policies
    }
    ours = values.get(PolicyName.COLDREEL)
    others = [name for name in experiment.policies if ours is not None and name is not PolicyName.COLDREEL]
    return Report(
        world=experiment.kind.value,
        first_seed=experiment.first_seed,
        seeds=experiment.seeds,
        items=experiment.world.items,
        users=experiment.world.users,
        impressions=experiment.world.schedule.impressions,
        measures=asked,
        figures={name: {m: estimate(v) for m, v in by.items()} for name, by in values.items()},
        against={
            name: {m: estimate(ours[m] - v) for m, v in values[name].items()} for name in others if ours
        },
    )


def estimate(values: np.ndarray) -> Estimate:
    """Mean and 95 % interval of independent runs (Student's t)."""
    mean = float(np.mean(values)) if len(values) else math.nan
    if len(values) < 2:
        return Estimate(mean, math.nan, math.nan)
    from scipy.special import stdtrit  # here: the command line starts without it

    t = float(stdtrit(len(values) - 1, (1 + _CONFIDENCE) / 2))
    half = t * float(np.std(values, ddof=1)) / math.sqrt(len(values))
    return Estimate(mean, mean - half, mean + half)


def as_json(found: Report) -> dict[str, Any]:
    """The report as plain data; what is not known is null."""
    return {
        "world": found.world,
        "first_seed": found.first_seed,
        "seeds": found.seeds,
        "items": found.items,
        "users": found.users,
        "impressions": found.impressions,
        "limits": LIMITS,
        "measures": [asdict(measure) for measure in found.measures],
        "policies": _plain(found.figures),
        "coldreel_less": _plain(found.against),
    }


def _plain(figures: dict[PolicyName, dict[str, Estimate]]) -> dict[str, dict[str, dict[str, float | None]]]:
    return {
        name.value: {
            measure: {key: None if math.isnan(value) else value for key, value in asdict(estimate).items()}
            for measure, estimate in by.items()
        }
        for name, by in figures.items()
    }


def markdown(found: Report) -> str:
    """The report for people."""
    lines = [
        f"## World {found.world}",
        "",
        f"{found.items:,} items, {found.users:,} users, {found.impressions:,} impressions, {found.worlds};"
        " mean ± half of the 95 % interval.",
        "",
        *_table("policy", found.figures, found.measures),
        "",
    ]
    if found.against:
        lines += ["Coldreel less the others, seed by seed:", ""]
        lines += [*_table("less", found.against, found.measures, signed=True), ""]
    lines += [
        f"* **{m.title}** ({'more' if m.more_is_better else 'less'} is better): {m.meaning}"
        for m in found.measures
    ]
    return "\n".join([*lines, "", LIMITS, ""])


def _table(
    head: str,
    figures: dict[PolicyName, dict[str, Estimate]],
    columns: tuple[Measure, ...],
    signed: bool = False,
) -> list[str]:
    rows = [[head, *(m.title for m in columns)], ["---", *("---:" for _ in columns)]]
    rows += [[name.value, *(cell(by[m.name], signed) for m in columns)] for name, by in figures.items()]
    return ["| " + " | ".join(row) + " |" for row in rows]


def cell(found: Estimate, signed: bool = False) -> str:
    """One figure: three digits after the point where it is small, one where it is large."""
    if math.isnan(found.mean):
        return "–"
    digits = 1 if abs(found.mean) >= 10 else 2 if abs(found.mean) >= 2 else 3
    text = f"{found.mean:{'+' if signed else ''}.{digits}f}"
    return text if math.isnan(found.half) else f"{text} ± {found.half:.{digits}f}"
