"""Items: the videos of the catalogue, their descriptions and what a person gave with them."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias

from psycopg import errors
from psycopg.types.json import Jsonb

from coldreel.errors import (
    AmbiguousRefError,
    DeletedError,
    NotPlayableError,
    RefTakenError,
    UnknownItemError,
)
from coldreel.model import Description, Given, Item, MediaFacts
from coldreel.store import queries
from coldreel.store.database import Database, ids
from coldreel.store.fingerprints import Fingerprints

_SQL = queries.load("items")
_NAMES_COMPARED = 2_000
"""How many of the newest names an unknown ref is compared with."""

Serving: TypeAlias = Literal["source", "rendition", "pending", "none"]
"""What a browser gets: the file itself, a rendition, one that is still to be made, or nothing playable."""


@dataclass(frozen=True, slots=True)
class KnownBytes:
    """What the catalogue knows of a file's bytes."""

    id: int
    ref: str
    deleted: bool
    embedded: bool
    playback: Serving


@dataclass(frozen=True, slots=True)
class Media:
    """Where the bytes of an item are."""

    id: int
    ref: str
    content_hash: bytes
    playback: Serving
    container: str
    uri: str | None


@dataclass(frozen=True, slots=True)
class Published:
    id: int
    ref: str


@dataclass(frozen=True, slots=True)
class Duration:
    ref: str
    id: int
    duration_s: float


@dataclass(frozen=True, slots=True)
class CurrentDescription:
    id: int
    description: Description


class Items:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._fingerprints = Fingerprints(database)

    def by_hash(self, content_hash: bytes, space: int) -> KnownBytes | None:
        params = {"content_hash": content_hash, "space": space}
        return self._database.row(_SQL["by_hash"], params, into=KnownBytes)

    def put(
        self, content_hash: bytes, facts: MediaFacts, given: Given, creator: str, playback: Serving
    ) -> Published:
        """Add an item, or find it by its bytes and put in what was given since.

        Raises RefTakenError when another item has the given ref, DeletedError when it was deleted.
        """
        params = row_of(content_hash, facts, given, creator, playback)
        # Before the item itself, which is locked with its group or after it.
        self._fingerprints.hold_groups(self._database.values(_SQL["of_bytes"], params))
        try:
            published = self._put(params)
        except errors.UniqueViolation:
            if given.ref is not None:
                raise ref_taken(given.ref) from None
            published = self._put(params)  # the same bytes were put at the same moment; now they are there
        if published is None:  # deleted while it was being watched
            raise DeletedError
        return published

    def _put(self, params: dict[str, object]) -> Published | None:
        with self._database.transaction():  # a savepoint: the surrounding transaction outlives a conflict
            return self._database.row(_SQL["put"], params, into=Published)

    def hold(self, item: int) -> None:
        """Keep the item as it is, and its group, until the transaction ends. Raises DeletedError."""
        self._fingerprints.hold_groups([item])
        if self._database.value(_SQL["hold"], {"item": item}) is None:
            raise DeletedError

    def describe(self, item: int, description: Description, words: str) -> None:
        """Make this the current description; `words` is all that a text search looks through."""
        params = asdict(description) | {
            "item": item,
            "tags": list(description.tags),
            "genres": list(description.genres),
            "evidence": Jsonb(dict(description.evidence)),
            "words": words,
        }
        with self._database.transaction():
            self._database.execute(_SQL["retire_description"], {"item": item})
            self._database.execute(_SQL["describe"], params)

    def description(self, item: int) -> CurrentDescription:
        """What is said of an item now. Raises UnknownItemError for one that is not there any more."""
        found = self._database.tuples(_SQL["description"], {"item": item})
        if not found:
            raise UnknownItemError
        id_, *columns = found[0]
        return CurrentDescription(id_, _description(columns))

    def history(self, item: int) -> list[tuple[datetime, Description]]:
        """All that was ever said of an item and when, the latest first."""
        rows = self._database.tuples(_SQL["history"], {"item": item})
        return [(at, _description(columns)) for _, *columns, at in rows]

    def answering(self, words: str | None = None) -> list[int]:
        """Ids of all items in sight; with words, of those that answer them."""
        if words is None:
            return self._database.values(_SQL["seen"])
        return self._database.values(_SQL["answering"], {"query": words})

    def given(self, item: int) -> Given:
        """What people said of an item. Raises UnknownItemError."""
        found = self._database.tuples(_SQL["given"], {"item": item})
        if not found:
            raise UnknownItemError
        title, tags, creator, language, made_at, ref = found[0]
        return Given(title, tuple(tags), creator, language, made_at, ref)

    def set_playback(self, item: int, playback: Serving) -> None:
        self._database.execute(_SQL["set_playback"], {"item": item, "playback": playback})

    def find(self, name: str) -> Item:
        """The item with this ref, else the one that a file of this name holds.

        Raises AmbiguousRefError, which lists the refs, and UnknownItemError, which names the nearest.
        """
        item = self._database.row(_SQL["by_ref"], {"ref": name}, into=Item)
        if item is not None:
            return item
        named = self._database.rows(_SQL["by_file"], {"file": name}, into=Item)
        if len(named) > 1:
            refs = ", ".join(f"{item.ref} (by {item.creator})" for item in named)
            raise AmbiguousRefError(f"Several items are called {name}; use a ref: {refs}")
        if not named:
            raise UnknownItemError(self._unknown(name))
        return named[0]

    def cards(self, items: Sequence[int]) -> list[Item]:
        """The visible ones among these, in the order given."""
        return self._database.rows(_SQL["by_ids"], {"ids": ids(items)}, into=Item)

    def newest(self, limit: int, before: int | None = None) -> list[Item]:
        """Visible items, newest first; `before` is the id of the last one of the page before."""
        params = {"limit": limit, "before": before if before is not None else 2**62}
        return self._database.rows(_SQL["newest"], params, into=Item)

    def full_text(self, query: str, k: int) -> list[int]:
        """Ids of the k visible items whose words answer a query, best first."""
        return self._database.values(_SQL["full_text"], {"query": query, "k": k})

    def durations(self, refs: Sequence[str]) -> dict[str, Duration]:
        rows = self._database.rows(_SQL["ids_of_refs"], {"refs": list(refs)}, into=Duration)
        return {row.ref: row for row in rows}

    def count(self) -> int:
        """Visible items."""
        return int(self._database.value(_SQL["count"]))

    def media(self, ref: str) -> Media:
        """Raises UnknownItemError, also for an item that was deleted, and NotPlayableError for one that
        awaits its file."""
        media = self._database.row(_SQL["media"], {"ref": ref}, into=Media)
        if media is None:
            self.id_of(ref)
            raise NotPlayableError("Its video is not here yet; `coldreel ingest` its folder")
        return media

    def id_of(self, ref: str) -> int:
        """Raises UnknownItemError, also for an item that was deleted."""
        found = self._database.value(_SQL["id_of"], {"ref": ref})
        if found is None:
            raise UnknownItemError  # asked for by pages, which have no use for the nearest names
        return int(found)

    def hash_of(self, item: int) -> bytes | None:
        found = self._database.value(_SQL["hash_of"], {"item": item})
        return None if found is None else bytes(found)

    def delete(self, item: int) -> bytes | None:
        """Leave a tombstone: the bytes are remembered, all that was derived from them goes.

        Returns their hash; None where it was deleted before, or awaited its file.
        """
        with self._database.transaction():
            self._fingerprints.hold_groups([item])
            digest = self._database.value(_SQL["delete"], {"item": item})
            self._database.execute(_SQL["delete_vectors"], {"item": item})
            self._database.execute(_SQL["delete_neighbours"], {"item": item})
            self._database.execute(_SQL["delete_descriptions"], {"item": item})
            self._database.execute(_SQL["delete_answers"], {"item": item})
            self._fingerprints.forget(item)
            self._fingerprints.pass_on([item])
        return None if digest is None else bytes(digest)

    def _unknown(self, name: str) -> str:
        names: dict[str, str] = {}
        for ref, file in self._database.tuples(_SQL["names"], {"limit": _NAMES_COMPARED}):
            names[ref] = ref
            names.setdefault(file, ref)
        holding = [known for known in names if name.lower() in known.lower()]
        near = (holding + difflib.get_close_matches(name, names, n=3, cutoff=0.0))[:3]
        hint = ", ".join(f"{names[n]} ({n})" if names[n] != n else n for n in dict.fromkeys(near))
        return f"There is no item {name!r}" + (
            f"; the nearest are {hint}" if hint else "; the catalogue is empty"
        )


def _description(columns: Sequence[Any]) -> Description:
    title, tags, genres, *rest = columns
    return Description(title, tuple(tags), tuple(genres), *rest)


def row_of(
    content_hash: bytes, facts: MediaFacts, given: Given, creator: str, playback: Serving
) -> dict[str, Any]:
    """An item's columns."""
    return asdict(facts) | {
        "content_hash": content_hash,
        "creator": given.creator or creator,
        "given_creator": given.creator,
        "title": given.title,
        "tags": list(given.tags),
        "language": given.language,
        "made_at": given.created_at,
        "ref": given.ref,
        "playback": playback,
    }


def ref_taken(ref: str) -> RefTakenError:
    return RefTakenError(f"Another video already has the ref {ref!r}; give this one another")
