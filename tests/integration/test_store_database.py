"""Connections: what the connection string says holds, beside what coldreel sets for itself."""

from __future__ import annotations

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from coldreel.model import EVERYTHING, Policy
from coldreel.store import candidates, permission
from coldreel.store.database import Database
from coldreel.store.migrator import migrate


def test_options_of_the_connection_string_hold_beside_our_own(database_url: str) -> None:
    migrate(database_url)
    url = make_conninfo(database_url, options="-c work_mem=7MB", application_name="mine", keepalives_idle=9)
    with Database(url) as database:
        settings = ("work_mem", "application_name", "plan_cache_mode", "timezone", "hnsw.iterative_scan")
        assert [database.value(f"show {name}".encode()) for name in settings] == [
            "7MB", "mine", "force_generic_plan", "UTC", "relaxed_order",
        ]  # fmt: skip


def test_a_session_keeps_to_one_connection_and_commits_each_statement(database_url: str) -> None:
    migrate(database_url)
    with Database(database_url) as database, Database(database_url) as other:
        with database.session():
            pids = {database.value(b"select pg_backend_pid()") for _ in range(3)}
            database.execute(b"insert into users (ref) values ('ann')")
            assert other.values(b"select ref from users") == ["ann"]
            with pytest.raises(psycopg.errors.UniqueViolation):
                database.execute(b"insert into users (ref) values ('ann')")
            with database.transaction():
                database.execute(b"insert into users (ref) values ('ben')")
                pids.add(database.value(b"select pg_backend_pid()"))
                assert other.values(b"select ref from users") == ["ann"]
            assert other.values(b"select ref from users order by ref") == ["ann", "ben"]
        assert len(pids) == 1


@pytest.mark.parametrize("policy", [EVERYTHING, Policy(with_sound=True)])
def test_what_a_feed_asks_most_is_short_enough_for_the_driver_to_keep(policy: Policy) -> None:
    """psycopg takes longer statements apart anew each time."""
    allowed = permission.condition(policy)
    query = candidates._query("candidates", 123, 1000, allowed, limits=(200, 100, 100))
    assert len(query) <= 4096
