"""Fingerprints: near-duplicates are found by an index of scenes, without a scan, and form groups."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from coldreel.model import Vector
from coldreel.store import queries
from coldreel.store.database import Database

_SQL = queries.load("fingerprints")

CANDIDATES = 20
"""Scenes that are looked at: of 785 altered copies of real clips among 100,000 other videos, 783 have their
original among the nearest 20, 784 among the nearest 100."""


@dataclass(frozen=True, slots=True)
class NearItem:
    """An item of a scene that is near, and its fingerprint's bytes."""

    item: int
    content: bytes


class Fingerprints:
    def __init__(self, database: Database) -> None:
        self._database = database

    def lock(self) -> None:
        """Keep others from looking for what is near until the transaction ends."""
        self._database.execute(_SQL["lock"])

    def put(self, item: int, content: bytes, scene: Vector | None) -> bool:
        """Store an item's fingerprint; False when it has one. Without a scene it is not found by others."""
        params = {"item": item, "content": content, "scene": scene}
        return bool(self._database.execute(_SQL["put"], params))

    def near(self, item: int, scenes: Sequence[Vector], k: int = CANDIDATES) -> list[NearItem]:
        """The k visible items that are nearest to any of the scenes, in L2, without the item itself."""
        params = {"item": item, "scenes": list(scenes), "k": k}
        return self._database.rows(_SQL["near"], params, into=NearItem)

    def group(self, item: int, like: int) -> None:
        """Make the item a duplicate of the other's original, if that is in sight. Within a transaction."""
        original = self._database.value(_SQL["hold_original"], {"like": like})
        if original is not None:
            self._database.execute(_SQL["group"], {"item": item, "original": original})

    def hold_groups(self, items: Iterable[int]) -> None:
        """Keep the items and those grouped with them as they are until the transaction ends."""
        self._database.execute(_SQL["hold_groups"], {"items": list(items)})

    def pass_on(self, items: Iterable[int]) -> None:
        """Give those groups of the items whose original is out of sight a new one. They are to be held."""
        self._database.execute(_SQL["pass_on"], {"items": list(items)})

    def forget(self, item: int) -> None:
        self._database.execute(_SQL["forget"], {"item": item})
