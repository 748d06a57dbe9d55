"""What all requests share until the catalogue is counted again: boards, census and the ranker."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from coldreel.model import Census, Vector, Weights


@dataclass(frozen=True, slots=True, eq=False)
class Showcase:
    """hits, gems, fresh: int64, ids of items, the best first
    fresh_vectors: float32 (fresh, dimensions)
    """

    census: Census
    weights: Weights
    hits: NDArray[np.int64]
    gems: NDArray[np.int64]
    fresh: NDArray[np.int64]
    fresh_vectors: Vector

    @property
    def counted_at(self) -> datetime:
        return self.census.counted_at

    def nearest_fresh(self, probes: Vector, count: int) -> NDArray[np.int64]:
        """The fresh items nearest to one of the probes, float32 (probes, dimensions)."""
        fits = (self.fresh_vectors @ probes.T).max(axis=1)
        return self.fresh[np.argsort(-fits, kind="stable")[:count]]
