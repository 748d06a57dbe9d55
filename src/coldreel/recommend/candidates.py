"""Stage 2, candidates: a few hundred items out of all, each with the origin it came from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from coldreel.model import Origin, Vector
from coldreel.recommend.viewer import Viewer


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    item: int
    vector: Vector
    origin: Origin


class Shelf(Protocol):
    """What the generators ask of the catalogue. Nothing that the viewer has seen comes from the first two."""

    def nearest_unseen(self, probes: Sequence[Vector], user: int, k: int) -> list[Candidate]:
        """Per probe the k nearest unseen items."""

    def shuffled_unseen(self, start: float, user: int, k: int) -> list[Candidate]:
        """k unseen items at random, from the point `start` in [0, 1) of the shuffled catalogue on; none when
        there is none."""

    def held_back(self, user: int, k: int) -> list[Candidate]:
        """Items that were served to the user and not seen, those first that were served the longest ago."""

    def least_recently_seen(self, user: int, k: int) -> list[Candidate]:
        """Items that the user has seen, those first that were seen or served the longest ago."""


class Generator(Protocol):
    """One origin of candidates."""

    def find(self, viewer: Viewer, n: int, rng: np.random.Generator) -> list[Candidate]:
        """Candidates for a page of n places; possibly none."""


@dataclass(frozen=True, slots=True)
class InterestGenerator:
    """Neighbours of the viewer's interests, a few of which are drawn by weight for each page."""

    shelf: Shelf
    probes: int = 2
    """Interests looked around per page."""
    depth: int = 6
    """Neighbours per probe and place: room for variety to choose from."""

    def find(self, viewer: Viewer, n: int, rng: np.random.Generator) -> list[Candidate]:
        interests = viewer.interests
        if not interests.vectors:
            return []
        weights = np.asarray(interests.weights, dtype=np.float64)
        count = min(self.probes, len(weights))
        drawn = rng.choice(len(weights), size=count, replace=False, p=weights / weights.sum())
        return self.shelf.nearest_unseen([interests.vectors[i] for i in drawn], viewer.id, self.depth * n)


@dataclass(frozen=True, slots=True)
class SpreadGenerator:
    """For a viewer of whom nothing is known: items unlike each other, so that a few swipes say a lot."""

    shelf: Shelf
    pool: int = 300
    """Sampled items among which the spread is looked for."""

    def find(self, viewer: Viewer, n: int, rng: np.random.Generator) -> list[Candidate]:
        if not viewer.is_new:
            return []
        pool = self.shelf.shuffled_unseen(rng.random(), viewer.id, self.pool)
        chosen = farthest_first([candidate.vector for candidate in pool], n)
        return [replace(pool[i], origin=Origin.SPREAD) for i in chosen]


@dataclass(frozen=True, slots=True)
class RandomGenerator:
    """A uniform sample of what the viewer has not seen: the way to tastes that nobody knows of yet.

    As many as the page has places for, and one at least: where there is none, everything has been seen. They
    stay random picks even where an interest would find them too.
    """

    shelf: Shelf
    places: tuple[int, ...]
    """Of every ten places (counted from 0) those that explore at random."""

    def find(self, viewer: Viewer, n: int, rng: np.random.Generator) -> list[Candidate]:
        wanted = sum(place % 10 in self.places for place in range(n))
        return self.shelf.shuffled_unseen(rng.random(), viewer.id, max(1, wanted))


def farthest_first(vectors: Sequence[Vector], n: int) -> list[int]:
    """Indices of up to n vectors of norm one, each the least similar to those before it (Gonzalez 1985).

    The first vector given is the first chosen.
    """
    if not vectors:
        return []
    matrix = np.stack(vectors)
    chosen = [0]
    nearest = matrix @ matrix[0]
    while len(chosen) < min(n, len(matrix)):
        nearest[chosen] = np.inf
        following = int(np.argmin(nearest))
        chosen.append(following)
        nearest = np.maximum(nearest, matrix @ matrix[following])
    return chosen


def distinct(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Stage 3, filter: each item once, with the origin that named it first."""
    first: dict[int, Candidate] = {}
    for candidate in candidates:
        first.setdefault(candidate.item, candidate)
    return list(first.values())
