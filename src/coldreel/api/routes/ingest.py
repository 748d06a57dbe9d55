"""How the taking in of videos goes."""

from __future__ import annotations

from fastapi import APIRouter, Request

from coldreel.api.access import WritersOnly, access_of
from coldreel.api.parts import TheParts
from coldreel.api.schemas import ProgressOut
from coldreel.errors import UnknownSourceError

router = APIRouter(prefix="/api/ingest", tags=["ingest"])

_FAILURES = 100
"""Failures listed; `failed` and `rejected` count all, and `coldreel status --failures` lists many more."""


@router.get("")
def progress(parts: TheParts, request: Request) -> ProgressOut:
    """Counts of sources by state, and of items without a file; what failed, with the reason."""
    ledger, awaiting = parts.store.ledger, parts.store.awaited.count()
    whole = access_of(request).is_trusted(request)
    # Counted before the failures are read: none of them is missing where nothing is open any more.
    counts = ledger.progress()
    failures = ledger.failures(limit=_FAILURES)
    return ProgressOut.of(counts, awaiting, ledger.rate(), failures, whole)


@router.post("/{source}/retry", status_code=202, dependencies=[WritersOnly])
def retry(parts: TheParts, request: Request, source: int) -> ProgressOut:
    """Try a source again that failed or was rejected, or the rendition of its video."""
    if not parts.store.sources.retry(source):
        raise UnknownSourceError
    return progress(parts, request)
