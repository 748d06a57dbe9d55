"""The catalogue as a table: what an export writes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from coldreel.store import queries
from coldreel.store.database import Database

_SQL = queries.load("tables")
BATCH = 500


@dataclass(frozen=True, slots=True)
class TableItem:
    """An item as a line of a table.

    given_similarity: what the table that it was imported from said; nothing that coldreel has measured
    """

    id: int
    file: str
    title: str
    description: str
    tags: list[str]
    genres: list[str]
    given_similarity: float | None


class Tables:
    def __init__(self, database: Database) -> None:
        self._database = database

    def batches(self) -> Iterator[list[TableItem]]:
        """All visible items, a few hundred at a time, in the order in which they came."""
        after = 0
        while batch := self._database.rows(_SQL["rows"], {"after": after, "limit": BATCH}, into=TableItem):
            yield batch
            after = batch[-1].id
