"""Ways to fill a page in a simulated world: the recommender, the same without one part, and baselines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from coldreel.evaluate.books import Books
from coldreel.evaluate.memory import MemoryDesk
from coldreel.evaluate.nights import refitted_by_now, related_by_now
from coldreel.learn.learning import LearningRules
from coldreel.learn.relating import RelatingRules
from coldreel.model import Slot
from coldreel.recommend.candidates import FreshSource
from coldreel.recommend.feed import FeedRules, Recommender
from coldreel.recommend.scoring import SHIPPED


class PolicyName(StrEnum):
    """A way to fill a page."""

    RANDOM = "random"
    """Anything that the user has not seen."""
    POPULAR = "popular"
    """What has pleased the most viewers so far."""
    SIMILAR = "similar"
    """What is nearest in content to the user's interests; anything while there are none."""
    COLDREEL = "coldreel"
    """The recommender as it is."""
    NO_EXPLORATION = "coldreel without exploration"
    """Neither fresh nor random places."""
    NO_DIVERSITY = "coldreel without diversity"
    """The best scores, however alike."""


@dataclass(frozen=True, slots=True)
class Served:
    """One place of a page."""

    item: int
    slot: Slot
    request_id: UUID | None = None


class Policy(Protocol):
    """Fills pages. It knows of the world what the books hold, and nothing else."""

    def page(self, user: int, n: int) -> list[Served]:
        """Up to n items for a user, best first."""

    def over_night(self) -> None:
        """A day is over: what is learned once a day is learned now."""

    def stop_exploring(self) -> None:
        """From here on nothing is shown for the sake of learning."""


@dataclass(frozen=True, slots=True)
class Random:
    """Uniform among what the user has not seen. It has nothing but exploration, so it cannot stop."""

    books: Books
    rng: np.random.Generator

    def page(self, user: int, n: int) -> list[Served]:
        return _served(_any(self.books.unseen(user), n, self.rng))

    def over_night(self) -> None: ...

    def stop_exploring(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Popular:
    """By the number of pleased viewers; of equal ones in any order."""

    books: Books
    rng: np.random.Generator

    def page(self, user: int, n: int) -> list[Served]:
        score = self.books.pleased + self.rng.random(len(self.books.pleased))
        return _served(_best(score, self.books.unseen(user), n))

    def over_night(self) -> None: ...

    def stop_exploring(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Similar:
    """The nearest to the user's interests, each of which has its turn as often as its weight says."""

    books: Books
    rng: np.random.Generator

    def page(self, user: int, n: int) -> list[Served]:
        books = self.books
        unseen = books.unseen(user)
        interests = books.interests(user).in_force(books.rules.interests.founded_by)
        if not interests.vectors:
            return _served(_any(unseen, n, self.rng))
        fits = books.content @ np.stack(interests.vectors).T
        weights = np.asarray(interests.weights)
        turns = self.rng.multinomial(n, weights / weights.sum())
        chosen: list[int] = []
        for k, places in enumerate(turns):
            best = _best(fits[:, k], unseen, int(places))
            unseen[best] = False
            chosen += best
        return _served(chosen)

    def over_night(self) -> None: ...

    def stop_exploring(self) -> None: ...


class Coldreel:
    """The recommender itself, with all its stages, over the books."""

    def __init__(self, books: Books, rng: np.random.Generator, rules: FeedRules) -> None:
        self._books = books
        self._desk = MemoryDesk(books, SHIPPED)
        self._rng = rng
        self._requests = 0
        self._recommender = self._following(rules)

    def page(self, user: int, n: int) -> list[Served]:
        feed = self._recommender.page(str(user), n)
        return [Served(place.item.id, place.slot, feed.request_id) for place in feed.items]

    def over_night(self) -> None:
        desk = self._desk
        self._books.neighbours = related_by_now(self._books, RelatingRules())
        desk.weights = refitted_by_now(self._books, desk.logged, desk.weights, SHIPPED, LearningRules())

    def stop_exploring(self) -> None:
        self._recommender = self._following(without_exploration(self._recommender.rules))

    def _following(self, rules: FeedRules) -> Recommender:
        return Recommender(self._desk, rules, self._rng, self._new_id)

    def _new_id(self) -> UUID:
        self._requests += 1
        return UUID(int=self._requests)


def without_exploration(rules: FeedRules) -> FeedRules:
    """No random places, nothing fresh, no benefit of the doubt; gems are known to be good and keep theirs."""
    return replace(
        rules,
        candidates=replace(rules.candidates, fresh=FreshSource(near=0, newest=0)),
        selection=replace(rules.selection, random_share=0.0, optimism=0.0),
    )


def without_diversity(rules: FeedRules) -> FeedRules:
    """The best scores, however alike."""
    return replace(rules, selection=replace(rules.selection, variety=False))


def policy(name: PolicyName, rules: FeedRules) -> Callable[[Books, np.random.Generator], Policy]:
    """What makes the policy of that name; rules: of the recommender as it is"""
    match name:
        case PolicyName.RANDOM:
            return Random
        case PolicyName.POPULAR:
            return Popular
        case PolicyName.SIMILAR:
            return Similar
        case PolicyName.COLDREEL:
            return lambda books, rng: Coldreel(books, rng, rules)
        case PolicyName.NO_EXPLORATION:
            return lambda books, rng: Coldreel(books, rng, without_exploration(rules))
        case PolicyName.NO_DIVERSITY:
            return lambda books, rng: Coldreel(books, rng, without_diversity(rules))


def _any(unseen: NDArray[np.bool_], n: int, rng: np.random.Generator) -> list[int]:
    (there,) = np.nonzero(unseen)
    return [int(i) for i in rng.choice(there, size=min(n, len(there)), replace=False)]


def _best(score: NDArray[np.floating], unseen: NDArray[np.bool_], n: int) -> list[int]:
    """The unseen items of the highest scores, best first."""
    (there,) = np.nonzero(unseen)
    n = min(n, len(there))
    if n == 0:
        return []
    values = score[there]
    top = np.argpartition(-values, n - 1)[:n]
    return [int(i) for i in there[top[np.argsort(-values[top], kind="stable")]]]


def _served(items: list[int]) -> list[Served]:
    return [Served(item, Slot.MAIN) for item in items]
