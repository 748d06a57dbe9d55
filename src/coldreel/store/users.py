"""Users: who watches, what they care about, and what is between them and each item."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np

from coldreel.model import Interests, Vector
from coldreel.store import queries
from coldreel.store.database import Database

_SQL = queries.load("users")


@dataclass(frozen=True, slots=True)
class Positive:
    """An item that the user liked or watched for long."""

    item: int
    title: str
    liked: bool


@dataclass(frozen=True, slots=True)
class User:
    id: int
    ref: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class PastEvent:
    """One event as it is given to the user who asks for all that is kept."""

    event_id: UUID
    item: str
    kind: str
    watched_s: float | None
    request_id: UUID | None
    at: datetime


class Users:
    def __init__(self, database: Database) -> None:
        self._database = database

    def ensure(self, ref: str) -> int:
        """The id of a user, who is added when new."""
        found = self._database.value(_SQL["ensure"], {"ref": ref})
        # A concurrent insert is invisible to the statement that lost the race, and visible to the next.
        return int(found if found is not None else self._database.value(_SQL["ensure"], {"ref": ref}))

    def ensure_all(self, refs: Iterable[str]) -> dict[str, int]:
        return {ref: self.ensure(ref) for ref in sorted(set(refs))}

    def find(self, ref: str) -> User | None:
        return self._database.row(_SQL["by_ref"], {"ref": ref}, into=User)

    def lock(self, users: Iterable[int]) -> None:
        """Hold these users until the transaction ends."""
        self._database.execute(_SQL["lock"], {"users": sorted(users)})

    def interests(self, user: int, space: int) -> Interests:
        """Empty when the user is new or its state is of another space."""
        rows = self._database.tuples(_SQL["state"], {"user": user, "space": space})
        if not rows:
            return Interests()
        vectors, weights, updated_at = rows[0]
        return Interests(
            vectors=tuple(np.asarray(vector.to_numpy(), dtype=np.float32) for vector in vectors),
            weights=tuple(weights),
            updated_at=updated_at,
        )

    def put_interests(self, user: int, space: int, interests: Interests) -> None:
        params = {
            "user": user,
            "space": space,
            "interests": list[Vector](interests.vectors),
            "weights": list(interests.weights),
            "updated_at": interests.updated_at,
        }
        self._database.execute(_SQL["put_state"], params)

    def interact(
        self,
        user: int,
        item: int,
        at: datetime,
        *,
        views: int = 0,
        watched_s: float = 0.0,
        liked: bool | None = None,
        not_interested: bool | None = None,
    ) -> None:
        """Add to what is between a user and an item; None leaves as it was."""
        params: dict[str, Any] = {
            "user": user, "item": item, "at": at, "views": views, "watched_s": watched_s,
            "liked": liked, "not_interested": not_interested,
        }  # fmt: skip
        self._database.execute(_SQL["interact"], params)

    def liked(self, user: int, items: Sequence[int]) -> set[int]:
        """Which of these the user likes."""
        return set(self._database.values(_SQL["liked"], {"user": user, "items": list(items)}))

    def with_events(self, since: datetime | None = None) -> list[int]:
        """Users that have done anything; or of whom something came in since then."""
        return self._database.values(_SQL["with_events"], {"since": since})

    def recent_positives(self, user: int, share: float, limit: int) -> list[Positive]:
        """Visible items that the user liked or watched for `share` of their length, latest first."""
        params = {"user": user, "share": share, "limit": limit}
        return self._database.rows(_SQL["recent_positives"], params, into=Positive)

    def events(self, user: int) -> list[PastEvent]:
        """All events of a user, oldest first."""
        return self._database.rows(_SQL["export_events"], {"user": user}, into=PastEvent)

    def erase(self, ref: str) -> bool:
        """Forget a user with events, impressions and state; False when there was none."""
        return self._database.execute(_SQL["erase"], {"ref": ref}) > 0
