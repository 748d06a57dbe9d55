"""Impressions: what was served, why, and with which model."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from psycopg.types.json import Jsonb

from coldreel.model import FeedItem, Slot
from coldreel.store import queries
from coldreel.store.database import Database

_SQL = queries.load("impressions")


class Impressions:
    def __init__(self, database: Database) -> None:
        self._database = database

    def append(
        self, request_id: UUID, user: int, served: Sequence[FeedItem], model_version: str, space: int
    ) -> None:
        """Log a page that a space served. A crash may lose the last moment of the log."""
        params = {
            "space": space,
            "request_id": request_id,
            "user": user,
            "model_version": model_version,
            "page": Jsonb([_row(position, place) for position, place in enumerate(served)]),
            "served": len(served),
            "explored": sum(place.slot is Slot.FRESH for place in served),
        }
        self._database.execute(_SQL["append"], params)


def _row(position: int, place: FeedItem) -> dict[str, object]:
    return {
        "position": position,
        "item": place.item.id,
        "slot": place.slot,
        "origin": place.origin,
        "score": place.score,
        "parts": dict(place.parts),
        "propensity": place.propensity,
    }
