"""One pass of learning: from what was shown and what came of it to thresholds and weights, kept or not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

import numpy as np

from coldreel.errors import AlreadyLearningError
from coldreel.learn.baseline import BaselineRules, measured
from coldreel.learn.comparing import Comparison, ComparisonRules, compare
from coldreel.learn.long_views import (
    LongViewRules,
    Threshold,
    active_rules,
    has_moved,
    of_params,
    thresholds,
    to_params,
)
from coldreel.learn.ranker import FittingRules, Floats, fit, vector_of
from coldreel.learn.relating import RelatingRules, Relations, relate
from coldreel.learn.reward import RewardRules
from coldreel.learn.showings import Flags, Showings, gathered
from coldreel.model import ModelKind, Weights
from coldreel.store.models import Model
from coldreel.store.store import Store
from coldreel.store.vectors import StoredSpace

Rebuild: TypeAlias = Callable[[RewardRules], object]
"""Derives statistics and user state anew, by these rules."""


@dataclass(frozen=True, slots=True)
class LearningRules:
    """coldreel's own numbers."""

    reward: RewardRules = field(default_factory=RewardRules)
    """As shipped: what learned thresholds are shrunk towards."""
    long_views: LongViewRules = field(default_factory=LongViewRules)
    fitting: FittingRules = field(default_factory=FittingRules)
    comparison: ComparisonRules = field(default_factory=ComparisonRules)
    relating: RelatingRules = field(default_factory=RelatingRules)
    baseline: BaselineRules = field(default_factory=BaselineRules)
    window: timedelta = timedelta(days=28)
    """What was served earlier says little of what pleases now."""
    settled: timedelta = timedelta(minutes=10)
    """What was served later may still be on the screen."""
    most: int = 200_000
    """Showings, the latest ones; they are held in memory, at about 300 bytes each."""
    least: int = 30
    """Showings without which nothing is learned."""
    held_out: timedelta = timedelta(days=1)
    """The latest showings, which are not fitted on but compared on."""
    held_out_least: float = 0.2
    held_out_most: float = 0.5
    """Shares of all: more than a day where few watch, less of it while a catalogue is young."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a pass has learned, from how much, and what became of it.

    showings, pleased, first, last: of those whose outcome is known; the times are of serving
    fingerprint: of the data; comparison: None where there was too little to learn from
    relations: which items please the same people, by these thresholds; nothing to go back from, for they
    follow from what pleased whom
    """

    showings: int
    pleased: int
    first: datetime | None
    last: datetime | None
    fingerprint: str
    thresholds: tuple[Threshold, ...]
    thresholds_kept: bool
    thresholds_why: str
    present: Weights
    weights: Weights
    comparison: Comparison | None
    ranker_kept: bool
    ranker_why: str
    relations: Relations | None = None


def learn(store: Store, prior: Weights, rules: LearningRules, now: datetime, rebuild: Rebuild) -> Report:
    """Learn thresholds and weights; put to use what is better, and rebuild what follows from the thresholds.
    Then say anew which items are related.

    prior: the shipped weights; a feature that they do not name is not learned. Raises AlreadyLearningError.

    Thresholds come first, for they say which outcomes the ranker is fitted to. The weights that are kept
    are those that were compared; the held-out day is for a later pass to fit on. What strangers have in
    common in the space is measured before all, and a rebuild that is owed is done.
    """
    with _alone(store):
        space = _measured(store, rules)
        _rebuild_what_is_due(store, rules, rebuild)
        serving = 0 if space is None else space.id  # there is no space 0, and nothing that it served
        showings = _read(store, serving, tuple(sorted(prior.values)), rules, now)
        report = _learned(store, serving, showings, prior, rules)
        _keep(store, serving, report)
        _rebuild_what_is_due(store, rules, rebuild)
        relations = relate(store, space, rules.relating)
    return replace(report, relations=relations)


def derive_anew(store: Store, rules: LearningRules, rebuild: Rebuild) -> Relations:
    """All that follows from events, from the events alone. Raises AlreadyLearningError."""
    with _alone(store):
        space = _measured(store, rules)
        store.models.owe_rebuild()
        _rebuild_what_is_due(store, rules, rebuild)
        return relate(store, space, rules.relating)


def go_back(store: Store, rules: LearningRules, rebuild: Rebuild) -> tuple[Model, ...]:
    """Undo the latest pass that put anything to use. Raises AlreadyLearningError.

    Returns what was given up: nothing where all is as shipped.
    """
    with _alone(store):
        active = [model for kind in ModelKind if (model := store.models.active(kind)) is not None]
        latest = max(active, key=lambda model: model.id, default=None)
        given_up = tuple(
            model for model in active if latest is not None and model.fingerprint == latest.fingerprint
        )
        with store.database.transaction():
            for model in given_up:
                store.models.back(ModelKind(model.kind))
                if model.kind == ModelKind.REWARD:
                    store.models.owe_rebuild()
        if _rebuild_what_is_due(store, rules, rebuild):
            relate(store, store.spaces.active(), rules.relating)
    return given_up


def _measured(store: Store, rules: LearningRules) -> StoredSpace | None:
    """The space that serves, with its baseline of today."""
    space = store.spaces.active()
    return None if space is None else measured(store, space, rules.baseline)


def _rebuild_what_is_due(store: Store, rules: LearningRules, rebuild: Rebuild) -> bool:
    """Whether anything was: because thresholds or the baseline moved, or an earlier rebuild did not end."""
    owed_since = store.models.rebuild_owed_since()
    if owed_since is None:
        return False
    rebuild(active_rules(store, rules.reward))
    store.models.rebuilt(owed_since)
    return True


@contextmanager
def _alone(store: Store) -> Iterator[None]:
    with store.database.alone("coldreel.learn") as alone:
        if not alone:
            raise AlreadyLearningError
        yield


def _read(store: Store, space: int, names: tuple[str, ...], rules: LearningRules, now: datetime) -> Showings:
    places = store.showings.latest(space, now - rules.window, now - rules.settled, rules.most)
    showings = gathered(places, names)
    return showings[showings.known()]


def _learned(store: Store, space: int, showings: Showings, prior: Weights, rules: LearningRules) -> Report:
    reward = active_rules(store, rules.reward)
    learned = thresholds(showings.duration_s, showings.watched_s, rules.reward, reward, rules.long_views)
    enough = len(showings) >= rules.least
    moved = enough and has_moved(learned, rules.long_views)
    if moved:
        reward = of_params(to_params(learned), rules.reward)
    outcomes = showings.pleased(reward)
    present = store.models.weights(space) or prior
    weights, comparison = refitted(showings, outcomes, present, prior, rules)
    few = f"only {len(showings)} showings with a known outcome; {rules.least} are needed"
    stayed = f"none would move by more than {rules.long_views.move}"
    return Report(
        showings=len(showings),
        pleased=int(outcomes.sum()),
        first=datetime.fromtimestamp(showings.served.min(), UTC) if len(showings) else None,
        last=datetime.fromtimestamp(showings.served.max(), UTC) if len(showings) else None,
        fingerprint=showings.fingerprint,
        thresholds=learned,
        thresholds_kept=moved,
        thresholds_why="they moved" if moved else stayed if enough else few,
        present=present,
        weights=weights,
        comparison=comparison,
        ranker_kept=comparison is not None and comparison.better,
        ranker_why=few if comparison is None else comparison.why,
    )


def refitted(
    showings: Showings, outcomes: Floats, present: Weights, prior: Weights, rules: LearningRules
) -> tuple[Weights, Comparison | None]:
    """New weights, fitted on all but the latest showings, and how they do on these beside the present ones;
    None where there are too few to say."""
    late = held_out(showings, rules)
    weights = fit(showings.features[~late], outcomes[~late], showings.names, prior, rules.fitting)
    if len(showings) < rules.least:
        return weights, None
    before, after = (vector_of(each, showings.names) for each in (present, weights))
    return weights, compare(showings[late], outcomes[late], before, after, rules.comparison)


def held_out(showings: Showings, rules: LearningRules) -> Flags:
    """The latest ones, never a part of a page only, bool (n,): what is fitted is not fitted on these."""
    if not len(showings):
        return np.zeros(0, np.bool_)
    served = showings.served
    day = float(served.max()) - rules.held_out.total_seconds()
    most = float(np.quantile(served, 1.0 - rules.held_out_most, method="higher"))
    least = float(np.quantile(served, 1.0 - rules.held_out_least, method="lower"))
    return np.asarray(served >= min(max(day, most), least), np.bool_)


def _keep(store: Store, space: int, report: Report) -> None:
    with store.database.transaction():
        if report.thresholds_kept:
            store.models.owe_rebuild()
            buckets = [
                {"showings": each.showings, "present": each.present, "learned": each.learned}
                for each in report.thresholds
            ]
            metrics = {"showings": report.showings, "buckets": buckets}
            params = to_params(report.thresholds)
            store.models.keep(ModelKind.REWARD, params, metrics, report.fingerprint)
        if report.ranker_kept and report.comparison is not None:
            params = {
                "version": report.weights.version, "weights": dict(report.weights.values), "space": space
            }  # fmt: skip
            metrics = {"showings": report.showings, "comparison": asdict(report.comparison)}
            store.models.keep(ModelKind.RANKER, params, metrics, report.fingerprint)
