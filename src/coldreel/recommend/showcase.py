"""What all requests share: boards and census as they were last counted, and the ranker in use."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from coldreel.model import Board, Census, Origin, Vector, Weights
from coldreel.recommend.display import Display
from coldreel.recommend.pool import Pool
from coldreel.store.boards import Snapshot
from coldreel.store.candidates import Candidates
from coldreel.store.store import Store
from coldreel.store.vectors import StoredSpace

_ORIGINS = {
    Board.BEST: Origin.BEST, Board.HITS: Origin.HIT, Board.GEMS: Origin.GEM, Board.FRESH: Origin.FRESH,
}  # fmt: skip
"""What a candidate from each board is called."""
_NEVER = datetime.fromtimestamp(0, UTC)
_RATE, _STRENGTH = 0.3, 10.0
"""Share of pleased viewers that is expected of an item, and what it counts as in viewers; coldreel's own."""


@dataclass(frozen=True, slots=True, eq=False)
class Showcase:
    """best, hits, gems, fresh: int64, ids of items, the best first
    fresh_vectors: float32 (fresh, dimensions)
    display: of all these
    """

    census: Census
    weights: Weights
    best: NDArray[np.int64]
    hits: NDArray[np.int64]
    gems: NDArray[np.int64]
    fresh: NDArray[np.int64]
    fresh_vectors: Vector
    display: Display = field(default_factory=Display)

    def nearest_fresh(self, probes: Vector, count: int) -> NDArray[np.int64]:
        """The fresh items nearest to one of the probes, float32 (probes, dimensions)."""
        fits = (self.fresh_vectors @ probes.T).max(axis=1)
        return self.fresh[np.argsort(-fits, kind="stable")[:count]]


class Showcases:
    """The showcase of the space that serves: looked at anew every `look_s` seconds.

    weights: the ranker in use in a space, by its id
    """

    def __init__(
        self, store: Store, weights: Callable[[int], Weights], look_s: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._store = store
        self._weights = weights
        self._look_s = look_s
        self._clock = clock
        self._lock = Lock()
        self._counted: Snapshot | None = None
        self._kept: tuple[StoredSpace, Showcase] | None = None
        self._looked_at = -float("inf")

    def current(self) -> tuple[StoredSpace, Showcase] | None:
        """The space that serves and its showcase; None while the catalogue is empty.

        A change is in it `look_s` seconds later at most, and what a look takes.
        """
        kept = self._kept
        if kept is not None and self._is_recent():
            return kept
        if not self._lock.acquire(blocking=kept is None):
            return kept  # somebody is looking already
        try:
            if kept is None and self._kept is not None and self._is_recent():
                return self._kept  # who held the lock has looked just now
            space = self._store.spaces.active()
            self._kept = None if space is None else (space, self._look(space))
            self._looked_at = self._clock()
            return self._kept
        finally:
            self._lock.release()

    def _is_recent(self) -> bool:
        return self._clock() - self._looked_at < self._look_s

    def _look(self, space: StoredSpace) -> Showcase:
        snapshot = self._latest_count()
        boards = {_ORIGINS[board]: [row.item for row in rows] for board, rows in snapshot.boards.items()}
        display = Display.of(self._known(space, boards), boards)
        ids = {
            origin: [item for item in items if (origin, item) in display.rows]
            for origin, items in boards.items()
        }
        return Showcase(
            census=snapshot.census or self._uncounted(),
            weights=self._weights(space.id),
            best=np.array(ids[Origin.BEST], np.int64),
            hits=np.array(ids[Origin.HIT], np.int64),
            gems=np.array(ids[Origin.GEM], np.int64),
            fresh=np.array(ids[Origin.FRESH], np.int64),
            fresh_vectors=display.pool.vectors[display.pool.of(Origin.FRESH)],
            display=display,
        )

    def _latest_count(self) -> Snapshot:
        counted, boards = self._counted, self._store.boards
        if counted is None or counted.census is None or boards.counted_at() != counted.census.counted_at:
            self._counted = counted = boards.snapshot()
        return counted

    def _known(self, space: StoredSpace, boards: Mapping[Origin, Sequence[int]]) -> Pool:
        items = dict.fromkeys(item for ranked in boards.values() for item in ranked)
        columns = Candidates(self._store.database, space).columns(Origin.BEST, list(items))
        return Pool.of_columns(*columns) if columns else Pool.empty(space.dimensions)

    def _uncounted(self) -> Census:
        """Before the first count: how many items there are, and what coldreel expects of any catalogue."""
        items, highest = self._store.boards.extent()
        return Census(_NEVER, items, highest, _RATE, _STRENGTH, 0.0, _RATE)
