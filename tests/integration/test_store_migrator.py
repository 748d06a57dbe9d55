"""The schema comes from nothing, from every earlier version, and never from two processes at once."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from psycopg.types.json import Jsonb
from store_rows import directions, many_items, space_of, taken_in, viewed

from coldreel.errors import DatabaseError, DatabaseTooOldError, MigrationError
from coldreel.model import Progress
from coldreel.store import migrator
from coldreel.store.embedded import binaries, identity
from coldreel.store.embedded.binaries import Binaries
from coldreel.store.embedded.folder import Folder
from coldreel.store.migrator import Migration, migrate, migrations, pending
from coldreel.store.store import Store
from coldreel.understand.signals import Signals
from event_ids import uuid7

NAMES = [migration.name for migration in migrations()]
_MIGRATE = "import sys; from coldreel.store.migrator import migrate; print(*migrate(sys.argv[1]))"

_FILL = """
insert into items (ref, content_hash, duration_s, width, height, fps, container, video_codec, pixel_format,
                   creator, playback)
    values ('kept', '\\x01', 6, 360, 640, 25, 'mp4', 'h264', 'yuv420p', 'folder', 'source');
insert into sources (uri, version, item) select '/clips/kept.mp4', '1', id from items;
insert into sources (uri, version) values ('/clips/waiting.mp4', '1');
insert into ledger (source, stage, state, due) select id, 'watch', 'ready', null from sources
    where item is not null;
insert into ledger (source, stage) select id, 'watch' from sources where item is null;
insert into descriptions (item, title, tags, genres, description, on_screen_text, transcript, provider, model,
                          prompt_version, evidence, words)
    select id, 'Kept', '{}', '{}', '', '', '', 'test', 'none', '1', '{}', to_tsvector('simple', 'kept')
    from items;
insert into spaces (name, recipe, dimensions, text_start, text_size, active)
    values ('test', '{}', 3, 1, 1, true);
create table vectors_1 partition of vectors for values in (1);
insert into vectors (space, item, v, text_norm) select 1, id, '[1,0,0]', 0 from items;
insert into users (ref) values ('ada');
insert into events (event_id, user_id, item, kind, at)
    select gen_random_uuid(), u.id, i.id, 'view', now() from users u, items i;
insert into impressions (request_id, position, user_id, item, slot, origin, score, parts, model_version)
    select gen_random_uuid(), 0, u.id, i.id, 'main', 'random', 0, '{}', 'none' from users u, items i;
insert into interactions (user_id, item, first_at, last_at, views, watched_s)
    select u.id, i.id, now() - interval '7 days', now(), 2, 13 from users u, items i;
insert into item_stats (item, watched_s) select id, 13 from items;
insert into user_state (user_id, space, interests, weights, updated_at)
    select id, 1, '{"[1,0,0]"}', '{2}', now() from users;
"""
"""A row in every kind of table, in words that the first version knew."""


def applied(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        return [
            row[0] for row in connection.execute("select name from migrations order by number").fetchall()
        ]


def test_an_empty_database_gets_every_migration_and_the_second_time_none(database_url: str) -> None:
    assert migrate(database_url) == NAMES
    assert migrate(database_url) == []
    assert applied(database_url) == NAMES


def test_processes_that_start_at_once_migrate_once(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("drop extension vector")  # so that making it is a race too
    command = [sys.executable, "-c", _MIGRATE, database_url]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    answers = [process.communicate()[0].split() for process in started]
    assert [process.returncode for process in started] == [0] * 4
    assert sorted(answers) == [[], [], [], NAMES]


@pytest.mark.parametrize("version", [migration.number for migration in migrations()])
def test_rows_of_every_earlier_version_are_still_there(database_url: str, version: int) -> None:
    migrate(database_url, upto=version)
    with psycopg.connect(database_url) as connection:
        connection.execute(_FILL)
    with Store.open(database_url) as store:
        assert applied(database_url) == NAMES
        assert store.items.find("kept").title == "Kept"
        assert store.ledger.progress() == Progress(waiting=1, working=0, ready=1, failed=0, rejected=0)
        space = store.spaces.active()
        assert space is not None
        (near,) = store.vectors(space).similar(directions(1, 3)[0], 5)
        assert near.item == store.items.find("kept").id
        user = store.users.find("ada")
        assert user is not None
        assert [event.item for event in store.users.events(user.id)] == ["kept"]
        assert store.users.interests(user.id, space.id).weights == (2.0,)
        (watched,) = store.users.interactions([(user.id, near.item)]).values()
        assert (watched.views, watched.watched_s) == (2, 13.0)


@pytest.mark.parametrize("version", [1, 4])
def test_what_the_first_versions_knew_of_viewers_is_counted(database_url: str, version: int) -> None:
    migrate(database_url, upto=version)
    with psycopg.connect(database_url) as connection:
        connection.execute(_FILL)
    with Store.open(database_url) as store:
        item, user = store.items.find("kept").id, store.users.find("ada")
        assert user is not None
        counts = store.events.stats([item])[item]
        assert (counts.viewers, counts.pleased, counts.views, counts.long_views) == (1, 1, 2, 1)
        assert (counts.loops, counts.watched_s) == (2, 13.0)  # of a video of six seconds
        assert counts.slow_pleased == pytest.approx(1 / 2, rel=0.01)
        assert counts.fast_viewers == pytest.approx(2**-7, rel=0.01)
        assert store.users.interests(user.id, 1).positives == (2,)  # one as before, and not a tentative one


def test_a_migration_whose_text_has_changed_is_refused(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrate(database_url)
    first, *rest = migrations()
    changed = Migration(first.number, first.name, first.sql + b"\n-- changed")
    monkeypatch.setattr(migrator, "migrations", lambda: [changed, *rest])
    with pytest.raises(MigrationError, match=first.name):
        migrate(database_url)


def test_a_database_of_a_newer_coldreel_is_refused(database_url: str) -> None:
    migrate(database_url)
    with psycopg.connect(database_url) as connection:
        connection.execute("insert into migrations values (9999, '9999_later.sql', 'x')")
    with pytest.raises(MigrationError, match=r"9999.*newer"):
        migrate(database_url)


def test_a_migration_that_fails_leaves_nothing_behind(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = Migration(9999, "9999_broken.sql", b"create table half (n int); select 1 / 0")
    known = migrations()
    monkeypatch.setattr(migrator, "migrations", lambda: [*known, broken])
    with pytest.raises(MigrationError, match="division by zero"):
        migrate(database_url)
    assert applied(database_url) == NAMES
    with psycopg.connect(database_url) as connection:
        assert connection.execute("select to_regclass('half')").fetchone() == (None,)


def test_tables_of_another_program_are_left_alone_and_told(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("create table items (theirs text)")
    with pytest.raises(MigrationError, match=r"items.*a database to itself"):
        migrate(database_url)
    with psycopg.connect(database_url) as connection:
        assert connection.execute("select to_regclass('ledger')").fetchone() == (None,)


def test_looking_at_what_is_missing_changes_nothing(database_url: str) -> None:
    _, missing = pending(database_url)
    assert missing == NAMES
    with psycopg.connect(database_url) as connection:
        assert connection.execute("select to_regclass('migrations')").fetchone() == (None,)
    migrate(database_url)
    assert pending(database_url)[1] == []


def test_a_user_who_may_not_make_tables_is_told_so(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("drop role if exists reader")
        connection.execute("create role reader login")
    with pytest.raises(MigrationError, match="may not make"):
        migrate(psycopg.conninfo.make_conninfo(database_url, user="reader"))


def test_on_a_migrated_database_rights_on_rows_are_enough(database_url: str) -> None:
    migrate(database_url)
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("drop role if exists writer")
        connection.execute("create role writer login")
        connection.execute("grant select, insert, update, delete on all tables in schema public to writer")
        connection.execute("grant execute on all functions in schema public to writer")
    with Store.open(psycopg.conninfo.make_conninfo(database_url, user="writer")) as store:
        item = taken_in(store, "a.mp4")  # the first of its space, whose tables are made
        placed = viewed(store, "ada", item.id, uuid7(datetime.now(UTC)))
        assert store.events.append([placed]) == {placed.event.event_id}
        store.database.execute(b"select make_partitions('2031-05-20'::timestamptz)")
        assert store.items.find("a.mp4").ref == item.ref


@pytest.mark.parametrize(
    "url",
    ["postgresql://127.0.0.1:1/nobody", "postgresql:///nobody?host=/nowhere", "no connection string"],
    ids=["refused", "no socket", "nonsense"],
)
def test_a_server_that_is_not_there_is_told_in_a_sentence(url: str) -> None:
    with pytest.raises(DatabaseError, match="COLDREEL_DATABASE_URL"):
        migrate(url)


def test_a_server_that_is_too_old_is_refused(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrator, "MIN_PGVECTOR", (99, 0))
    with pytest.raises(DatabaseTooOldError, match="pgvector"):
        migrate(database_url)
    monkeypatch.setattr(migrator, "MIN_POSTGRES", 99_00_00)
    with pytest.raises(DatabaseTooOldError, match="PostgreSQL"):
        migrate(database_url)


@pytest.fixture
def oldest_supported() -> Iterator[str]:
    """A PostgreSQL 16, which the wheel with the binaries brings too."""
    older = Binaries(binaries.find().folder.parents[1] / "pginstall" / "bin")
    if not Path(older.postgres).is_file() or not older.version().startswith("16."):
        pytest.skip("there are no binaries of PostgreSQL 16 here")
    with tempfile.TemporaryDirectory(prefix="coldreel-test-") as name:
        place = Folder.at(Path(name))
        place.root.chmod(0o755)
        who = identity.choose(place, older)
        os.chown(place.root, who.uid, who.gid)
        pgdata, sockets = str(place.pgdata), f"-c listen_addresses= -c unix_socket_directories={place.root}"
        pg_ctl = [str(older.folder / "pg_ctl"), "-D", pgdata, "-w"]
        for command in (
            [older.initdb, "-D", pgdata, "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C",
             "--no-sync"],
            [*pg_ctl, "start", "-o", sockets, "-l", str(place.log)],
        ):  # fmt: skip
            assert who.run(command, stdout=subprocess.DEVNULL).returncode == 0
        try:
            yield f"postgresql://postgres@/postgres?host={place.root}"
        finally:
            who.run([*pg_ctl, "stop", "-m", "immediate"], stdout=subprocess.DEVNULL)


def test_postgresql_16_is_new_enough(oldest_supported: str) -> None:
    with Store.open(oldest_supported) as store:
        version = store.database.value(b"show server_version")
        assert version.startswith("16.")
        space, vectors = space_of(store, 8), directions(50, 8)
        ids = many_items(store, space, vectors)
        assert store.vectors(space).similar(vectors[7], 3)[0].item == ids[7]
        placed = viewed(store, "ada", ids[7], uuid7(datetime.now(UTC)))
        assert store.events.append([placed]) == {placed.event.event_id}
        assert store.users.erase("ada")


def test_a_catalogue_of_the_first_versions_goes_on_in_its_space(database_url: str) -> None:
    migrate(database_url, upto=2)
    blocks = [{"name": b.name.removeprefix("signals."), "dimensions": b.dimensions, "weight": b.weight}
              for b in Signals.space.blocks]  # fmt: skip
    recipe = {"name": "signals-1", "template": "read", "blocks": blocks}
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "insert into spaces (name, recipe, dimensions, text_start, text_size, active)"
            " values ('signals-1', %s, 848, 1, 256, true)",
            [Jsonb(recipe)],
        )
    with Store.open(database_url) as store:
        space = store.spaces.active()
        assert space is not None
        assert space.recipe == Signals.space.recipe()
