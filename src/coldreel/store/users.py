"""Users: who watches, what they care about, and what is between them and each item."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from itertools import accumulate
from typing import Any
from uuid import UUID

import numpy as np

from coldreel.model import Interaction, Interests, Vector
from coldreel.store import queries
from coldreel.store.database import Database
from coldreel.store.events import Pair

_SQL = queries.load("users")


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
    said_at: datetime | None
    """The time that the client gave, where its clock was wrong."""


class Users:
    def __init__(self, database: Database) -> None:
        self._database = database

    def ensure(self, ref: str) -> int:
        """The id of a user, who is added when new."""
        found = self._database.value(_SQL["ensure"], {"ref": ref})
        # A concurrent insert is invisible to the statement that lost the race, and visible to the next.
        return int(found if found is not None else self._database.value(_SQL["ensure"], {"ref": ref}))

    def hold_all(self, refs: Iterable[str]) -> dict[str, int]:
        """The ids of users, who are added when new and held until the transaction ends."""
        wanted = sorted(set(refs))
        while True:
            ids = dict(self._database.tuples(_SQL["ensure_all"], {"refs": wanted}))
            # One that was added or erased meanwhile may be missing from either; it is there the next time.
            if len(ids) == len(wanted) and len(self.lock(ids.values())) == len(wanted):
                return ids

    def find(self, ref: str) -> User | None:
        return self._database.row(_SQL["by_ref"], {"ref": ref}, into=User)

    def lock(self, users: Iterable[int]) -> list[int]:
        """Hold these users until the transaction ends; returns those that there are."""
        return self._database.values(_SQL["lock"], {"users": sorted(users)})

    def hold_to_erase(self, ref: str) -> int | None:
        """The id of a user of whom nobody writes anything more until the transaction ends."""
        found = self._database.value(_SQL["hold_to_erase"], {"ref": ref})
        return None if found is None else int(found)

    # --- what they care about ----------------------------------------

    def interests(self, user: int, space: int) -> Interests:
        """Empty when the user is new or its state is of another space."""
        return self.interests_of([user], space).get(user, Interests())

    def interests_of(self, users: Sequence[int], space: int) -> dict[int, Interests]:
        """Of those users who have any in this space."""
        rows = self._database.tuples(_SQL["states"], {"users": list(users), "space": space})
        return {
            user: Interests(
                vectors=_vectors(vectors),
                weights=tuple(weights),
                positives=tuple(positives),
                aversions=_vectors(aversions),
                updated_at=updated_at,
            )
            for user, vectors, weights, positives, aversions, updated_at in rows
        }

    def put_interests(self, space: int, interests: Mapping[int, Interests]) -> None:
        """Keep what users care about in a space, by user; each must have been updated once."""
        if not interests:
            return
        held = list(interests.values())
        ends = list(accumulate(len(i.vectors) for i in held))
        last_aversions = list(accumulate(len(i.aversions) for i in held))
        params = {
            "space": space,
            "users": list(interests),
            "interests": [vector for i in held for vector in i.vectors],
            "weights": [weight for i in held for weight in i.weights],
            "positives": [positives for i in held for positives in i.positives],
            "aversions": [vector for i in held for vector in i.aversions],
            "firsts": [1, *(end + 1 for end in ends[:-1])],
            "lasts": ends,
            "first_aversions": [1, *(end + 1 for end in last_aversions[:-1])],
            "last_aversions": last_aversions,
            "updated_ats": [i.updated_at for i in held],
        }
        self._database.execute(_SQL["put_states"], params)

    def forget_interests(self, user: int, space: int) -> None:
        self._database.execute(_SQL["forget_states"], {"user": user, "space": space})

    # --- what is between them and items ----------------------------------------

    def interactions(self, pairs: Iterable[Pair]) -> dict[Pair, Interaction]:
        """What is between these users and items, where there is anything."""
        asked = list(pairs)
        params = {"users": [user for user, _ in asked], "items": [item for _, item in asked]}
        rows = self._database.rows(_SQL["interactions"], params, into=Interaction)
        return {(row.user, row.item): row for row in rows}

    def put_interactions(self, interactions: Sequence[Interaction]) -> None:
        """Keep these in place of what was between their users and items."""
        if interactions:
            columns = {f.name: [getattr(x, f.name) for x in interactions] for f in fields(Interaction)}
            self._database.execute(_SQL["put_interactions"], columns)

    def take_interactions(self, user: int) -> list[Interaction]:
        """All that was between a user and items, which is forgotten."""
        return self._database.rows(_SQL["take_interactions"], {"user": user}, into=Interaction)

    def hide_creators(self, hidden: Sequence[tuple[int, int, datetime]]) -> None:
        """Of each user, item and time: the user wants nothing more of who made it."""
        if hidden:
            params = {
                "users": [user for user, _, _ in hidden],
                "items": [item for _, item, _ in hidden],
                "ats": [at for _, _, at in hidden],
            }
            self._database.execute(_SQL["hide_creators"], params)

    def hidden_creators(self, user: int) -> list[str]:
        return self._database.values(_SQL["hidden_creators"], {"user": user})

    def forget_hidden_creators(self, user: int) -> None:
        self._database.execute(_SQL["forget_hidden_creators"], {"user": user})

    def liked(self, user: int, items: Sequence[int]) -> set[int]:
        """Which of these the user likes."""
        return set(self._database.values(_SQL["liked"], {"user": user, "items": list(items)}))

    def all(self) -> list[int]:
        """Users who have done anything, or of whom anything was derived."""
        return self._database.values(_SQL["all"])

    def with_events(self, since: datetime | None = None) -> list[int]:
        """Users that have done anything; or of whom something came in since then."""
        return self._database.values(_SQL["with_events"], {"since": since})

    def events(self, user: int) -> list[PastEvent]:
        """All events of a user, oldest first."""
        return self._database.rows(_SQL["export_events"], {"user": user}, into=PastEvent)

    def erase(self, ref: str) -> bool:
        """Forget a user with events, impressions and state; False when there was none. Counts of items stay:
        `learn.forgetting` takes the user out of these too."""
        return self._database.execute(_SQL["erase"], {"ref": ref}) > 0


def _vectors(stored: Sequence[Any]) -> tuple[Vector, ...]:
    return tuple(np.asarray(vector.to_numpy(), dtype=np.float32) for vector in stored)
