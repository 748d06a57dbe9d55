"""What the routes work with, wired once at the start."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, cast

from fastapi import Depends, Request

from coldreel.api.access import Access
from coldreel.api.metrics import Metrics
from coldreel.media.derived import DerivedFiles
from coldreel.recommend.recommendations import Recommendations
from coldreel.store.store import Store


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Parts:
    store: Store
    recommendations: Recommendations
    access: Access
    derived: DerivedFiles
    uploads: Path
    """Where uploaded files are kept."""
    page_size: int = 10
    max_upload_bytes: int = 2_000_000_000
    metrics: Metrics = field(default_factory=Metrics)
    clock: Callable[[], datetime] = _now


async def _parts(request: Request) -> Parts:  # a plain function would be run in a thread of its own
    return cast("Parts", request.app.state.parts)


TheParts = Annotated[Parts, Depends(_parts)]
"""A route's argument that is given the parts."""
