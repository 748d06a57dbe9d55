"""How the taking in of videos goes."""

from __future__ import annotations

from fastapi import APIRouter

from coldreel.api.access import WritersOnly
from coldreel.api.parts import TheParts
from coldreel.api.schemas import ProgressOut
from coldreel.errors import UnknownSourceError

router = APIRouter(prefix="/api/ingest", tags=["ingest"])

_FAILURES = 100
"""Failures listed; `coldreel status --failures` lists all."""


@router.get("")
def progress(parts: TheParts) -> ProgressOut:
    """Counts of sources by state, and what failed with the reason."""
    ledger = parts.store.ledger
    return ProgressOut.of(ledger.progress(), ledger.rate(), ledger.failures(limit=_FAILURES))


@router.post("/{source}/retry", status_code=202, dependencies=[WritersOnly])
def retry(parts: TheParts, source: int) -> ProgressOut:
    """Try a source again that failed or was rejected."""
    if not parts.store.sources.retry(source):
        raise UnknownSourceError
    return progress(parts)
