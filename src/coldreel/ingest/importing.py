"""Importing a table: each row becomes an item that awaits its file, described and placed as it says there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from coldreel.errors import InvalidRequestError, ProviderError, SettingsError
from coldreel.ingest.tables import Problem, Read, TableRow, read_table
from coldreel.model import Description
from coldreel.store.store import Store
from coldreel.store.vectors import StoredSpace
from coldreel.understand.imported import NAME, space
from coldreel.understand.spaces import TEXT
from coldreel.understand.text import text_of

SEED_EMBEDDER, SEED_DIMENSIONS = "text-embedding-004", 768
"""What made the vectors of final_df.csv; a table itself does not say."""
_HEAD = 100
"""Rows that are looked at to learn how long the vectors are."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of the rows. known: were in the catalogue before, and were left as they are there"""

    added: int
    known: int
    passed_over: tuple[Problem, ...]


def import_table(store: Store, path: Path, embedder: str | None = None) -> Imported:
    """Take a table into a catalogue that is empty or lives in the table's own space. Can be repeated.

    embedder: the name of the model that made the vectors
    Raises SourceError for what is no such table, SettingsError where the embedder must be named, and
    ProviderError when the catalogue lives in another space.
    """
    rows = read_table(path)
    head = list(islice(rows, _HEAD))
    sizes = Counter(len(row.vector) for row in head if isinstance(row, TableRow))
    if not sizes:
        return Imported(0, 0, tuple(read for read in chain(head, rows) if isinstance(read, Problem)))
    ((dimensions, _),) = sizes.most_common(1)
    placed_in = _space_of(store, _named(embedder, dimensions, path), dimensions)
    return _take(store, placed_in, path.name, _checked(chain(head, rows), dimensions))


def _named(embedder: str | None, dimensions: int, path: Path) -> str:
    if embedder is None and dimensions != SEED_DIMENSIONS:
        raise SettingsError(
            f"The vectors of {path} have {dimensions} dimensions; name the model that made them: --embedder"
        )
    return embedder or SEED_EMBEDDER


def _space_of(store: Store, embedder: str, dimensions: int) -> StoredSpace:
    wanted = space(embedder, dimensions)
    recipe = wanted.recipe()
    active = store.spaces.serving() or store.spaces.settle(
        store.spaces.ensure(wanted.name, recipe, wanted.dimensions, wanted.place_of(TEXT))
    )
    if active.recipe != recipe:
        raise ProviderError(
            f"The catalogue lives in the space {active.name}, and the table's vectors in {wanted.name}; "
            "vectors of two spaces are never compared. --data-dir FOLDER takes it into a catalogue of its own"
        )
    return active


def _checked(rows: Iterable[Read], dimensions: int) -> Iterator[Read]:
    """The rows, with those that do not fit the others as problems."""
    lines: dict[str, int] = {}
    for row in rows:
        if isinstance(row, Problem):
            yield row
        elif len(row.vector) != dimensions:
            reason = f"the embedding has {len(row.vector)} dimensions, the others have {dimensions}"
            yield Problem(row.line, reason)
        elif row.file in lines:
            yield Problem(row.line, f"{row.file} is there twice, first in line {lines[row.file]}")
        else:
            lines[row.file] = row.line
            yield row


def _take(store: Store, placed_in: StoredSpace, table: str, rows: Iterable[Read]) -> Imported:
    added = known = 0
    problems = []
    for row in rows:
        try:
            if isinstance(row, Problem):
                problems.append(row)
            elif _put(store, placed_in, table, row):
                added += 1
            else:
                known += 1
        except InvalidRequestError as error:
            problems.append(Problem(row.line, error.message))
    return Imported(added, known, tuple(problems))


def _put(store: Store, placed_in: StoredSpace, table: str, row: TableRow) -> bool:
    """Whether the row was news; what is there already stays as it is."""
    with store.database.transaction():
        there = store.awaited.is_there(row.file)
        item = store.awaited.add(row.file) if there is None else None
        if there is False:
            raise InvalidRequestError(f"{row.file} was deleted from the catalogue and is not taken in again")
        if item is None:
            return False
        description = _description(table, row)
        store.items.describe(item.id, description, text_of(description))
        norm = float((row.vector @ row.vector) ** 0.5)
        store.vectors(placed_in).put(item.id, row.vector, text_norm=norm)
    return True


def _description(table: str, row: TableRow) -> Description:
    """In the table's words. Which model found them it does not say."""
    evidence = {"table": table, "line": row.line}
    if row.cosine_similarity is not None:
        evidence["cosine_similarity"] = row.cosine_similarity
    return Description(
        row.title,
        row.tags,
        row.genres,
        row.description,
        provider=NAME,
        model="",
        prompt_version="",
        evidence=evidence,
    )
