"""Sources: the addresses of files, as listings show them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from coldreel.model import Given, Listing, State
from coldreel.store import queries
from coldreel.store.database import Database
from coldreel.store.fingerprints import Fingerprints
from coldreel.store.items import Serving
from coldreel.store.queue import Queue

_SQL = queries.load("sources")


@dataclass(frozen=True, slots=True)
class KnownSource:
    id: int
    uri: str
    version: str
    given: dict[str, Any]


@dataclass(frozen=True, slots=True)
class PublishedSource:
    """A source that is ready, and what is served of its item."""

    source: int
    content_hash: bytes
    playback: Serving


@dataclass(frozen=True, slots=True)
class _Enlisted:
    id: int
    item: int | None
    moved_item: int | None
    is_due: bool
    is_back: bool


@dataclass(frozen=True, slots=True)
class _BadEnd:
    item: int | None
    watching: bool


class Sources:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._queue = Queue(database)
        self._fingerprints = Fingerprints(database)

    def known(self, prefix: str) -> list[KnownSource]:
        """Sources whose address begins with `prefix` and whose file was there at the last look."""
        return self._database.rows(_SQL["known"], {"prefix": prefix}, into=KnownSource)

    def enlist(self, listings: Sequence[Listing], again: Collection[State] = ()) -> list[int]:
        """Give work to what is new, changed or back; `again` names end states whose work is redone.

        Returns the ids of all the sources listed, in no particular order. It can be repeated.
        """
        params = {
            "uris": [listing.uri for listing in listings],
            "versions": [listing.version for listing in listings],
            "givens": [Jsonb(given_to_json(listing.given)) for listing in listings],
            "again": [str(state) for state in again],
        }
        with self._database.transaction():
            self._database.execute(_SQL["hold_listed"], params)
            enlisted = self._database.rows(_SQL["enlist"], params, into=_Enlisted)
            self._queue.watch(source.id for source in enlisted if source.is_due)
            self._hide_and_show(source.moved_item for source in enlisted)
            self._queue.render((s.item for s in enlisted if s.item is not None), again)
            back = (s.item for s in enlisted if s.item is not None and s.is_back)
            self._queue.render(back, {State.FAILED, *again})  # it failed because the file was not there
        return [source.id for source in enlisted]

    def mark_gone(self, sources: Iterable[int]) -> int:
        """Their files have vanished; items without a file are hidden. Returns how many were news."""
        with self._database.transaction():
            items = self._database.values(_SQL["mark_gone"], {"sources": list(sources)})
            self._hide_and_show(items)
        return len(items)

    def set_item(self, source: int, item: int) -> None:
        """The file's bytes are this item's."""
        self._database.execute(_SQL["set_item"], {"source": source, "item": item})
        self._hide_and_show([item])

    def uris(self, item: int) -> list[str]:
        """Where the bytes of an item lie, or have lain."""
        return self._database.values(_SQL["uris"], {"item": item})

    def has_item(self, source: int) -> bool:
        """Whether an item, not deleted, was made of this source."""
        return bool(self._database.value(_SQL["has_item"], {"source": source}))

    def published(self, sources: Iterable[int]) -> list[PublishedSource]:
        """The items of those of the sources that are ready, each with one of its sources."""
        params = {"sources": list(sources)}
        return self._database.rows(_SQL["published"], params, into=PublishedSource)

    def retry(self, source: int) -> bool:
        """Do again what has ended badly: the work for a source, or for its item; False when nothing has."""
        with self._database.transaction():
            end = self._database.row(_SQL["ended_badly"], {"source": source}, into=_BadEnd)
            if end is None:
                return False
            if end.watching:
                self._queue.watch([source])
            return end.watching or (end.item is not None and self._queue.render([end.item]) > 0)

    def _hide_and_show(self, items: Iterable[int | None]) -> None:
        affected = [item for item in items if item is not None]
        if affected:
            self._fingerprints.hold_groups(affected)
            self._database.execute(_SQL["hide_and_show"], {"items": affected})
            self._fingerprints.pass_on(affected)


def given_to_json(given: Given) -> dict[str, Any]:
    """Only what was given, so that an empty object means nothing."""
    return {
        name: value
        for name, value in {
            "title": given.title,
            "tags": list(given.tags),
            "creator": given.creator,
            "language": given.language,
            "created_at": given.created_at.isoformat() if given.created_at else None,
            "ref": given.ref,
        }.items()
        if value
    }


def given_from_json(stored: dict[str, Any]) -> Given:
    created_at = stored.get("created_at")
    return Given(
        title=stored.get("title"),
        tags=tuple(stored.get("tags", ())),
        creator=stored.get("creator"),
        language=stored.get("language"),
        created_at=datetime.fromisoformat(created_at) if created_at else None,
        ref=stored.get("ref"),
    )
