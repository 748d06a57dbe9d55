"""Connections: one pool, transactions that nest, rows as dataclasses."""

from __future__ import annotations

import select
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any, Self, TypeAlias, TypeVar, cast

import psycopg
from pgvector.psycopg import register_vector
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import class_row, scalar_row
from psycopg_pool import ConnectionPool, PoolTimeout

from coldreel.errors import DatabaseError, DiskFullError

Row = TypeVar("Row")
Query: TypeAlias = bytes | sql.Composed
Params = Mapping[str, Any] | None

CONNECT_SECONDS = 15.0
"""How long a caller waits for a connection before it is told that the database cannot be reached."""

_STREAMED = 1000
"""Rows of a stream that are fetched at once."""

_CONNECTION: dict[str, Any] = {
    # A worker on another machine must notice a database that has gone without a word.
    "tcp_user_timeout": 10_000,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "connect_timeout": 5,
    "application_name": "coldreel",
}
"""What the connection string may say otherwise."""
_SESSION = b"""
set timezone = 'UTC';
set plan_cache_mode = force_generic_plan;  -- hot statements are planned once
set hnsw.iterative_scan = relaxed_order;   -- these two apply to every search of the session
set hnsw.ef_search = 100;
"""


def _configure(connection: psycopg.Connection[Any]) -> None:
    connection.autocommit = True
    connection.execute(_SESSION)
    register_vector(connection)
    connection.prepare_threshold = 0


def _check(connection: psycopg.Connection[Any]) -> None:
    """Raise OperationalError for a connection that the server has closed.

    An idle one with something to read is closed, or about to be; the others need not be asked, which would be
    a round trip for every request.
    """
    idle = select.poll()
    idle.register(connection, select.POLLIN)
    if idle.poll(0):
        ConnectionPool.check_connection(connection)


class Database:
    """A pool of connections to a migrated database.

    Statements run in the transaction of the surrounding `with database.transaction()`, each in its own
    where there is none. All raise DatabaseError, and DiskFullError where the server has no room.
    """

    def __init__(self, url: str, connections: int = 8) -> None:
        self.url = url
        self._current: ContextVar[psycopg.Connection[Any] | None] = ContextVar("transaction", default=None)
        self._pool = ConnectionPool(
            make_conninfo(**(_CONNECTION | conninfo_to_dict(url))), min_size=1, max_size=connections,
            configure=_configure,
            check=_check, timeout=CONNECT_SECONDS, open=False, name="coldreel",
        )  # fmt: skip
        self._pool.open()

    def close(self) -> None:
        self._pool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def alone(self, name: str) -> Iterator[bool]:
        """False where another process, on whatever machine, is within this for the same name."""
        with self._lock_holder() as connection:
            held = connection.execute("select pg_try_advisory_lock(hashtext(%s))", [name]).fetchone()
            yield bool(held and held[0])
            # Closing gives it back, too, but some moments later.
            connection.execute("select pg_advisory_unlock_all()")

    def _lock_holder(self) -> psycopg.Connection[Any]:
        """A connection of its own, which keeps what it has locked until it is closed."""
        try:
            return psycopg.connect(
                make_conninfo(**(_CONNECTION | conninfo_to_dict(self.url))), autocommit=True
            )
        except psycopg.OperationalError as error:
            raise DatabaseError(_what_happened(error)) from error

    def now(self) -> datetime:
        """The time by the clock of the database."""
        return cast("datetime", self.value(b"select now()"))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All statements within commit together or not at all."""
        with self._connection() as connection, connection.transaction():
            token = self._current.set(connection)
            try:
                yield
            finally:
                self._current.reset(token)

    @contextmanager
    def session(self) -> Iterator[None]:
        """All statements within use one connection, each in a transaction of its own.

        For who asks several things in a row.
        """
        with self._connection() as connection:
            token = self._current.set(connection)
            try:
                yield
            finally:
                self._current.reset(token)

    def rows(self, query: Query, params: Params = None, *, into: type[Row]) -> list[Row]:
        with (
            self._connection() as connection,
            connection.cursor(row_factory=class_row(into), binary=True) as cursor,
        ):
            return cursor.execute(query, params).fetchall()

    def row(self, query: Query, params: Params = None, *, into: type[Row]) -> Row | None:
        with (
            self._connection() as connection,
            connection.cursor(row_factory=class_row(into), binary=True) as cursor,
        ):
            return cursor.execute(query, params).fetchone()

    def values(self, query: Query, params: Params = None) -> list[Any]:
        """The first column of every row."""
        with (
            self._connection() as connection,
            connection.cursor(row_factory=scalar_row, binary=True) as cursor,
        ):
            return cursor.execute(query, params).fetchall()

    def value(self, query: Query, params: Params = None) -> Any:
        """The first column of the first row, None where there is none."""
        with (
            self._connection() as connection,
            connection.cursor(row_factory=scalar_row, binary=True) as cursor,
        ):
            return cursor.execute(query, params).fetchone()

    def tuples(self, query: Query, params: Params = None) -> list[tuple[Any, ...]]:
        with self._connection() as connection, connection.cursor(binary=True) as cursor:
            return cursor.execute(query, params).fetchall()

    def stream(self, query: Query, params: Params = None) -> Iterator[tuple[Any, ...]]:
        """Rows as they come, of an answer too large to be held at once; a connection is held meanwhile."""
        with self._connection() as connection, connection.cursor(binary=True) as cursor:
            yield from cursor.stream(query, params, size=_STREAMED)

    def execute(self, query: Query, params: Params = None) -> int:
        """Run a statement; returns the number of rows it touched."""
        with self._connection() as connection:
            return connection.execute(query, params).rowcount

    def copy(self, statement: Query, blocks: Iterable[bytes | memoryview]) -> None:
        """Give these blocks to a `copy ... from stdin`."""
        with self._connection() as connection, connection.cursor().copy(statement) as copy:
            for block in blocks:
                copy.write(block)

    @contextmanager
    def _connection(self) -> Iterator[psycopg.Connection[Any]]:
        current = self._current.get()
        if current is not None:
            yield current
            return
        try:
            with self._pool.connection() as connection:
                yield connection
        except PoolTimeout:
            raise DatabaseError(
                f"The database did not answer within {CONNECT_SECONDS:.0f} s; check that it runs and that "
                "COLDREEL_DATABASE_URL is right"
            ) from None
        except psycopg.errors.DiskFull as error:
            said = error.diag.message_primary
            raise DiskFullError(f"The database's disk is full: {said}; make room there") from error
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            raise DatabaseError(_what_happened(error)) from error


def ids(items: Iterable[int]) -> str:
    """An array of bigint as text, to be cast where it is used: psycopg takes its time over each of a list."""
    return "{" + ",".join(map(str, items)) + "}"


def _what_happened(error: psycopg.OperationalError | psycopg.InterfaceError) -> str:
    said = error.diag.message_primary or str(error).strip()
    match error:
        case psycopg.errors.DeadlockDetected() | psycopg.errors.QueryCanceled():
            return f"The database gave this up, and it can be tried again: {said}"
        case _:
            return f"The database connection was lost: {said}"
