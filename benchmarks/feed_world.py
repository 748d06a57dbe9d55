"""A made-up catalogue with its audience, as numpy arrays: what `feed.py` measures a feed on.

Vectors lie around topics: a topic's centre, variation along a few directions that all topics share, and a
little noise in all directions. Users look mostly at a few topics of theirs, some users far more than others,
and at popular items more than at the rest. Whether a view pleases depends on the item's quality, which no
vector shows, and on whether the topic is the user's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from coldreel.learn.reward import RewardRules
from coldreel.model import Vector

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Reals = NDArray[np.float64]

_SHARED_DIRECTIONS = 24
_SPREAD, _NOISE = 0.6, 0.3
"""Length of an item's way from its topic's centre, along the shared directions and along all."""
_HOMES = 4
"""Topics of a user, at most."""
_AT_HOME = 0.8
"""Share of views of the user's own topics."""
_LIKES, _DISLIKES = 0.2, 0.02
"""Of views that pleased, and that did not: those that a like or a "not interested" follows."""
DAYS = 30.0
"""The audience has watched for so long."""


@dataclass(frozen=True, slots=True)
class Size:
    items: int
    users: int
    events: int
    dimensions: int

    @property
    def topics(self) -> int:
        return max(20, int(self.items**0.5))


@dataclass(frozen=True, slots=True, eq=False)
class Shelves:
    """Per item: its vector (items, dimensions), its topic, its length in seconds and its hidden quality."""

    vectors: Vector
    topics: Ints
    durations: Reals
    quality: Reals


@dataclass(frozen=True, slots=True, eq=False)
class Views:
    """Per view the indices of user and item, days ago, seconds watched, and what followed."""

    users: Ints
    items: Ints
    days_ago: Reals
    watched_s: Reals
    long: Flags
    skipped: Flags
    liked: Flags
    not_interested: Flags

    @property
    def pleased(self) -> Flags:
        return (self.long | self.liked) & ~self.not_interested


def shelves(size: Size, rng: np.random.Generator) -> Shelves:
    centres = _unit(rng.standard_normal((size.topics, size.dimensions)))
    shared = _unit(rng.standard_normal((_SHARED_DIRECTIONS, size.dimensions)))
    topics = np.minimum((size.topics * rng.random(size.items) ** 1.5).astype(np.int64), size.topics - 1)
    along = rng.standard_normal((size.items, _SHARED_DIRECTIONS)) * (_SPREAD / _SHARED_DIRECTIONS**0.5)
    noise = rng.standard_normal((size.items, size.dimensions), dtype=np.float32)
    vectors = centres[topics] + along @ shared + noise * (_NOISE / size.dimensions**0.5)
    return Shelves(
        _unit(vectors).astype(np.float32),
        topics,
        np.clip(rng.lognormal(3.0, 0.7, size.items), 3.0, 300.0),
        rng.beta(2.0, 4.0, size.items),
    )


def views(size: Size, shelf: Shelves, rng: np.random.Generator) -> Views:
    """So many that with likes and the like they make about `size.events`, no item twice by one user."""
    count = round(size.events / 1.09)
    homes = rng.integers(0, size.topics, (size.users, _HOMES))
    homes[:, 1:] = np.where(rng.random((size.users, _HOMES - 1)) < 0.5, homes[:, 1:], homes[:, :1])
    activity = rng.lognormal(0.0, 1.0, size.users)
    users = rng.choice(size.users, round(1.3 * count), p=activity / activity.sum())
    at_home = rng.random(len(users)) < _AT_HOME
    topics = np.where(
        at_home, homes[users, rng.integers(0, _HOMES, len(users))], rng.choice(shelf.topics, len(users))
    )
    pairs = np.unique(users * size.items + _popular(shelf.topics, topics, rng))
    pairs = rng.permutation(pairs)[:count]
    users, items = pairs // size.items, pairs % size.items
    mine = (homes[users] == shelf.topics[items][:, None]).any(axis=1)
    return _watched(users, items, mine, shelf, rng)


def _popular(topic_of: Ints, topics: Ints, rng: np.random.Generator) -> Ints:
    """An item of each of these topics, the first ones of a topic far more often than its last."""
    order = np.argsort(topic_of, kind="stable")
    starts = np.searchsorted(topic_of[order], topics)
    sizes = np.searchsorted(topic_of[order], topics, side="right") - starts
    place = np.minimum((sizes * rng.random(len(topics)) ** 2).astype(np.int64), sizes - 1)
    return np.asarray(order[np.clip(starts + place, 0, len(order) - 1)], np.int64)


def _watched(users: Ints, items: Ints, mine: Flags, shelf: Shelves, rng: np.random.Generator) -> Views:
    rules, count = RewardRules(), len(users)
    durations = shelf.durations[items]
    enough = np.array([rules.long_share(d) for d in durations])
    long = rng.random(count) < np.clip(shelf.quality[items] * np.where(mine, 1.6, 0.7), 0.0, 0.95)
    share = np.where(long, enough + rng.random(count) * (1.3 - enough), enough * rng.random(count) * 0.98)
    watched = share * durations
    return Views(
        users,
        items,
        DAYS * rng.random(count),
        watched,
        long,
        ~long & (watched < rules.skip_s),
        long & (rng.random(count) < _LIKES),
        ~long & (rng.random(count) < _DISLIKES),
    )


def interests(shelf: Shelves, seen: Views, users: int) -> dict[int, tuple[Vector, list[int]]]:
    """Per user that was pleased by anything: the mean direction in each topic, up to 4, and its positives."""
    pleased = np.flatnonzero(seen.pleased)
    pleased = pleased[np.argsort(seen.users[pleased], kind="stable")]
    bounds = np.searchsorted(seen.users[pleased], np.arange(users + 1))
    found = {}
    for user in np.flatnonzero(np.diff(bounds)):
        items = seen.items[pleased[bounds[user] : bounds[user + 1]]]
        topics, group, counts = np.unique(shelf.topics[items], return_inverse=True, return_counts=True)
        sums = np.zeros((len(topics), shelf.vectors.shape[1]))
        np.add.at(sums, group, shelf.vectors[items])
        best = np.argsort(-counts, kind="stable")[:_HOMES]
        found[int(user)] = _unit(sums[best]).astype(np.float32), [int(n) for n in counts[best]]
    return found


def _unit(rows: NDArray[np.floating]) -> NDArray[np.floating]:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))
