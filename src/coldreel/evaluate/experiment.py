"""Every policy in the worlds of several seeds: one run each, in processes side by side."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path

from coldreel.evaluate.curves import Curves, curves
from coldreel.evaluate.measures import measured
from coldreel.evaluate.policies import PolicyName, policy
from coldreel.evaluate.simulator import SimulationRules, simulate
from coldreel.evaluate.vectors import WorldKind
from coldreel.evaluate.world import World, WorldRules, make_world
from coldreel.recommend.feed import FeedRules


@dataclass(frozen=True, slots=True)
class Experiment:
    """What is compared, and where.

    first_seed: of the worlds, which are numbered; rules were chosen in some of those below 100
    data: the folder of features that the world tiktok needs
    """

    kind: WorldKind
    policies: tuple[PolicyName, ...] = tuple(PolicyName)
    seeds: int = 10
    first_seed: int = 100
    world: WorldRules = field(default_factory=WorldRules)
    simulation: SimulationRules = field(default_factory=SimulationRules)
    feed: FeedRules = field(default_factory=FeedRules)
    data: Path | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """One run. figures: by the names of the measures; seconds: of wall time"""

    policy: PolicyName
    seed: int
    figures: dict[str, float]
    curves: Curves
    seconds: float


def run(
    experiment: Experiment, processes: int, progress: Callable[[int, int], None] = lambda _done, _of: None
) -> list[Outcome]:
    """All runs, by policy and seed; the same ones with any number of processes.

    progress: told of runs done, and of how many. Raises SettingsError where the world cannot be made.
    """
    first = experiment.first_seed
    make_world(experiment.kind, first, experiment.world, experiment.data)  # what is wrong is said here, once
    seeds = range(first, first + experiment.seeds)
    tasks = [(seed, name) for seed in seeds for name in experiment.policies]
    outcomes = []
    for outcome in _outcomes(experiment, tasks, min(processes, len(tasks))):
        outcomes.append(outcome)
        progress(len(outcomes), len(tasks))
    order = {name: place for place, name in enumerate(experiment.policies)}
    return sorted(outcomes, key=lambda outcome: (order[outcome.policy], outcome.seed))


def _outcomes(
    experiment: Experiment, tasks: Sequence[tuple[int, PolicyName]], processes: int
) -> Iterator[Outcome]:
    if processes <= 1:
        yield from (run_one(experiment, seed, name) for seed, name in tasks)
        return
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # the processes share the cores already
    pool = ProcessPoolExecutor(processes, mp_context=get_context("spawn"))
    try:
        futures = [pool.submit(run_one, experiment, seed, name) for seed, name in tasks]
        for future in as_completed(futures):
            yield future.result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def run_one(experiment: Experiment, seed: int, name: PolicyName) -> Outcome:
    """One policy in the world of one seed."""
    began = time.perf_counter()
    world = _world(experiment.kind, seed, experiment.world, experiment.data)
    log = simulate(world, policy(name, experiment.feed), experiment.simulation)
    figures = measured(world, log, experiment.simulation.measures)
    return Outcome(name, seed, figures, curves(world, log), time.perf_counter() - began)


@lru_cache(maxsize=1)
def _world(kind: WorldKind, seed: int, rules: WorldRules, data: Path | None) -> World:
    """The next policy of the same seed needs the same one."""
    return make_world(kind, seed, rules, data)
