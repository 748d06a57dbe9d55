"""The store: every repository over one database."""

from __future__ import annotations

import secrets
from typing import Self

from coldreel.store import queries
from coldreel.store.arms import Arms
from coldreel.store.awaited import Awaited
from coldreel.store.batches import Batches
from coldreel.store.boards import Boards
from coldreel.store.calls import Calls
from coldreel.store.database import Database
from coldreel.store.events import Events
from coldreel.store.fingerprints import Fingerprints
from coldreel.store.impressions import Impressions
from coldreel.store.items import Items
from coldreel.store.ledger import Ledger, LedgerRules
from coldreel.store.migrator import migrate
from coldreel.store.models import Models
from coldreel.store.neighbours import Neighbours
from coldreel.store.queue import Queue
from coldreel.store.showings import Showings
from coldreel.store.sources import Sources
from coldreel.store.tables import Tables
from coldreel.store.users import Users
from coldreel.store.vectors import Spaces, StoredSpace, Vectors
from coldreel.store.vocabulary import Vocabulary

_SIGNING = queries.load("signing")


class Store:
    """A migrated database, and one repository per aggregate on it."""

    def __init__(self, database: Database, rules: LedgerRules) -> None:
        self.database = database
        self.sources = Sources(database)
        self.queue = Queue(database)
        self.ledger = Ledger(database, rules)
        self.items = Items(database)
        self.awaited = Awaited(database)
        self.tables = Tables(database)
        self.vocabulary = Vocabulary(database)
        self.fingerprints = Fingerprints(database)
        self.spaces = Spaces(database)
        self.calls = Calls(database)
        self.batches = Batches(database)
        self.users = Users(database)
        self.events = Events(database)
        self.impressions = Impressions(database)
        self.showings = Showings(database)
        self.models = Models(database)
        self.arms = Arms(database)
        self.boards = Boards(database)
        self.neighbours = Neighbours(database)

    @classmethod
    def open(cls, url: str, rules: LedgerRules | None = None, connections: int = 8) -> Self:
        """Migrate and connect. Raises DatabaseError and its kin."""
        migrate(url)
        store = cls(Database(url, connections), rules or LedgerRules())
        try:
            store.events.make_partitions()
        except BaseException:
            store.close()
            raise
        return store

    def vectors(self, space: StoredSpace) -> Vectors:
        return Vectors(self.database, space)

    def signing_key(self) -> bytes:
        """The bytes that sign the cookies of this catalogue's users; made once, the same for every server."""
        found = self.database.value(_SIGNING["key"], {"fresh": secrets.token_bytes(32)})
        return bytes(found if found is not None else self.database.value(_SIGNING["key"], {"fresh": b""}))

    def close(self) -> None:
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
