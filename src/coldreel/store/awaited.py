"""Items that came from a table and await their file."""

from __future__ import annotations

from psycopg import errors

from coldreel.errors import WorkError
from coldreel.model import Given, MediaFacts
from coldreel.store import queries
from coldreel.store.database import Database
from coldreel.store.items import Published, Serving, ref_taken, row_of

_SQL = queries.load("awaited")


class Awaited:
    """They are found by the name of the file: the table says nothing else of it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, file: str) -> Published | None:
        """The item that awaits a file of this name."""
        return self._database.row(_SQL["of"], {"file": file}, into=Published)

    def count(self) -> int:
        """Items that await their file."""
        return int(self._database.value(_SQL["count"]))

    def has(self, item: int) -> bool:
        """Whether this item awaits its file."""
        return bool(self._database.value(_SQL["has"], {"item": item}))

    def is_there(self, file: str) -> bool | None:
        """Whether an item has this ref or file name; False where one had it and was deleted, else None."""
        found = self._database.value(_SQL["is_there"], {"file": file})
        return None if found is None else bool(found)

    def add(self, file: str) -> Published | None:
        """Add an item, with the file's name as its ref; None where another has just taken the name."""
        return self._database.row(_SQL["add"], {"file": file}, into=Published)

    def attach(
        self, item: int, content_hash: bytes, facts: MediaFacts, given: Given, creator: str, playback: Serving
    ) -> Published:
        """The file has come. The item's description and its vector stay as they are.

        Raises RefTakenError when another item has the given ref, and WorkError when another file of that name
        was quicker or the item is gone: the file is then to be looked at anew.
        """
        row = row_of(content_hash, facts, given, creator, playback) | {"item": item}
        try:
            with self._database.transaction():  # a savepoint: the surrounding transaction outlives a conflict
                attached = self._database.row(_SQL["attach"], row, into=Published)
        except errors.UniqueViolation:
            if given.ref is not None:
                raise ref_taken(given.ref) from None
            attached = None
        if attached is None:
            raise WorkError("Another file of that name, or of these bytes, was quicker; it is looked at anew")
        return attached
