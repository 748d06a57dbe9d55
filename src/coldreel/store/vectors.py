"""Spaces and their vectors: cosines from float32, candidates from one half-precision index per space."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pgvector import Vector as PgVector
from psycopg import sql
from psycopg.types.json import Jsonb

from coldreel.errors import ProviderError, SpaceMovedError
from coldreel.model import Vector
from coldreel.store import queries
from coldreel.store.database import Database

_SQL = queries.load("vectors")

OVERSAMPLE = 4
"""Candidates taken from the index per result wanted; half precision and the graph may misplace a few."""
MIN_CANDIDATES = 40


@dataclass(frozen=True, slots=True)
class StoredSpace:
    """A named recipe for vectors, as the database has it."""

    id: int
    name: str
    recipe: dict[str, Any]
    dimensions: int
    text_start: int
    """Where the text block begins, counted from 1."""
    text_size: int
    active: bool
    created_at: datetime
    baseline: float
    """Cosine of two items taken at random, as it was last measured."""
    baseline_of: int
    """Items that it was measured on; 0 before it was."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    item: int
    similarity: float


class Spaces:
    def __init__(self, database: Database) -> None:
        self._database = database

    def active(self) -> StoredSpace | None:
        """The space that serves; None while the catalogue is empty."""
        return self._database.row(_SQL["active"], into=StoredSpace)

    def serving(self) -> StoredSpace | None:
        """The space that serves, unless there is neither an item nor a vector yet that is bound to it."""
        active = self.active()
        if active is None or not self._database.value(_SQL["is_settled"], {"space": active.id}):
            return None
        return active

    def _lock(self) -> None:
        """One at a time makes a space or says which serves, until the transaction ends."""
        self._database.execute(b"select pg_advisory_xact_lock(hashtext('coldreel.spaces'))")

    def settle(self, space: StoredSpace) -> StoredSpace:
        """Let this space serve where none does that is settled; returns the one that serves."""
        with self._database.transaction():
            self._lock()  # first: who waits for the row alone would not see that another one serves by then
            self._database.execute(_SQL["hold_active"])
            serving = self.serving()
            if serving is not None:
                return serving
            self._database.execute(_SQL["retire"])
            self._database.execute(_SQL["activate"], {"space": space.id})
        return replace(space, active=True)

    def ensure(self, name: str, recipe: Mapping[str, Any], dimensions: int, text: slice) -> StoredSpace:
        """The space of that name, made with its partition and indexes where missing; the first one serves.

        text: where the text block lies in a vector
        Raises ProviderError where the name stands for another recipe.
        """
        with self._database.transaction():
            self._lock()
            space = self._database.row(_SQL["space"], {"name": name}, into=StoredSpace)
            if space is not None and space.recipe != dict(recipe):
                raise ProviderError(
                    f"There is a space {name} of another recipe, and two recipes need two names. Where it "
                    f"does not serve, `coldreel spaces --drop {name!r}` makes room"
                )
            if space is not None:
                return space
            params = {
                "name": name,
                "recipe": Jsonb(dict(recipe)),
                "dimensions": dimensions,
                "text_start": text.start + 1,
                "text_size": text.stop - text.start,
            }
            space = self._database.row(_SQL["add_space"], params, into=StoredSpace)
            assert space is not None  # an insert returns its row
            self._database.execute(_SQL["make_vectors"], {"space": space.id})
        return space

    def of(self, id_: int) -> StoredSpace | None:
        return self._database.row(_SQL["by_id"], {"space": id_}, into=StoredSpace)

    def all(self) -> list[StoredSpace]:
        """Every space, oldest first."""
        return self._database.rows(_SQL["all"], into=StoredSpace)

    def hold(self, space: StoredSpace) -> None:
        """Keep this space serving until the transaction ends. Raises SpaceMovedError when another serves."""
        if self._database.value(_SQL["hold"], {"space": space.id}) is None:
            raise SpaceMovedError

    def lacking(self, space: StoredSpace, limit: int = 1_000_000) -> list[int]:
        """Items in sight that have no vector in this space."""
        return self._database.values(_SQL["lacking"], {"space": space.id, "limit": limit})

    def held(self, space: StoredSpace) -> int:
        """How many items in sight have a vector in this space."""
        return int(self._database.value(_SQL["held"], {"space": space.id}))

    def switch(self, space: StoredSpace, most_lacking: int = 0) -> bool:
        """Let this space serve from now on; False where more items than that would be lost from sight."""
        with self._database.transaction():
            self._lock()
            self._database.execute(_SQL["hold_active"])
            if len(self.lacking(space, most_lacking + 1)) > most_lacking:
                return False
            self._database.execute(_SQL["retire"])
            self._database.execute(_SQL["activate"], {"space": space.id})
        return True

    def note_baseline(self, space: StoredSpace) -> None:
        """Keep the baseline that this space has here."""
        params = {"space": space.id, "baseline": space.baseline, "of": space.baseline_of}
        self._database.execute(_SQL["note_baseline"], params)

    def drop(self, space: StoredSpace) -> None:
        """Remove a space that does not serve, with its vectors and what users care about in it."""
        self._database.execute(_SQL["drop_vectors"], {"space": space.id})


class Vectors:
    """The vectors of one space."""

    def __init__(self, database: Database, space: StoredSpace) -> None:
        self._database = database
        self.space = space

    def put(self, item: int, vector: Vector, text_norm: float) -> None:
        """Raises ProviderError for a vector of another space, as `similar` and `text_similar` do."""
        self._check(vector, self.space.dimensions)
        params = {"space": self.space.id, "item": item, "v": vector, "text_norm": text_norm}
        self._database.execute(_SQL["put"], params)

    def put_anew(self, item: int, vector: Vector, text_norm: float) -> None:
        """Put it where what is known of the item has changed, so that its other vectors are out of date."""
        self._database.execute(_SQL["drop_elsewhere"], {"space": self.space.id, "item": item})
        self.put(item, vector, text_norm)

    def of(self, items: Sequence[int]) -> dict[int, Vector]:
        rows = self._database.tuples(_for(self.space, "of_items"), {"items": list(items)})
        return {item: _array(vector) for item, vector in rows}

    def sample(self, k: int) -> Vector:
        """Vectors of k items that may be recommended, the first in their shuffled order: (k, dimensions)."""
        vectors = self._database.values(_for(self.space, "sample"), {"k": k})
        return np.array([_array(each) for each in vectors], np.float32).reshape(-1, self.space.dimensions)

    def similar(self, vector: Vector, k: int) -> list[Neighbour]:
        """The k visible items of highest cosine, best first."""
        self._check(vector, self.space.dimensions)
        params = {"v": vector, "k": k, "candidates": max(OVERSAMPLE * k, MIN_CANDIDATES)}
        return self._database.rows(_for(self.space, "similar"), params, into=Neighbour)

    def text_similar(self, text_query: Vector, k: int, floor: float) -> list[Neighbour]:
        """The k visible items whose text block has the highest cosine, not below `floor`.

        text_query: a text block of norm one
        """
        if not self.space.text_size:
            return []
        self._check(text_query, self.space.text_size)
        params = {"v": text_query, "k": k, "floor": floor, "candidates": max(OVERSAMPLE * k, MIN_CANDIDATES)}
        return self._database.rows(_for(self.space, "text_similar"), params, into=Neighbour)

    def nearest_judged(
        self, items: Sequence[int], k: int, least_viewers: int
    ) -> list[tuple[int, int, float]]:
        """Of each of these items the k nearest that so many people have seen: (item, neighbour, cosine).

        Fewer, or none, where only distant ones have been.
        """
        params = {"items": list(items), "k": k, "least_viewers": least_viewers}
        with self._database.transaction():
            self._database.execute(_SQL["look_near"])
            return self._database.tuples(_for(self.space, "nearest_judged"), params)

    def alike(
        self, items: Sequence[int], k: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
        """Of each of these items the k nearest that may be recommended: items, the others, cosines."""
        ((of, near, cosines),) = self._database.tuples(
            _for(self.space, "alike"), {"items": list(items), "k": k}
        )
        return (
            np.frombuffer(of or b"", ">i8").astype(np.int64),
            np.frombuffer(near or b"", ">i8").astype(np.int64),
            np.frombuffer(cosines or b"", ">f8").astype(np.float64),
        )

    def _check(self, vector: Vector, dimensions: int) -> None:
        if vector.shape != (dimensions,):
            raise ProviderError(
                f"A vector of shape {vector.shape} is not of the space {self.space.name}, whose vectors have "
                f"{dimensions} dimensions; vectors of two spaces are never compared"
            )


def _for(space: StoredSpace, name: str) -> sql.Composed:
    """A query for one space. Its id and dimensions are literals: the index is on an expression with them."""
    template = sql.SQL(_SQL[name].decode())
    return template.format(
        space=sql.Literal(space.id),
        n=sql.Literal(space.dimensions),
        text_start=sql.Literal(space.text_start),
        text_size=sql.Literal(space.text_size),
    )


def _array(vector: PgVector) -> Vector:
    return np.asarray(vector.to_numpy(), dtype=np.float32)
