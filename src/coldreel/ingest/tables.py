"""Tables of videos that were described and embedded elsewhere, such as final_df.csv: reading their rows.

A CSV with the columns of COLUMNS; tags, genres and embedding are Python lists in words, which are read as
literals only: nothing in a table is ever run.
"""

from __future__ import annotations

import ast
import csv
import math
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, TypeAlias

import numpy as np

from coldreel.errors import InvalidRequestError, SourceError
from coldreel.ingest.metadata import check_ref
from coldreel.model import Vector
from coldreel.understand.spaces import MAX_DIMENSIONS

COLUMNS = ("title", "tags", "genres", "description", "file", "embedding", "cosine_similarity")
_SIMILARITY = "cosine_similarity"
"""To whatever was asked for when the table was made; a table may lack it."""
LONGEST_TEXT = 20_000
"""Characters of a cell of words."""
LONGEST_EMBEDDING = 64 * MAX_DIMENSIONS
"""Characters of an embedding."""
NORM_TOLERANCE = 1e-3
"""A vector whose norm is so near to one is kept as it is, bit for bit; any other is scaled to norm one."""


@dataclass(frozen=True, slots=True, eq=False)
class TableRow:
    """line: where the row begins, counted from 1; vector: float32 (dimensions,), norm about one"""

    line: int
    file: str
    title: str
    tags: tuple[str, ...]
    genres: tuple[str, ...]
    description: str
    vector: Vector
    cosine_similarity: float | None


@dataclass(frozen=True, slots=True)
class Problem:
    """A row that is passed over, and why."""

    line: int
    reason: str


Read: TypeAlias = TableRow | Problem


def read_table(path: Path) -> Iterator[Read]:
    """The rows of a table as they stand, each either sound or a problem.

    Raises SourceError when it cannot be read at all, or lacks a column.
    """
    try:
        # What is not UTF-8 spoils its own row only.
        with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
            reader = csv.reader(file)
            columns = _columns(path, next(reader, []))
            yield from _rows(reader, columns)
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror}; check the path") from None


def _columns(path: Path, names: list[str]) -> dict[str, int]:
    columns = {name.strip(): place for place, name in enumerate(names)}
    missing = [name for name in COLUMNS if name not in columns and name != _SIMILARITY]
    if missing:
        raise SourceError(
            f"{path} lacks the column{'s' * (len(missing) > 1)} {', '.join(missing)}; "
            f"a table has the columns {', '.join(COLUMNS)}, of which the last may be left out"
        )
    return columns


def _rows(reader: Iterator[list[str]], columns: Mapping[str, int]) -> Iterator[Read]:
    line_of: Any = reader
    while True:
        line = line_of.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Problem(line, f"this is no CSV: {error}")
            continue
        if not cells:
            continue
        try:
            yield _row(line, cells, columns)
        except InvalidRequestError as error:
            yield Problem(line, error.message)


def _row(line: int, cells: list[str], columns: Mapping[str, int]) -> TableRow:
    if len(cells) != len(columns):
        raise InvalidRequestError(f"it has {len(cells)} cells, and the table {len(columns)} columns")
    row = {name: cells[place] for name, place in columns.items() if name in COLUMNS}
    for name, cell in row.items():
        _check(name, cell)
    return TableRow(
        line=line,
        file=_file(row["file"]),
        title=row["title"],
        tags=_words("tags", row["tags"]),
        genres=_words("genres", row["genres"]),
        description=row["description"],
        vector=_vector(row["embedding"]),
        cosine_similarity=_number(row.get(_SIMILARITY, "")),
    )


def _check(name: str, cell: str) -> None:
    most = LONGEST_EMBEDDING if name == "embedding" else LONGEST_TEXT
    if len(cell) > most:
        raise InvalidRequestError(f"{name} has {len(cell):,} characters; {most:,} are the most")
    if not _is_text(cell):
        raise InvalidRequestError(f"{name} is not UTF-8")
    _check_kept(name, cell)


def _check_kept(name: str, text: str) -> None:
    if "\0" in text or not _is_text(text):
        raise InvalidRequestError(f"{name} holds a character that no text may: a zero or half of another")


def _is_text(text: str) -> bool:
    """Whether it holds no half of a character, which is also what bytes that are no UTF-8 are read as."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _file(cell: str) -> str:
    name = PurePosixPath(cell.strip()).name
    if not name:
        raise InvalidRequestError("the column file is empty")
    return check_ref(name)


def _words(name: str, cell: str) -> tuple[str, ...]:
    values = _literal(name, cell) if cell.strip() else []
    if not all(isinstance(value, str) for value in values):
        raise InvalidRequestError(f"{name} holds something else than words")
    _check_kept(name, "".join(values))  # a literal can spell what the cell itself does not hold
    return tuple(values)


def _vector(cell: str) -> Vector:
    if not cell.strip():
        raise InvalidRequestError("the column embedding is empty")
    values = _literal("embedding", cell)
    if not values or not all(type(value) in (int, float) for value in values):
        raise InvalidRequestError("embedding must be a list of numbers")
    if len(values) > MAX_DIMENSIONS:
        raise InvalidRequestError(
            f"the embedding has {len(values)} dimensions; {MAX_DIMENSIONS} are the most"
        )
    try:
        exact = np.array(values, np.float64)
    except OverflowError:  # an integer of hundreds of digits
        raise InvalidRequestError("embedding holds a number that is not finite") from None
    with np.errstate(over="ignore"):
        vector, norm = exact.astype(np.float32), float(np.linalg.norm(exact))
    if not (np.isfinite(vector).all() and math.isfinite(norm)):
        raise InvalidRequestError("embedding holds a number that is not finite")
    if norm == 0:
        raise InvalidRequestError("the embedding is zero, which is like nothing")
    return vector if abs(norm - 1) <= NORM_TOLERANCE else (exact / norm).astype(np.float32)


def _number(cell: str) -> float | None:
    try:
        number = float(cell) if cell.strip() else None
    except ValueError:
        raise InvalidRequestError(f"{_SIMILARITY} is {cell[:40]!r}, not a number") from None
    if number is not None and not math.isfinite(number):
        raise InvalidRequestError(f"{_SIMILARITY} is not finite")
    return number


def _literal(name: str, cell: str) -> list[Any]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # such as of an unknown escape in a string
            value = ast.literal_eval(cell.strip())
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        value = None
    if not isinstance(value, list):
        raise InvalidRequestError(f"{name} is no list such as ['one', 'two']: {cell.strip()[:40]!r}")
    return value
