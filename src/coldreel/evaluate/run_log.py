"""What happened in one simulated run: what the measures are taken from."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class RunLog:
    """Impressions in the order they were shown, and when the recommender came to know of items.

    user, item: int64 (m,); at: float64 (m,), in days; pleased: bool (m,), the hidden outcome
    found: by item, the impressions that it had in feeds when it was first on the gems board or graduated
    found_at: by item, the day of that
    on_top: by item, the day on which it first was in the first ranks of the hits board
    """

    user: NDArray[np.int64]
    item: NDArray[np.int64]
    at: NDArray[np.float64]
    pleased: NDArray[np.bool_]
    found: dict[int, int] = field(default_factory=dict)
    found_at: dict[int, float] = field(default_factory=dict)
    on_top: dict[int, float] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.item)

    def where(self, chosen: NDArray[np.bool_]) -> RunLog:
        """Some of the impressions; what became known stays."""
        return RunLog(
            self.user[chosen],
            self.item[chosen],
            self.at[chosen],
            self.pleased[chosen],
            self.found,
            self.found_at,
            self.on_top,
        )
