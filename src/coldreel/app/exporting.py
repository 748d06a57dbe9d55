"""Exporting the catalogue: the columns of final_df.csv, as a CSV or as Parquet."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np

from coldreel.errors import MissingPackageError, SourceError, WorkError
from coldreel.ingest.tables import COLUMNS
from coldreel.media.whole_files import whole
from coldreel.model import Vector
from coldreel.store.store import Store
from coldreel.store.tables import TableItem
from coldreel.store.vectors import Vectors


@dataclass(frozen=True, slots=True)
class Line:
    """One item in the order of COLUMNS. vector: None where the item has none in the catalogue's space"""

    item: TableItem
    vector: Vector | None
    cosine_similarity: float | None


Write: TypeAlias = Callable[[list[Line]], None]


def export(store: Store, path: Path, query: str | None = None) -> int:
    """Write all visible items, in the order in which they came; returns how many.

    path: ends with .csv or .parquet; what lies there is replaced once all is written
    query: a ref or file name; the last column is then the cosine to that item. Without it, it holds what an
    imported table gave, and is empty for all others
    Raises SourceError for another ending or a place that cannot be written to, MissingPackageError, and
    UnknownItemError and its kin.
    """
    writer = _WRITERS.get(path.suffix.lower())
    if writer is None:
        raise SourceError(f"{path} must end with {' or '.join(_WRITERS)}")
    space = store.spaces.active()
    vectors = store.vectors(space) if space is not None else None
    asked = _asked(store, vectors, query) if query is not None else None
    count = 0
    try:
        with whole(path) as part, writer(part) as write:
            for batch in store.tables.batches():
                write(_lines(batch, vectors, asked))
                count += len(batch)
    except WorkError as error:  # which speaks of trying again
        raise SourceError(error.message) from None
    return count


def _asked(store: Store, vectors: Vectors | None, query: str) -> Vector:
    item = store.items.find(query)
    own = vectors.of([item.id]).get(item.id) if vectors is not None else None
    if own is None:
        raise SourceError(f"{item.ref} has no vector in the catalogue's space; ask for another item")
    return own


def _lines(batch: list[TableItem], vectors: Vectors | None, asked: Vector | None) -> list[Line]:
    found = vectors.of([item.id for item in batch]) if vectors is not None else {}
    return [_line(item, found.get(item.id), asked) for item in batch]


def _line(item: TableItem, vector: Vector | None, asked: Vector | None) -> Line:
    if asked is None:
        return Line(item, vector, item.given_similarity)
    return Line(item, vector, None if vector is None else cosine(vector, asked))


def cosine(one: Vector, other: Vector) -> float:
    """The cosine of two vectors that are not zero."""
    first, second = one.astype(np.float64), other.astype(np.float64)
    return float(first @ second / (np.linalg.norm(first) * np.linalg.norm(second)))


@contextmanager
def _csv(path: Path) -> Iterator[Write]:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        yield lambda lines: writer.writerows(map(_cells, lines))


def _cells(line: Line) -> list[object]:
    """Lists as Python writes them; numbers with the fewest digits that give the same float32 back."""
    item = line.item
    numbers = () if line.vector is None else map(str, line.vector)
    embedding = f"[{', '.join(numbers)}]"
    return [
        item.title, item.tags, item.genres, item.description, item.file, embedding, line.cosine_similarity
    ]  # fmt: skip


@contextmanager
def _parquet(path: Path) -> Iterator[Write]:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise MissingPackageError("Parquet needs pyarrow: pip install 'coldreel[parquet]'") from None
    words = pa.list_(pa.string())
    kinds = (pa.string(), words, words, pa.string(), pa.string(), pa.list_(pa.float32()), pa.float64())
    schema = pa.schema(list(zip(COLUMNS, kinds, strict=True)))
    with pq.ParquetWriter(path, schema) as writer:

        def write(lines: list[Line]) -> None:
            items = [line.item for line in lines]
            columns = (
                [item.title for item in items],
                [item.tags for item in items],
                [item.genres for item in items],
                [item.description for item in items],
                [item.file for item in items],
                [line.vector for line in lines],
                [line.cosine_similarity for line in lines],
            )
            writer.write_table(pa.table(dict(zip(COLUMNS, columns, strict=True)), schema=schema))

        yield write


_WRITERS: dict[str, Callable[[Path], AbstractContextManager[Write]]] = {".csv": _csv, ".parquet": _parquet}
