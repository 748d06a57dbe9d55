"""Metadata that a person gives with files, as a CSV with the columns of COLUMNS."""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from coldreel.errors import InvalidRequestError, SourceError
from coldreel.model import Given, Listing

COLUMNS = ("file", "title", "tags", "creator", "language", "created_at", "ref")
LONGEST_REF = 200
"""Characters."""
_SEPARATORS = (";", "|", ",")
"""Between tags: the first of these that occurs in the cell."""


@dataclass(frozen=True, slots=True)
class MetadataFile:
    """Rows by file name; `problems` names the rows that were passed over and why."""

    rows: dict[str, Given]
    problems: tuple[str, ...]
    _matched: set[str] = field(default_factory=set, init=False, repr=False, compare=False)

    @property
    def unmatched(self) -> list[str]:
        """The names that no listing had, once the listings were gone through."""
        return [name for name in self.rows if name not in self._matched]

    def attach(self, listings: Iterable[Listing]) -> Iterator[Listing]:
        """The listings with what was given for them, found by path, by its end, or by base name."""
        for listing in listings:
            parts = PurePosixPath(listing.uri).parts
            names = ("/".join(parts[start:]).replace("//", "/") for start in range(len(parts)))
            found = next((name for name in names if name in self.rows), None)
            if found is None:
                yield listing
                continue
            self._matched.add(found)
            yield replace(listing, given=self.rows[found])


def read_metadata(path: Path) -> MetadataFile:
    """Read a metadata CSV. Raises SourceError when it cannot be read or has no column `file`."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            columns = reader.fieldnames or []
            unknown = [column for column in columns if column not in COLUMNS]
            if "file" not in columns or unknown:
                wrong = f"it has {', '.join(unknown)}" if unknown else "it has no column file"
                raise SourceError(f"{path}: the columns may be {', '.join(COLUMNS)}; {wrong}")
            return _read(path, reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SourceError(f"{path} cannot be read as a CSV in UTF-8: {error}") from None


def _read(path: Path, reader: csv.DictReader[str]) -> MetadataFile:
    rows: dict[str, Given] = {}
    problems = []
    for row in reader:
        try:
            name, given = _given(row)
            if name in rows:
                raise InvalidRequestError(f"{name} is there twice")
            rows[name] = given
        except InvalidRequestError as error:
            problems.append(f"{path}:{reader.line_num}: {error.message}; the row is passed over")
    return MetadataFile(rows, tuple(problems))


def _given(row: dict[str, str]) -> tuple[str, Given]:
    cells = {column: (row.get(column) or "").strip() for column in COLUMNS}
    if not cells["file"]:
        raise InvalidRequestError("the column file is empty")
    if any("\0" in cell for cell in cells.values()):
        raise InvalidRequestError("a cell holds a zero byte, which no text may")
    return cells["file"], Given(
        title=cells["title"] or None,
        tags=split_tags(cells["tags"]),
        creator=cells["creator"] or None,
        language=cells["language"] or None,
        created_at=_moment(cells["created_at"]),
        ref=check_ref(cells["ref"]) or None,
    )


def check_ref(text: str) -> str:
    """The same text. Raises InvalidRequestError for what cannot be a ref, which is part of an address."""
    if len(text) > LONGEST_REF:
        raise InvalidRequestError(f"the ref has {len(text)} characters; {LONGEST_REF} are the most")
    if "/" in text or text in {".", ".."} or any(unicodedata.category(sign) == "Cc" for sign in text):
        raise InvalidRequestError(
            f"the ref {text!r} cannot be part of an address; leave out slashes and control characters"
        )
    return text


def split_tags(text: str) -> tuple[str, ...]:
    """Tags from one cell, without blanks and number signs."""
    separator = next((sign for sign in _SEPARATORS if sign in text), ",")
    return tuple(tag for part in text.split(separator) if (tag := part.strip().lstrip("#")))


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidRequestError(f"created_at is {text!r}, not a date such as 2026-01-31") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
