"""Enlisting: what a source lists becomes rows of the ledger, what has vanished is marked. Can be repeated."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from coldreel.ingest.listing import Source
from coldreel.ingest.metadata import MetadataFile
from coldreel.model import Listing, State
from coldreel.store.sources import KnownSource, Sources, given_to_json

BATCH = 1_000


@dataclass(frozen=True, slots=True)
class Enlisted:
    """sources: ids of all that was listed; changed: how many were new, changed or back; gone: vanished"""

    sources: tuple[int, ...]
    changed: int
    gone: int


def enlist(
    sources: Sources, source: Source, metadata: MetadataFile | None = None, again: Collection[State] = ()
) -> Enlisted:
    """Look at a source once. `again` names end states whose work is redone, such as failed."""
    listings = metadata.attach(source.listings()) if metadata else source.listings()
    known = {row.uri: row for row in sources.known(source.prefix)}
    ids: list[int] = []
    seen: set[str] = set()
    changed = 0
    for batch in _batches(listings):
        seen.update(listing.uri for listing in batch)
        news = [listing for listing in batch if _is_news(listing, known)]
        changed += len(news)
        if again:
            ids += sources.enlist(batch, again)
        else:
            ids += [known[listing.uri].id for listing in batch if not _is_news(listing, known)]
            ids += sources.enlist(news) if news else []
    vanished = [row.id for uri, row in known.items() if uri not in seen and source.has_lost(uri)]
    gone = sources.mark_gone(vanished) if vanished else 0
    return Enlisted(tuple(ids), changed, gone)


def _is_news(listing: Listing, known: dict[str, KnownSource]) -> bool:
    row = known.get(listing.uri)
    if row is None or row.version != listing.version:
        return True
    given = given_to_json(listing.given)
    return bool(given) and given != row.given


def _batches(listings: Iterator[Listing]) -> Iterator[Sequence[Listing]]:
    while batch := list(islice(listings, BATCH)):
        yield batch
