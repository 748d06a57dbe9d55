"""Fingerprints: near-duplicates are found by shared keys, without a scan, and form groups."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from coldreel.store import queries
from coldreel.store.database import Database

_SQL = queries.load("fingerprints")

MOST_PER_KEY = 200
"""Items that one key is followed to: a key of more says little, and the oldest is the original."""
CANDIDATES = 20


@dataclass(frozen=True, slots=True)
class NearItem:
    """An item that shares keys, and its fingerprint's bytes."""

    item: int
    content: bytes


class Fingerprints:
    def __init__(self, database: Database) -> None:
        self._database = database

    def lock(self) -> None:
        """Keep others from putting fingerprints until the transaction ends."""
        self._database.execute(_SQL["lock"])

    def put(self, item: int, content: bytes, keys: Sequence[int]) -> bool:
        """Store an item's fingerprint; False when it has one."""
        if not self._database.execute(_SQL["put"], {"item": item, "content": content}):
            return False
        self._database.execute(_SQL["put_keys"], {"item": item, "keys": list(keys)})
        return True

    def near(self, item: int, keys: Sequence[int], k: int = CANDIDATES) -> list[NearItem]:
        """Visible items that share keys, most of them first, without the item itself."""
        params = {"item": item, "keys": list(keys), "k": k, "most_per_key": MOST_PER_KEY}
        return self._database.rows(_SQL["near"], params, into=NearItem)

    def group(self, item: int, like: int) -> None:
        """Make the item a duplicate of the other's original."""
        self._database.execute(_SQL["group"], {"item": item, "like": like})

    def pass_on(self, items: Iterable[int]) -> None:
        """Give the groups of originals that are out of sight a new one."""
        self._database.execute(_SQL["pass_on"], {"items": list(items)})

    def forget(self, item: int) -> None:
        self._database.execute(_SQL["forget"], {"item": item})
