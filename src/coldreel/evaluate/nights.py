"""What is learned over night in a simulated world, as `coldreel learn` does it where there is a database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from coldreel.evaluate.books import Books
from coldreel.learn.collaborative import Matrix, related
from coldreel.learn.learning import LearningRules, refitted
from coldreel.learn.relating import RelatingRules
from coldreel.learn.showings import gathered
from coldreel.model import Slot, Weights
from coldreel.store.showings import ShownPlace

_BLOCK = 1_000
"""Items whose like ones are looked for at once."""


@dataclass(frozen=True, slots=True)
class Logged:
    """A place that was served, of an item that its user had not seen.

    served: seconds since 1970; parts: its features by name
    """

    user: int
    item: int
    served: float
    slot: Slot
    propensity: float | None
    parts: Mapping[str, float]


def refitted_by_now(
    books: Books, log: Sequence[Logged], present: Weights, shipped: Weights, rules: LearningRules
) -> Weights:
    """The ranker to use: a new one where it is better on the latest day, else the present one."""
    since = books.now.timestamp() - rules.window.total_seconds()
    latest = [place for place in log[: -rules.most - 1 : -1] if place.served >= since]
    showings = gathered((_shown(books, place) for place in latest), sorted(shipped.values))
    showings = showings[showings.known()]
    outcomes = showings.pleased(books.rules.reward)
    weights, comparison = refitted(showings, outcomes, present, shipped, rules)
    return weights if comparison is not None and comparison.better else present


def _shown(books: Books, place: Logged) -> ShownPlace:
    """With all that came of it."""
    told = books.interactions[place.user][place.item]
    return ShownPlace(
        place.user,
        place.served,
        place.slot,
        place.propensity,
        place.parts,
        float(books.duration_s[place.item]),
        told.watched_s,
        told.liked,
        told.shares > 0,
        told.not_interested,
    )


def related_by_now(books: Books, rules: RelatingRules) -> Matrix | None:
    """How much each item is related to each: (items, items); None while too little is known."""
    liked = [list(items)[-rules.most_of_one :] for items in books.favourites]
    if sum(len(items) for items in liked if len(items) > 1) < rules.least:
        return None
    people = np.repeat(np.arange(len(liked)), [len(items) for items in liked])
    items = np.fromiter(chain.from_iterable(liked), np.int64)
    pleased = _matrix(people, items, np.ones(len(items)), (len(liked), len(books.content)))
    return related(pleased, _alike(books, rules.walk.alike), rules.walk)


def _alike(books: Books, k: int) -> Matrix:
    """Cosines of the nearest among what may be shown, both ways: (items, items)."""
    there, size = np.flatnonzero(books.visible), len(books.content)
    k = min(k, len(there) - 1)
    rows, columns, cosines = [], [], []
    for start in range(0, len(there), _BLOCK):
        block = there[start : start + _BLOCK]
        fits = books.content[block] @ books.content[there].T
        fits[np.arange(len(block)), start + np.arange(len(block))] = -np.inf  # itself
        near = np.argpartition(-fits, k - 1, axis=1)[:, :k]
        rows.append(np.repeat(block, k))
        columns.append(there[near].ravel())
        cosines.append(np.take_along_axis(fits, near, axis=1).ravel())
    found = np.concatenate(cosines)
    kept = found > 0
    one_way = _matrix(np.concatenate(rows)[kept], np.concatenate(columns)[kept], found[kept], (size, size))
    return one_way.maximum(one_way.T).tocsr()


def _matrix(
    rows: NDArray[np.int64], columns: NDArray[np.int64], values: NDArray[np.floating], shape: tuple[int, int]
) -> Matrix:
    from scipy.sparse import csr_array

    return csr_array((values.astype(np.float32), (rows, columns)), shape=shape)
