"""What is known of the items of the boards: read for all requests at once, and not for each."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

from coldreel.model import Origin
from coldreel.recommend.pool import Pool


@dataclass(frozen=True, slots=True, eq=False)
class Display:
    """A pool with one row per board and item; `rows` says where each is."""

    pool: Pool = field(default_factory=Pool.empty)
    rows: Mapping[tuple[Origin, int], int] = field(default_factory=dict)

    @classmethod
    def of(cls, known: Pool, boards: Mapping[Origin, Sequence[int]]) -> Self:
        """known: the items of all boards, once each; of one that it lacks nothing is on display"""
        place = {item: row for row, item in enumerate(known.items.tolist())}
        pool, rows = Pool.empty(known.vectors.shape[1]), dict[tuple[Origin, int], int]()
        for origin, items in boards.items():
            there = [item for item in items if item in place]
            rows |= {(origin, item): len(pool) + n for n, item in enumerate(there)}
            pool += known.take([place[item] for item in there]).named(origin)
        return cls(pool, rows)

    def of_named(self, named: Sequence[tuple[Origin, int]], may_be_shown: Collection[int]) -> Pool:
        """The rows of these, as far as they may be shown."""
        return self.pool.take([self.rows[each] for each in named if each[1] in may_be_shown])
