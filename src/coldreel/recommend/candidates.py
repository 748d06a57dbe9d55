"""Stage 2, candidates: a few hundred items out of all, each with the origin it came from.

Each source adds what it wants to know to one question, which the shelf answers in one go.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np

from coldreel.model import Origin, Policy, Vector
from coldreel.recommend.pool import Pool
from coldreel.recommend.showcase import Showcase
from coldreel.recommend.viewer import Viewer


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """What a request wants to know. Nothing that the viewer has seen or was served of late is an answer.

    probes: look around these vectors, for `depth` items each
    seeds: look at those who liked these items, for `related` items that please them too
    named: what of these may be shown, by origin
    newest: the latest so many that were taken in
    """

    viewer: Viewer
    policy: Policy = Policy()
    probes: tuple[Vector, ...] = ()
    depth: int = 0
    seeds: tuple[int, ...] = ()
    related: int = 0
    named: tuple[tuple[Origin, int], ...] = ()
    newest: int = 0


class Shelf(Protocol):
    """What the sources ask of the catalogue."""

    def candidates(self, question: Question) -> Pool:
        """The answer to all parts of a question."""

    def shuffled_unseen(self, question: Question, start: float, k: int) -> Pool:
        """k unseen items at random, from the point `start` in [0, 1) of the shuffled catalogue on."""

    def lottery(self, question: Question, k: int, rng: np.random.Generator) -> tuple[Pool, float | None]:
        """Up to k unseen items, each of them uniformly drawn from all that may be shown, and the probability
        with which any of these was drawn first; None where that is not known."""

    def held_back(self, question: Question, k: int) -> Pool:
        """Items that were served to the user and not seen, those first that were served the longest ago."""

    def least_recently_seen(self, question: Question, k: int) -> Pool:
        """Items that the user has seen, those first that were seen or served the longest ago."""


class Source(Protocol):
    """One origin of candidates, or several that are asked for alike."""

    def ask(
        self, question: Question, showcase: Showcase, n: int, rng: np.random.Generator
    ) -> Question:
        """The question with what this source wants to know, for a page of n places."""


@dataclass(frozen=True, slots=True)
class InterestSource:
    """Neighbours of the viewer's interests, a few of which are drawn by weight for each page."""

    probes: int = 2
    """Interests looked around per page."""
    depth: int = 4
    """Neighbours per probe and place: room for variety to choose from."""

    def ask(self, question: Question, showcase: Showcase, n: int, rng: np.random.Generator) -> Question:
        if question.viewer.is_new:
            return question
        vectors, weights = question.viewer.tastes()
        chances = np.asarray(weights, dtype=np.float64)
        count = min(self.probes, len(chances))
        drawn = rng.choice(len(chances), size=count, replace=False, p=chances / chances.sum())
        return replace(question, probes=tuple(vectors[drawn]), depth=self.depth * max(n, 5))


@dataclass(frozen=True, slots=True)
class CollaborativeSource:
    """What pleases those who were pleased by the same items."""

    count: int = 30

    def ask(self, question: Question, showcase: Showcase, n: int, rng: np.random.Generator) -> Question:
        seeds = tuple(favourite.item for favourite in question.viewer.favourites)
        return replace(question, seeds=seeds, related=self.count) if seeds else question


@dataclass(frozen=True, slots=True)
class BoardSource:
    """The heads of the boards."""

    count: int = 12
    """Of each; those that the viewer knows already fall away."""

    def ask(self, question: Question, showcase: Showcase, n: int, rng: np.random.Generator) -> Question:
        boards = ((Origin.HIT, showcase.hits), (Origin.GEM, showcase.gems))
        named = tuple((origin, int(item)) for origin, board in boards for item in _some(board, self.count, rng))
        return replace(question, named=question.named + named)


@dataclass(frozen=True, slots=True)
class FreshSource:
    """Items that wait to be tried: those nearest to the viewer's interests, and the very newest."""

    near: int = 12
    newest: int = 4
    """Taken in since the catalogue was last counted, perhaps."""

    def ask(self, question: Question, showcase: Showcase, n: int, rng: np.random.Generator) -> Question:
        viewer = question.viewer
        if not len(showcase.fresh):
            found = showcase.fresh
        elif viewer.is_new:
            found = rng.permutation(showcase.fresh)[: self.near]
        else:
            found = showcase.nearest_fresh(viewer.tastes()[0], self.near)
        named = tuple((Origin.FRESH, int(item)) for item in found)
        return replace(question, named=question.named + named, newest=self.newest)


@dataclass(frozen=True, slots=True)
class SpreadSource:
    """For a viewer of whom nothing is known: items unlike each other, so that a few swipes say a lot."""

    pool: int = 150
    """Sampled items among which the spread is looked for."""

    def find(self, shelf: Shelf, question: Question, n: int, rng: np.random.Generator) -> Pool:
        sample = shelf.shuffled_unseen(question, rng.random(), self.pool)
        return sample.take(farthest_first(sample.vectors, n)).named(Origin.SPREAD)


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


def gather(
    shelf: Shelf, question: Question, showcase: Showcase, n: int, rules: CandidateRules,
    rng: np.random.Generator,
) -> Pool:  # fmt: skip
    """The candidates of all sources for a page of n places."""
    for source in rules.sources:
        question = source.ask(question, showcase, n, rng)
    found = shelf.candidates(question)
    if question.viewer.is_new:
        found = found + rules.spread.find(shelf, question, 2 * n, rng)
    return found


def _some(board: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """The head of a board, and as many from all of it: who has seen the head finds something too."""
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
