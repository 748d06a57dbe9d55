"""Rows of the store made by hand, without any film."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

import numpy as np
import psycopg
from psycopg import sql

from coldreel.model import Description, Event, EventKind, Given, Interaction, Listing, MediaFacts, Vector
from coldreel.store.events import PlacedEvent
from coldreel.store.items import Published
from coldreel.store.ledger import Claim
from coldreel.store.sources import given_from_json
from coldreel.store.store import Store
from coldreel.store.vectors import StoredSpace
from coldreel.understand.spaces import Block, Space

DIMENSIONS = 16
TEXT = slice(0, 2)
"""Where the vectors made here keep their text block."""
SPACE = Space(
    f"test-{DIMENSIONS}", (Block("text", 2, 0.5), Block("test.look", 14, 0.5, "1")), provider="test",
    embedder="hashing-1-2-34",
)  # fmt: skip
FACTS = MediaFacts(6.0, 360, 640, 25.0, "mp4", "h264", "yuv420p", "aac")
OBSERVED = Description(
    "A short", ("tag",), (), "Seen by nobody.", provider="test", model="none", prompt_version="1"
)


@contextmanager
def database(server: str) -> Iterator[str]:
    """An empty database of its own, on this server."""
    name = f"test_{uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        yield psycopg.conninfo.make_conninfo(server, dbname=name)
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def listing(name: str, version: str = "1", **given: object) -> Listing:
    return Listing(f"/clips/{name}", version, Given(**given))  # type: ignore[arg-type]


def enlist(store: Store, *names: str) -> list[int]:
    return store.sources.enlist([listing(name) for name in names])


def claim_one(store: Store, worker: str = "worker") -> Claim:
    (claim,) = store.ledger.claim(worker, 1)
    return claim


def space_of(store: Store, dimensions: int = DIMENSIONS) -> StoredSpace:
    recipe = SPACE.recipe() if dimensions == DIMENSIONS else {"dimensions": dimensions}
    return store.spaces.ensure(f"test-{dimensions}", recipe, dimensions, TEXT)


def directions(count: int, dimensions: int = DIMENSIONS, seed: int = 0) -> Vector:
    """Random vectors of norm one, as rows."""
    vectors = np.random.default_rng(seed).standard_normal((count, dimensions)).astype(np.float32)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def publish(store: Store, claim: Claim, content: str, title: str = "A short") -> Published:
    """End a claim as ready: the file's bytes are `content`."""
    given = given_from_json(claim.given)
    assert claim.source is not None
    with store.ledger.fenced(claim):
        item = store.items.put(digest(content), FACTS, given, "folder", "source")
        store.items.describe(item.id, replace(OBSERVED, title=title), title)
        vector = directions(1, seed=len(content))[0]
        store.vectors(space_of(store)).put(item.id, vector, text_norm=0.0)
        store.sources.set_item(claim.source, item.id)
    return item


def taken_in(store: Store, name: str, content: str | None = None) -> Published:
    """A file enlisted, claimed and published."""
    enlist(store, name)
    return publish(store, claim_one(store), content or f"bytes of {name}")


def many_items(store: Store, space: StoredSpace, vectors: Vector) -> list[int]:
    """One visible item with a file per vector, in the order given; written at one go."""
    count = len(vectors)
    ids = store.database.values(
        b"insert into items (ref, content_hash, duration_s, width, height, fps, container, video_codec,"
        b" pixel_format, creator, playback)"
        b" select 'item-' || n, decode(lpad(to_hex(n), 64, '0'), 'hex'), 6, 360, 640, 25, 'mp4', 'h264',"
        b" 'yuv420p', 'folder', 'source' from generate_series(1, %(count)s) n order by n returning id",
        {"count": count},
    )
    store.database.execute(
        b"insert into sources (uri, version, item) select '/clips/' || id || '.mp4', '1', id from items"
    )
    store.database.execute(
        b"insert into descriptions (item, title, tags, genres, description, on_screen_text, transcript,"
        b" provider, model, prompt_version, evidence, words)"
        b" select id, 'Short ' || id, '{}', '{}', '', '', '', 'test', 'none', '1', '{}', '' from items"
    )
    store.database.execute(
        b"insert into vectors (space, item, v, text_norm)"
        b" select %(space)s, u.item, u.v, 0"
        b" from unnest(%(ids)s::bigint[], %(vectors)s::vector[]) u (item, v)",
        {"space": space.id, "ids": ids, "vectors": list(vectors)},
    )
    return ids


def viewed(store: Store, user: str, item: int, event_id: UUID, at: datetime | None = None) -> PlacedEvent:
    """A view of two seconds, with the ids that the store knows."""
    event = Event(event_id, user, str(item), EventKind.VIEW, at or datetime.now(UTC), watched_s=2.0)
    return PlacedEvent(event, store.users.ensure(user), item)


def interact(store: Store, user: int, item: int, at: datetime, **facts: object) -> None:
    """Put something between a user and an item, as if events had told it."""
    store.users.put_interactions([Interaction(user, item, at, at, **facts)])  # type: ignore[arg-type]


def digest(content: str) -> bytes:
    return hashlib.sha256(content.encode()).digest()


def wait_for_lease(seconds: float) -> None:
    """Leases run out by the database's clock, which no test can turn."""
    time.sleep(seconds + 0.05)


def wait_for_a_waiter(store: Store) -> None:
    """Until another connection waits for what this transaction has locked."""
    for _ in range(1_000):
        if store.database.value(b"select exists (select from pg_locks where not granted)"):
            return
        time.sleep(0.01)
    raise AssertionError("nobody waits")
