"""Which items are related: the collaborative model over what is in the database, written as neighbours."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from coldreel.learn.collaborative import Matrix, WalkRules, related
from coldreel.model import likeness
from coldreel.store.neighbours import Ids
from coldreel.store.store import Store
from coldreel.store.vectors import StoredSpace


@dataclass(frozen=True, slots=True)
class RelatingRules:
    """coldreel's own numbers."""

    walk: WalkRules = field(default_factory=WalkRules)
    most_of_one: int = 500
    """Items that pleased one user, the latest ones: every two of them are looked at together."""
    least: int = 100
    """Pairs of a viewer, pleased twice or more, and what pleased it; with fewer nothing is related."""
    by_content: int = 20_000
    """Items whose like ones are looked for, those first that pleased the fewest: each is a search."""
    batch: int = 1_000
    """Such searches per statement."""


@dataclass(frozen=True, slots=True)
class Relations:
    """What was related to what.

    viewers, pairs: whom something pleased, and how often; items: that have neighbours
    unseen: those of them that pleased nobody yet, and are related by content alone
    rows: neighbours in all; needed: what was missing to `least`, 0 where enough was there
    """

    viewers: int
    pairs: int
    items: int
    unseen: int
    rows: int
    needed: int


def relate(store: Store, space: StoredSpace | None, rules: RelatingRules) -> Relations:
    """Write all neighbours anew, in one step; none where too little is known. Can be repeated at any time."""
    items = store.neighbours.items()
    users, liked = store.neighbours.pleased(rules.most_of_one)
    known = np.isin(liked, items)  # one may have come meanwhile
    users, liked = users[known], liked[known]
    viewers, counts = np.unique(users, return_counts=True)
    telling = int(counts[counts > 1].sum())
    if telling < rules.least:
        none = np.zeros(0, np.int64)
        store.neighbours.replace(none, none, np.zeros(0, np.float32))
        return Relations(len(viewers), len(users), 0, 0, 0, rules.least - telling)
    places = np.searchsorted(items, liked)
    pleased = _matrix(
        np.searchsorted(viewers, users), places, np.ones(len(users)), (len(viewers), len(items))
    )
    audience = np.bincount(places, minlength=len(items))
    alike = _alike(store, space, items, audience, rules)
    scores = related(pleased, alike, rules.walk).tocoo()
    of = np.asarray(scores.coords[0], np.int64)
    store.neighbours.replace(items[of], items[scores.coords[1]], scores.data)
    with_some = np.unique(of)
    return Relations(
        viewers=len(viewers),
        pairs=len(users),
        items=len(with_some),
        unseen=int(np.count_nonzero(audience[with_some] == 0)),
        rows=len(of),
        needed=0,
    )


def _alike(
    store: Store, space: StoredSpace | None, items: Ids, audience: Ids, rules: RelatingRules
) -> Matrix:
    """Likeness of what is nearest in content, both ways: (items, items)."""
    shape = (len(items), len(items))
    if space is None or not len(items):
        return _matrix(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0), shape)
    wanting = items[np.argsort(audience, kind="stable")[: rules.by_content]]
    vectors = store.vectors(space)
    found = [
        vectors.alike(wanting[start : start + rules.batch].tolist(), rules.walk.alike)
        for start in range(0, len(wanting), rules.batch)
    ]
    of, near, cosines = (np.concatenate(column) for column in zip(*found, strict=True))
    alike: NDArray[np.float64] = likeness(cosines, space.baseline)
    known = np.isin(near, items) & (alike > 0)
    rows, columns = np.searchsorted(items, of[known]), np.searchsorted(items, near[known])
    one_way = _matrix(rows, columns, alike[known], shape)
    return one_way.maximum(one_way.T).tocsr()


def _matrix(rows: Ids, columns: Ids, values: NDArray[np.float64], shape: tuple[int, int]) -> Matrix:
    from scipy.sparse import csr_array

    return csr_array((values.astype(np.float32), (rows, columns)), shape=shape)
