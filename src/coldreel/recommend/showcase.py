"""What all requests share until the catalogue is counted again: boards, census and the ranker."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from coldreel.model import Board, Census, Vector, Weights
from coldreel.store.store import Store
from coldreel.store.vectors import StoredSpace

_NEVER = datetime.fromtimestamp(0, UTC)
_RATE, _STRENGTH = 0.3, 10.0
"""Share of pleased viewers that is expected of an item, and what it counts as in viewers; coldreel's own."""


@dataclass(frozen=True, slots=True, eq=False)
class Showcase:
    """best, hits, gems, fresh: int64, ids of items, the best first
    fresh_vectors: float32 (fresh, dimensions)
    """

    census: Census
    weights: Weights
    best: NDArray[np.int64]
    hits: NDArray[np.int64]
    gems: NDArray[np.int64]
    fresh: NDArray[np.int64]
    fresh_vectors: Vector

    def nearest_fresh(self, probes: Vector, count: int) -> NDArray[np.int64]:
        """The fresh items nearest to one of the probes, float32 (probes, dimensions)."""
        fits = (self.fresh_vectors @ probes.T).max(axis=1)
        return self.fresh[np.argsort(-fits, kind="stable")[:count]]


class Showcases:
    """The showcase of the space that serves, read anew once the catalogue has been counted again.

    weights: the ranker in use
    """

    def __init__(
        self, store: Store, weights: Callable[[], Weights], look_s: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._store = store
        self._weights = weights
        self._look_s = look_s
        self._clock = clock
        self._lock = Lock()
        self._kept: tuple[int, Showcase] | None = None
        self._looked_at = -float("inf")

    def of(self, space: StoredSpace) -> Showcase:
        """At most `look_s` seconds after a count it is the new one."""
        now, kept = self._clock(), self._kept
        if kept is not None and kept[0] == space.id and now - self._looked_at < self._look_s:
            return kept[1]
        with self._lock:
            kept = self._kept
            counted_at = self._store.boards.counted_at()
            if kept is None or kept[0] != space.id or counted_at != kept[1].census.counted_at:
                self._kept = kept = (space.id, self._read(space))
            self._looked_at = now
        return kept[1]

    def _read(self, space: StoredSpace) -> Showcase:
        snapshot = self._store.boards.snapshot()
        rows = {board: [row.item for row in ranked] for board, ranked in snapshot.boards.items()}
        vectors = self._store.vectors(space).of(rows[Board.FRESH])
        fresh = [item for item in rows[Board.FRESH] if item in vectors]
        return Showcase(
            census=snapshot.census or self._uncounted(),
            weights=self._weights(),
            best=np.array(rows[Board.BEST], np.int64),
            hits=np.array(rows[Board.HITS], np.int64),
            gems=np.array(rows[Board.GEMS], np.int64),
            fresh=np.array(fresh, np.int64),
            fresh_vectors=np.stack([vectors[item] for item in fresh])
            if fresh
            else np.zeros((0, space.dimensions), np.float32),
        )

    def _uncounted(self) -> Census:
        """Before the first count: how many items there are, and what coldreel expects of any catalogue."""
        items, highest = self._store.boards.extent()
        return Census(_NEVER, items, highest, _RATE, _STRENGTH, 0.0, _RATE)
