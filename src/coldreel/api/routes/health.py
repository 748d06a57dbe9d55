"""For whoever watches over the process."""

from __future__ import annotations

from fastapi import APIRouter

from coldreel.api.parts import TheParts

router = APIRouter(prefix="/api/health", tags=["health"])


@router.get("/live")
async def live() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@router.get("/ready")
def ready(parts: TheParts) -> dict[str, str]:
    """The database answers too."""
    parts.store.database.execute(b"select 1")
    return {"status": "ok"}
