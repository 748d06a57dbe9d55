"""Stage 2, candidates: a few hundred items out of all, each with the origin it came from.

Each source adds what it wants to know to one question, which the shelf answers in one go.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from coldreel.model import Origin, Vector
from coldreel.recommend.pool import Pool
from coldreel.recommend.request import Request


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """What a request wants to know. Nothing that the viewer has seen or was served of late is an answer.

    probes: look around these vectors, for `depth` items each
    seeds: look at those who were pleased by these items, for `related` items that please them too
    named: what of these may be shown, by origin
    newest: the latest so many that were taken in
    """

    probes: tuple[Vector, ...] = ()
    depth: int = 0
    seeds: tuple[int, ...] = ()
    related: int = 0
    named: tuple[tuple[Origin, int], ...] = ()
    newest: int = 0

    def __or__(self, other: Question) -> Question:
        """Both questions in one."""
        return Question(
            self.probes + other.probes,
            max(self.depth, other.depth),
            self.seeds + other.seeds,
            max(self.related, other.related),
            self.named + other.named,
            max(self.newest, other.newest),
        )


class Shelf(Protocol):
    """What the sources ask of the catalogue."""

    def candidates(self, request: Request, question: Question) -> Pool:
        """The answer to all parts of a question."""

    def shuffled_unseen(self, request: Request, k: int) -> Pool:
        """k unseen items from a random point of the shuffled catalogue on."""

    def lottery(self, request: Request, k: int) -> tuple[Pool, float | None]:
        """Up to k unseen items, each drawn uniformly from all that may be shown, and the probability that a
        draw has; None where that is not known."""

    def held_back(self, request: Request, k: int) -> Pool:
        """Items that were served to the user and not seen, those first that were served the longest ago."""

    def least_recently_seen(self, request: Request, k: int) -> Pool:
        """Items that the user has seen, those first that were seen or served the longest ago."""


_LEAST = 1e-9
"""A weight that has all but faded."""


class Source(Protocol):
    """One origin of candidates, or several that are asked for alike."""

    def ask(self, request: Request) -> Question:
        """What this source wants to know for a page."""


@dataclass(frozen=True, slots=True)
class InterestSource:
    """Neighbours of the viewer's interests, a few of which are drawn by weight for each page."""

    probes: int = 2
    """Interests looked around per page."""
    depth: int = 2
    """Neighbours per probe and place: room for variety to choose from."""

    def ask(self, request: Request) -> Question:
        if request.viewer.is_new:
            return Question()
        vectors, weights = request.viewer.tastes
        # Who comes first in a race of exponential clocks: a draw by weight, without putting back.
        arrivals = request.rng.standard_exponential(len(weights)) / np.maximum(weights, _LEAST)
        drawn = np.argsort(arrivals)[: self.probes]
        return Question(probes=tuple(vectors[drawn]), depth=self.depth * max(request.places, 5))


@dataclass(frozen=True, slots=True)
class CollaborativeSource:
    """What pleases those who were pleased by the same items."""

    count: int = 30

    def ask(self, request: Request) -> Question:
        seeds = tuple(favourite.item for favourite in request.viewer.favourites)
        return Question(seeds=seeds, related=self.count)


@dataclass(frozen=True, slots=True)
class BoardSource:
    """Of each board the head, and as many from all of it: who has seen the head finds something too."""

    best: int = 16
    """What pleases nearly everybody is a candidate for the main places."""
    others: int = 8
    """Hits, and gems."""

    def ask(self, request: Request) -> Question:
        showcase = request.showcase
        boards = (
            (Origin.BEST, showcase.best, self.best),
            (Origin.HIT, showcase.hits, self.others),
            (Origin.GEM, showcase.gems, self.others),
        )
        named = tuple(
            (origin, int(item))
            for origin, board, count in boards
            for item in _some(board, count, request.rng)
        )
        return Question(named=named)


@dataclass(frozen=True, slots=True)
class FreshSource:
    """Items that wait to be tried: those nearest to the viewer's interests, and the very newest."""

    near: int = 20
    newest: int = 4
    """Taken in since the catalogue was last counted, perhaps."""

    def ask(self, request: Request) -> Question:
        viewer, showcase = request.viewer, request.showcase
        if not len(showcase.fresh):
            found = showcase.fresh
        elif viewer.is_new:
            found = request.rng.permutation(showcase.fresh)[: self.near]
        else:
            found = showcase.nearest_fresh(viewer.tastes[0], self.near)
        named = tuple((Origin.FRESH, int(item)) for item in found)
        return Question(named=named, newest=self.newest)


@dataclass(frozen=True, slots=True)
class SpreadSource:
    """For a viewer of whom nothing is known: items unlike each other, so that a few swipes say a lot."""

    pool: int = 150
    """Sampled items among which the spread is looked for."""

    def find(self, shelf: Shelf, request: Request) -> Pool:
        sample = shelf.shuffled_unseen(request, self.pool)
        return sample.take(farthest_first(sample.vectors, 2 * request.places)).named(Origin.SPREAD)


@dataclass(frozen=True, slots=True)
class CandidateRules:
    interest: InterestSource = field(default_factory=InterestSource)
    collaborative: CollaborativeSource = field(default_factory=CollaborativeSource)
    boards: BoardSource = field(default_factory=BoardSource)
    fresh: FreshSource = field(default_factory=FreshSource)
    spread: SpreadSource = field(default_factory=SpreadSource)

    @property
    def sources(self) -> tuple[Source, ...]:
        return self.interest, self.collaborative, self.boards, self.fresh


def gather(shelf: Shelf, request: Request, rules: CandidateRules) -> Pool:
    """The candidates of all sources for a page."""
    question = Question()
    for source in rules.sources:
        question |= source.ask(request)
    found = _told_once(shelf.candidates(request, question))
    return found + rules.spread.find(shelf, request) if request.viewer.is_new else found


def _told_once(pool: Pool) -> Pool:
    """How an item is related to what the viewer likes holds in each of its rows."""
    if not pool.related.any():
        return pool
    _, item = np.unique(pool.items, return_inverse=True)
    related = np.zeros(len(pool))
    np.maximum.at(related, item, pool.related)
    return replace(pool, related=related[item])


def _some(board: NDArray[np.int64], count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """So many of a board: the head, and as many of the rest."""
    rest = board[count // 2 :]
    return np.concatenate([board[: count // 2], rng.permutation(rest)[: count - count // 2]])


def farthest_first(vectors: Vector, n: int) -> list[int]:
    """Rows of up to n vectors of norm one, each the least similar to those before it (Gonzalez 1985).

    The first vector given is the first chosen.
    """
    if not len(vectors):
        return []
    chosen = [0]
    nearest = vectors @ vectors[0]
    while len(chosen) < min(n, len(vectors)):
        nearest[chosen] = np.inf
        following = int(np.argmin(nearest))
        chosen.append(following)
        nearest = np.maximum(nearest, vectors @ vectors[following])
    return chosen
