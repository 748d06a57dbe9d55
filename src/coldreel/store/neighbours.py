"""Neighbours: which items please the same people. What that is learned from, and the table it is kept in."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from coldreel.store import queries
from coldreel.store.database import Database

_SQL = queries.load("neighbours")

Ids = NDArray[np.int64]

_ROW = np.dtype(
    [
        ("fields", ">i2"),
        ("item_size", ">i4"), ("item", ">i8"),
        ("neighbour_size", ">i4"), ("neighbour", ">i8"),
        ("score_size", ">i4"), ("score", ">f4"),
    ]
)  # fmt: skip
"""A row as COPY takes it in binary: the number of its fields, and each after its size in bytes."""
_SIGNATURE = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_END = b"\xff\xff"


class Neighbours:
    def __init__(self, database: Database) -> None:
        self._database = database

    def pleased(self, most: int) -> tuple[Ids, Ids]:
        """Users and items, a pair for each user whom an item pleased; of each user the latest `most` only."""
        ((users, items),) = self._database.tuples(_SQL["pleased"], {"most": most})
        return _ids(users), _ids(items)

    def items(self) -> Ids:
        """All that may be recommended, in order."""
        return _ids(self._database.value(_SQL["items"]))

    def replace(self, items: Ids, neighbours: Ids, scores: NDArray[np.float32]) -> None:
        """Write all of them anew, a row per pair, no pair twice. Readers see the old ones or the new ones."""
        rows = np.zeros(len(items), _ROW)
        rows["fields"] = 3
        rows["item_size"] = rows["neighbour_size"] = 8
        rows["score_size"] = 4
        rows["item"], rows["neighbour"], rows["score"] = items, neighbours, scores
        with self._database.transaction():
            self._database.execute(_SQL["hold"])
            self._database.execute(_SQL["clear"])
            self._database.copy(_SQL["fill"], (_SIGNATURE, rows.data.cast("B"), _END))
            self._database.execute(_SQL["drop_gone"])
            self._database.execute(_SQL["analyze"])


def _ids(block: bytes | None) -> Ids:
    return np.frombuffer(block or b"", ">i8").astype(np.int64)
