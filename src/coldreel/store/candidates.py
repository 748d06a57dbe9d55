"""What a request asks of the catalogue: the user, and candidates as columns, each in one round trip."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
from psycopg import sql

from coldreel.model import Interests, Policy, Vector
from coldreel.store import queries
from coldreel.store.database import Database
from coldreel.store.vectors import StoredSpace

_SQL = queries.load("candidates") | queries.load("viewers")

_ANY_LENGTH = float("inf")
_HEADER = 4
"""Bytes before the numbers of a vector as it is sent."""


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom candidates are for, and what may be shown: what every query here starts from."""

    user: int
    hidden_creators: tuple[str, ...]
    policy: Policy
    hold_back_s: float

    def params(self) -> dict[str, Any]:
        return {
            "user": self.user,
            "hidden_creators": list(self.hidden_creators),
            "hold_back_s": self.hold_back_s,
            "exclude_tags": [tag.lower() for tag in self.policy.exclude_tags],
            "with_sound": self.policy.with_sound,
            "min_age_s": self.policy.min_age_s,
            "max_duration_s": _ANY_LENGTH
            if self.policy.max_duration_s is None
            else self.policy.max_duration_s,
        }


@dataclass(frozen=True, slots=True, eq=False)
class StoredViewer:
    """A user as the database has it; `vectors` (favourites, dimensions) are of the items in `favourites`."""

    id: int
    served: int
    explored: int
    interests: Interests
    hidden_creators: tuple[str, ...]
    favourites: tuple[int, ...]
    liked: tuple[bool, ...]
    vectors: Vector


Columns: TypeAlias = tuple[Any, ...]
"""origins, items, vectors (n, dimensions), related, viewers, pleased, priors, trials, explored, ages in days,
durations in seconds, creators: each of n"""


class Candidates:
    """The candidates of one space."""

    def __init__(self, database: Database, space: StoredSpace) -> None:
        self._database = database
        self._space = space

    def viewer(self, ref: str, favourites: int) -> StoredViewer | None:
        """A user with its state and its latest favourites; None where there is none of that name."""
        rows = self._database.tuples(self._query("viewer"), {"ref": ref, "favourites": favourites})
        if not rows:
            return None
        (id_, served, explored, vectors, weights, positives, aversions, updated_at, creators, items, liked,
         of_items) = rows[0]  # fmt: skip
        interests = Interests(
            vectors=_vectors(vectors),
            weights=tuple(weights or ()),
            positives=tuple(positives or ()),
            aversions=_vectors(aversions),
            updated_at=updated_at,
        )
        favourite_items = tuple(items or ())
        matrix = self._matrix(of_items, len(favourite_items))
        return StoredViewer(
            id_, served, explored, interests, tuple(creators), favourite_items, tuple(liked or ()), matrix
        )

    def find(
        self,
        audience: Audience,
        *,
        probes: Sequence[Vector],
        depth: int,
        seeds: Sequence[int],
        related: int,
        named: Sequence[tuple[str, int]],
        newest: int,
    ) -> Columns | None:
        """All candidates of a request; None where there is none."""
        params = audience.params() | {
            "probes": list(probes),
            "seeds": list(seeds),
            "related": related,
            "origins": [origin for origin, _ in named],
            "items": [item for _, item in named],
            "newest": newest,
        }
        return self._columns(self._query("candidates", depth), params)

    def columns(self, origin: str, items: Sequence[int]) -> Columns | None:
        """What is known of items that were found already, in the order given."""
        params = {"origin": origin, "items": list(items)}
        return self._columns(self._query("columns"), params) if items else None

    def shuffled(self, audience: Audience, start: float, k: int) -> list[int]:
        """k items in the shuffled order from the point `start` in [0, 1) on."""
        return self._items("shuffled", audience.params() | {"start": start, "k": k})

    def lottery(self, audience: Audience, drawn: Sequence[int], k: int) -> list[int]:
        """The first k of the ids drawn that may be shown."""
        return self._items("lottery", audience.params() | {"drawn": list(drawn), "k": k})

    def known(self, audience: Audience, highest: int) -> int:
        """How many of the items up to an id the user knows, or was served of late."""
        return int(self._database.value(self._query("known"), audience.params() | {"highest": highest}))

    def held_back(self, audience: Audience, k: int) -> list[int]:
        """k items that the user was served and has not seen, the longest ago first."""
        return self._items("held_back", audience.params() | {"k": k})

    def least_recently_seen(self, audience: Audience, k: int) -> list[int]:
        return self._items("least_recently_seen", audience.params() | {"k": k})

    def _items(self, name: str, params: Mapping[str, Any]) -> list[int]:
        return self._database.values(self._query(name), params)

    def _query(self, name: str, depth: int = 0) -> bytes:
        return _query(name, self._space.id, self._space.dimensions, depth)

    def _columns(self, query: bytes, params: Mapping[str, Any]) -> Columns | None:
        (row,) = self._database.tuples(query, params)
        if row[1] is None:
            return None
        origins, items, vectors, *rest = row
        return (origins, items, self._matrix(vectors, len(items)), *rest)

    def _matrix(self, sent: bytes | None, count: int) -> Vector:
        """Vectors as the database sends them, one after the other: (count, dimensions)."""
        n = self._space.dimensions
        if not sent:
            return np.zeros((0, n), np.float32)
        rows = np.frombuffer(sent, np.uint8).reshape(count, _HEADER + 4 * n)[:, _HEADER:]
        return np.ascontiguousarray(rows).view(">f4").astype(np.float32)


def _vectors(found: Sequence[Any] | None) -> tuple[Vector, ...]:
    return tuple(np.asarray(vector.to_numpy(), dtype=np.float32) for vector in found or ())


@lru_cache(maxsize=256)
def _query(name: str, space: int, dimensions: int, depth: int = 0) -> bytes:
    """A query for one space, whose id and dimensions are literals: its index is on them."""
    parts = {
        "space": sql.Literal(space),
        "n": sql.Literal(dimensions),
        "depth": sql.Literal(depth),
        "allowed": _template("allowed"),
    }
    parts["eligible"] = _template("eligible").format(**parts)
    return _template(name).format(**parts).as_bytes(None)


def _template(name: str) -> sql.SQL:
    return sql.SQL(_SQL[name].decode())
