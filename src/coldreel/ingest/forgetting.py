"""Forgetting an item: a tombstone stays, so that its bytes are not taken in again."""

from __future__ import annotations

from pathlib import Path

from coldreel.errors import DeletedError
from coldreel.ingest.receiving import discard
from coldreel.media.derived import DerivedFiles
from coldreel.store.store import Store


def forget(store: Store, derived: DerivedFiles, received: Path, ref: str) -> None:
    """Forget the item of that ref, with all that was derived from it.

    received: the folder of files that were sent in; a copy of the item there goes too, any other file stays

    Raises UnknownItemError.
    """
    item = store.items.id_of(ref)
    with store.database.transaction():
        store.ledger.reject_sources_of_item(item, DeletedError())
        digest = store.items.delete(item)
        store.ledger.drop_item(item)
    # The same bytes may have been published under another name just before; from now on they cannot be.
    store.ledger.reject_sources_of_item(item, DeletedError())
    if digest is not None:
        store.batches.forget(digest)
        derived.remove(digest)
    for uri in store.sources.uris(item):
        discard(received, uri)
