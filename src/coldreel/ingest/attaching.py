"""Items whose words stay when their file comes, or comes again: others wrote them."""

from __future__ import annotations

from dataclasses import dataclass

from coldreel.errors import ProviderError
from coldreel.ingest.bench import Bench
from coldreel.ingest.fetching import file_name
from coldreel.model import Given, MediaFacts
from coldreel.store.items import KnownBytes, Serving
from coldreel.store.ledger import Claim
from coldreel.store.store import Store
from coldreel.understand.imported import NAME, WHAT_TO_DO


@dataclass(frozen=True, slots=True)
class Kept:
    """An item that has its words already; `awaits` is False where its file has been here before."""

    item: int
    awaits: bool


def find(bench: Bench, claim: Claim, known: KnownBytes | None) -> Kept | None:
    """The item whose words stay that a file belongs to, by its name or by its bytes; None for any other file.

    Raises ProviderError for another file where there is nobody who could place it.
    """
    found = None if "provider" in claim.params else _find(bench, claim, known)
    if found is None and stays(bench):
        raise ProviderError(f"No row of the imported table names this file. {WHAT_TO_DO}")
    return found


def stays(bench: Bench) -> bool:
    """Whether the vectors of the catalogue were imported, and nobody can make others."""
    return bench.chosen.provider.name == NAME


def _find(bench: Bench, claim: Claim, known: KnownBytes | None) -> Kept | None:
    assert claim.uri is not None  # a row of this stage has a source
    if known is not None:
        by = bench.store.items.description(known.id).description.provider
        return Kept(known.id, awaits=False) if by != bench.chosen.provider.name or by == NAME else None
    awaiting = bench.store.awaited.of(file_name(claim.uri))
    return Kept(awaiting.id, awaits=True) if awaiting is not None else None


def put(
    store: Store,
    kept: Kept,
    digest: bytes,
    facts: MediaFacts,
    given: Given,
    creator: str,
    playback: Serving,
) -> int:
    """Give the item its file, and what a person gave with that; returns its id. Within a transaction.

    Raises what `Awaited.attach` and `Items.put` raise.
    """
    if kept.awaits:
        return store.awaited.attach(kept.item, digest, facts, given, creator, playback).id
    return store.items.put(digest, facts, given, creator, playback).id
