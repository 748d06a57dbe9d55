"""Connections: what the connection string says holds, beside what coldreel sets for itself."""

from __future__ import annotations

from psycopg.conninfo import make_conninfo

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
