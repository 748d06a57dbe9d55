"""What a request asks of the catalogue: the user, and candidates as columns, each in one round trip."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
from psycopg import sql

from coldreel.model import EVERYTHING, Interests, Policy, Vector
from coldreel.store import permission, queries
from coldreel.store.database import Database, ids
from coldreel.store.vectors import StoredSpace

_SQL = queries.load("candidates") | queries.load("viewers")

_HEADER = 4
"""Bytes before the numbers of a vector as it is sent."""


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom candidates are for, and what may be shown: what every query here starts from."""

    user: int
    hidden_creators: tuple[str, ...]
    policy: Policy
    hold_back_s: float

    @property
    def takes_everything(self) -> bool:
        """Nothing is forbidden that may be recommended at all."""
        return self.policy == EVERYTHING and not self.hidden_creators

    @property
    def condition(self) -> bytes:
        """What may be shown to it, of a row `i` of items."""
        return permission.condition(self.policy, self.hidden_creators)

    def params(self) -> dict[str, Any]:
        permitted = permission.params(self.policy, self.hidden_creators)
        return permitted | {"user": self.user, "hold_back_s": self.hold_back_s}


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
"""origins, items, vectors (n, dimensions), related, viewers, pleased, priors, trials, ages in days,
durations in seconds, creators: each of n"""


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """named: those of the named items that may be shown; columns: all else, None where there is nothing"""

    named: frozenset[int]
    columns: Columns | None


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
        named: Sequence[int],
        newest: int,
    ) -> Found:
        """All candidates of a request."""
        params = audience.params() | {
            "probes": list(probes),
            "seeds": ids(seeds),
            "named": ids(named),
        }
        query = self._query("candidates", audience, (depth, related, newest))
        ((may_be_shown, *row),) = self._database.tuples(query, params)
        return Found(frozenset(may_be_shown or ()), self._columns(row))

    def columns(self, origin: str, items: Sequence[int]) -> Columns | None:
        """What is known of items that were found already, in the order given."""
        if not items:
            return None
        params = {"origin": origin, "items": ids(items)}
        (row,) = self._database.tuples(self._query("columns"), params)
        return self._columns(row)

    def shuffled(self, audience: Audience, start: float, k: int) -> list[int]:
        """k items in the shuffled order from the point `start` in [0, 1) on."""
        return self._items("shuffled", audience, start=start, k=k)

    def lottery(self, audience: Audience, drawn: Sequence[int], k: int) -> list[int]:
        """The first k of the ids drawn that may be shown."""
        return self._items("lottery", audience, drawn=ids(drawn), k=k)

    def known(self, audience: Audience, highest: int) -> int:
        """How many of the items up to an id the user knows, or was served of late."""
        params = audience.params() | {"highest": highest}
        return int(self._database.value(self._query("how_many_known", audience), params))

    def held_back(self, audience: Audience, k: int) -> list[int]:
        """k items that the user was served and has not seen, the longest ago first."""
        return self._items("held_back", audience, k=k)

    def least_recently_seen(self, audience: Audience, k: int) -> list[int]:
        return self._items("least_recently_seen", audience, k=k)

    def _items(self, name: str, audience: Audience, **params: Any) -> list[int]:
        return self._database.values(self._query(name, audience), audience.params() | params)

    def _query(
        self, name: str, audience: Audience | None = None, limits: tuple[int, int, int] = (0, 0, 0)
    ) -> bytes:
        allowed = audience.condition if audience is not None else permission.condition(EVERYTHING)
        return _query(name, self._space.id, self._space.dimensions, allowed, limits)

    def _columns(self, row: Sequence[Any]) -> Columns | None:
        origins, items, vectors, *rest = row
        return None if items is None else (origins, items, self._matrix(vectors, len(items)), *rest)

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
def _query(name: str, space: int, dimensions: int, allowed: bytes, limits: tuple[int, int, int]) -> bytes:
    """A query for one space, whose id and dimensions are literals: its index is on them.

    limits: neighbours of a probe, related items, newest items
    """
    depth, related, newest = limits
    parts: dict[str, sql.Composable] = {
        "space": sql.Literal(space),
        "n": sql.Literal(dimensions),
        "depth": sql.Literal(depth),
        "related": sql.Literal(related),
        "newest": sql.Literal(newest),
        "allowed": sql.SQL(allowed.decode()),
        "known": _template("known"),
        "unseen": _template("unseen"),
    }
    for part in ("eligible", "known_of"):
        parts[part] = _template(part).format(**parts)
    return _template(name).format(**parts).as_bytes(None)


def _template(name: str) -> sql.SQL:
    return sql.SQL(_SQL[name].decode())
