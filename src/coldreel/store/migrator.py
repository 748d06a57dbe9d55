"""Forward-only migrations: numbered .sql files, checksummed, applied under an advisory lock."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import psycopg

from coldreel.errors import DatabaseError, DatabaseTooOldError, MigrationError

MIN_POSTGRES = 16_00_00
MIN_PGVECTOR = (0, 8)
CONNECT_S = 15
"""How long the server may take to answer at all."""
_LOCK = 0x636F6C64  # "cold": the same number in every process that migrates


@dataclass(frozen=True, slots=True)
class Migration:
    number: int
    name: str
    sql: bytes

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.sql).hexdigest()


def migrations() -> list[Migration]:
    """The migrations that come with this version, in order."""
    folder = files("coldreel.store").joinpath("migrations")
    found = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql"))
    return [Migration(int(name[:4]), name, folder.joinpath(name).read_bytes()) for name in found]


def migrate(url: str, upto: int | None = None) -> list[str]:
    """Bring the schema to this version (or to migration `upto`); returns the names of what was applied.

    Raises DatabaseError when the server cannot be reached, DatabaseTooOldError for an old one, and
    MigrationError when the database was migrated by a newer coldreel, a migration's text has changed since
    it was applied, this user may not make tables, or the server refuses one.
    """
    with _connected(url) as connection:
        # Before all else: two processes cannot even make the extension at the same time.
        connection.execute("select pg_advisory_lock(%s)", (_LOCK,))
        _check_server(connection)
        _make_extension(connection)
        return _apply(connection, upto)


def pending(url: str) -> tuple[str, list[str]]:
    """The server's version and the names of the migrations that it lacks; nothing is changed.

    Raises what `migrate` raises.
    """
    with _connected(url) as connection:
        _check_server(connection)
        version = connection.info.parameter_status("server_version") or "?"
        done = _done(connection) if _has_history(connection) else {}
        _check_history(done, migrations())
        return version, [migration.name for migration in migrations() if migration.number not in done]


@contextmanager
def _connected(url: str) -> Iterator[psycopg.Connection[Any]]:
    try:
        connection = psycopg.connect(url, autocommit=True, connect_timeout=CONNECT_S)
    except psycopg.Error as error:
        raise DatabaseError(
            f"The database cannot be reached: {str(error).strip()}; check that it runs and that "
            "COLDREEL_DATABASE_URL is right"
        ) from None
    with connection:
        try:
            yield connection
        except psycopg.errors.InsufficientPrivilege as error:
            raise MigrationError(
                f"this database user may not make coldreel's tables ({error.diag.message_primary}); "
                "let it own the database, or grant it create on the schema public"
            ) from None
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            raise DatabaseError(
                f"The database went away meanwhile: {str(error).strip()}; try again"
            ) from None
        except psycopg.Error as error:
            raise MigrationError(
                f"the database refuses coldreel's tables ({str(error).strip()}); nothing was changed. "
                "Does another program keep tables of its own there? Give coldreel a database to itself"
            ) from error


def _apply(connection: psycopg.Connection[Any], upto: int | None) -> list[str]:
    if not _has_history(connection):  # `if not exists` would ask for the right to make tables all the same
        connection.execute(
            "create table migrations ("
            " number integer primary key, name text not null, checksum text not null,"
            " applied_at timestamptz not null default now())"
        )
    known = migrations()
    done = _done(connection)
    _check_history(done, known)
    applied = []
    for migration in known:
        if migration.number in done or (upto is not None and migration.number > upto):
            continue
        with connection.transaction():
            connection.execute(migration.sql)
            connection.execute(
                "insert into migrations (number, name, checksum) values (%s, %s, %s)",
                (migration.number, migration.name, migration.checksum),
            )
        applied.append(migration.name)
    return applied


def _has_history(connection: psycopg.Connection[Any]) -> bool:
    found = connection.execute("select to_regclass('migrations')").fetchone()
    return found is not None and found[0] is not None


def _done(connection: psycopg.Connection[Any]) -> dict[int, str]:
    return dict(connection.execute("select number, checksum from migrations").fetchall())


def _check_server(connection: psycopg.Connection[Any]) -> None:
    if connection.info.server_version < MIN_POSTGRES:
        found = connection.info.parameter_status("server_version")
        raise DatabaseTooOldError(
            f"coldreel needs PostgreSQL 16 or newer, this server is {found}; upgrade it, or unset "
            "COLDREEL_DATABASE_URL to use the embedded server"
        )
    available = connection.execute(
        "select coalesce((select extversion from pg_extension where extname = 'vector'),"
        " (select default_version from pg_available_extensions where name = 'vector'))"
    ).fetchone()
    version = available[0] if available else None
    if version is None or tuple(int(part) for part in version.split(".")[:2]) < MIN_PGVECTOR:
        raise DatabaseTooOldError(
            f"coldreel needs pgvector 0.8 or newer in the database server; found {version or 'none'}"
        )


def _make_extension(connection: psycopg.Connection[Any]) -> None:
    try:
        connection.execute("create extension if not exists vector")
    except psycopg.errors.InsufficientPrivilege:
        raise MigrationError(
            "this database user may not create the extension pgvector; ask an administrator to run "
            "`create extension vector` in the database"
        ) from None


def _check_history(done: dict[int, str], known: list[Migration]) -> None:
    by_number = {migration.number: migration for migration in known}
    for number, checksum in done.items():
        if number not in by_number:
            raise MigrationError(
                f"the database has migration {number}, which this version of coldreel does not know; "
                "use the newer version that made it"
            )
        if by_number[number].checksum != checksum:
            raise MigrationError(
                f"migration {by_number[number].name} differs from the one that was applied to this database"
            )
