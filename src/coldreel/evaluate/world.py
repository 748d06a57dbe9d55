"""The simulated world: users with hidden tastes, items of planted quality, and who comes when.

It was fixed before any part of the recommender was tuned on it, and follows from a seed alone: whatever a
policy does, the same users come at the same times to the same items.

Day 0 belongs to the world: the items that are there from the start are seen by a few followers of who made
them, or by nobody. The feed begins on day 1. An item that arrives later has its first day in the same way,
and may be in feeds from the next day on. So "no exposure on its first day" is the same fact for every policy.
Followers are people apart, who never ask for a feed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from coldreel.errors import SettingsError
from coldreel.evaluate.schedule import Schedule, ScheduleRules, drawn_schedule
from coldreel.evaluate.vectors import (
    ItemVectors,
    Matrix,
    VectorRules,
    WorldKind,
    from_clusters,
    from_tiktok,
    unit,
)

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class WorldRules:
    """The sizes and the nature of a world. Fixed: results are never a reason to change these."""

    items: int = 5_000
    users: int = 2_000
    followers: int = 500
    """People who see items on their first day and never ask for a feed."""
    schedule: ScheduleRules = field(default_factory=ScheduleRules)
    vectors: VectorRules = field(default_factory=VectorRules)
    starting: float = 0.6
    """Share of the items that is there from the start."""
    last_arrival: float = 0.75
    """Share of the days by which the last item has arrived: every one has some time to be found."""
    opening: float = 0.6
    """Share of the items that followers see on the first day."""
    opening_viewers: float = 3.0
    """How many of them on average, one at least."""
    interests: tuple[int, int] = (2, 4)
    """Fewest and most interests of a user."""
    tied: float = 0.5
    """Share of the items whose quality hangs on their content; that of the others is independent of it."""
    tie: float = 0.5
    """Share of the variance of a tied item's quality that its content explains."""
    decile: float = 0.1
    """Top and bottom share by quality: what can be a gem, and what is bad."""
    hits: int = 3
    """Planted hits, that nobody sees on their first day."""
    hit_quality: float = 4.0
    """Their quality, in standard deviations."""
    hit_days: tuple[float, float] = (0.1, 0.5)
    """The first and the last of them arrive at these shares of the days."""
    duration_s: tuple[float, float] = (18.0, 0.6)
    """Median of the videos' durations and spread of their logarithm; between 5 and 60 seconds."""


QUICK = WorldRules(items=200, users=60, followers=30, schedule=ScheduleRules(1_200, days=4, aftermath=1))
"""A small world that is over in seconds: it shows that everything works, and nothing more."""


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """All that is true in one simulated world.

    Of items (n,): content float32 (n, d), norm one, what the recommender is given; quality, standard normal;
    tied, whether it hangs on content; duration_s; arrives, the day (in feeds from the next one on); gem, bad,
    and hits, their indices.
    Of users and then followers: fit float32 (people, n), how well an item fits a taste, standardised over all
    pairs; nearest int8 (people, n), which of their interests it is.
    """

    kind: WorldKind
    seed: int
    rules: WorldRules
    content: Matrix
    quality: Numbers
    tied: NDArray[np.bool_]
    duration_s: Numbers
    arrives: NDArray[np.int64]
    gem: NDArray[np.bool_]
    bad: NDArray[np.bool_]
    hits: NDArray[np.int64]
    fit: Matrix
    nearest: NDArray[np.int8]
    openings: Openings
    schedule: Schedule


@dataclass(frozen=True, slots=True, eq=False)
class Openings:
    """What followers see on the first days of items, in the order of the times (in days)."""

    at: Numbers
    follower: NDArray[np.int64]
    item: NDArray[np.int64]


def make_world(kind: WorldKind, seed: int, rules: WorldRules, data: Path | None = None) -> World:
    """The world of a seed. data: the folder of the features, which the world tiktok needs."""
    streams = [np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(6)]
    vectors = _vectors(kind, rules, data, streams[0])
    n = rules.items
    tied = streams[1].random(n) < rules.tied
    quality = _quality(vectors.clean, tied, rules.tie, streams[1])
    arrives, hits = _arrivals(rules, streams[2])
    quality[hits] = rules.hit_quality
    low, high = np.quantile(quality, [rules.decile, 1 - rules.decile])
    openings = _openings(rules, arrives, hits, streams[3])
    unseen = np.ones(n, dtype=bool)
    unseen[openings.item] = False
    gem = (quality >= high) & unseen
    gem[hits] = False
    median, spread = rules.duration_s
    fit, nearest = _fits(vectors, rules, streams[4])
    return World(
        kind=kind,
        seed=seed,
        rules=rules,
        content=vectors.content,
        quality=quality,
        tied=tied,
        duration_s=np.clip(median * np.exp(spread * streams[1].standard_normal(n)), 5.0, 60.0),
        arrives=arrives,
        gem=gem,
        bad=quality <= low,
        hits=hits,
        fit=fit,
        nearest=nearest,
        openings=openings,
        schedule=drawn_schedule(rules.users, rules.schedule, streams[5]),
    )


def _vectors(kind: WorldKind, rules: WorldRules, data: Path | None, rng: np.random.Generator) -> ItemVectors:
    if kind is WorldKind.CLUSTERS:
        return from_clusters(rules.items, rules.vectors, rng)
    if data is None:
        raise SettingsError(
            "The world tiktok needs --data, the folder that holds image_feat.npy and audio_feat.npy of the"
            " TikTok benchmark; --world clusters needs nothing"
        )
    return from_tiktok(data, rules.items, rules.vectors, rng)


def _quality(clean: Matrix, tied: NDArray[np.bool_], tie: float, rng: np.random.Generator) -> Numbers:
    """Standard normal; of the tied ones a share of the variance follows one direction of the content."""
    direction = rng.standard_normal(clean.shape[1])
    along = (clean - clean.mean(axis=0)) @ direction
    along = (along - along.mean()) / along.std()
    own = rng.standard_normal(len(clean))
    return np.where(tied, np.sqrt(tie) * along + np.sqrt(1 - tie) * own, own)


def _arrivals(rules: WorldRules, rng: np.random.Generator) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The day on which each item arrives, 0 for the start, and which items are the planted hits."""
    days = rules.schedule.days
    late = rng.random(rules.items) >= rules.starting
    arrives = np.where(late, rng.integers(1, max(int(days * rules.last_arrival), 1) + 1, rules.items), 0)
    hits = rng.choice(rules.items, size=rules.hits, replace=False)
    first, last = rules.hit_days
    arrives[hits] = np.round(np.linspace(first, last, rules.hits) * days)
    return arrives.astype(np.int64), np.sort(hits).astype(np.int64)


def _openings(
    rules: WorldRules, arrives: NDArray[np.int64], hits: NDArray[np.int64], rng: np.random.Generator
) -> Openings:
    has = rng.random(rules.items) < rules.opening
    has[hits] = False
    viewers = np.where(has, 1 + rng.poisson(rules.opening_viewers - 1, rules.items), 0)
    pairs = [
        (item, follower)
        for item, count in enumerate(viewers)
        for follower in rng.choice(rules.followers, size=min(count, rules.followers), replace=False)
    ]
    item, follower = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    at = arrives[item] + rng.random(len(item))
    order = np.argsort(at, kind="stable")
    return Openings(at[order], follower[order] + rules.users, item[order])


def _fits(
    vectors: ItemVectors, rules: WorldRules, rng: np.random.Generator
) -> tuple[Matrix, NDArray[np.int8]]:
    """Of every person and item: the cosine with the nearest interest, standardised, and which one that is."""
    people, most = rules.users + rules.followers, rules.interests[1]
    counts = rng.integers(rules.interests[0], most + 1, people)
    wishes = unit(vectors.wishes)[rng.integers(0, len(vectors.wishes), (people, most))]
    fit = np.full((people, rules.items), -np.inf, np.float32)
    nearest = np.zeros((people, rules.items), np.int8)
    for k in range(most):
        cosine = wishes[:, k] @ vectors.taste.T
        better = (cosine > fit) & (counts > k)[:, None]
        fit = np.where(better, cosine, fit)
        nearest[better] = k
    return ((fit - fit.mean()) / fit.std()).astype(np.float32), nearest
