"""The embedded server after processes were killed at bad moments."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import psycopg
import pytest
from embedded_user import User, cleaned, eventually, keepers_of, kill_all, running_in, users

from coldreel.store.embedded.server import EmbeddedServer, status, stop


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    with cleaned(tmp_path / "data") as folder:
        yield folder


def write_a_row(conninfo: str) -> None:
    with psycopg.connect(conninfo) as connection:
        connection.execute("create table if not exists kept (n int)")
        connection.execute("insert into kept values (42)")


def read_the_row(conninfo: str) -> int:
    with psycopg.connect(conninfo) as connection:
        row = connection.execute("select n from kept").fetchone()
    assert row is not None
    return int(row[0])


def server_pid(data_dir: Path) -> int:
    pid = status(data_dir).pid
    assert pid is not None
    return pid


def owner_of(data_dir: Path) -> int:
    """Who the server runs as."""
    return (data_dir / "postgres").stat().st_uid


def test_a_killed_server_comes_back_with_what_was_committed(data_dir: Path) -> None:
    with EmbeddedServer(data_dir) as conninfo:
        write_a_row(conninfo)
        os.kill(server_pid(data_dir), signal.SIGKILL)
        # At once: the old sessions may still be there, and the killed server a zombie.
        with EmbeddedServer(data_dir) as conninfo_after:
            assert read_the_row(conninfo_after) == 42
            assert eventually(lambda: len(keepers_of(data_dir)) == 1)


def test_a_server_killed_while_nobody_uses_it_takes_its_keeper_along(data_dir: Path) -> None:
    with EmbeddedServer(data_dir, idle_s=60):
        assert eventually(lambda: len(keepers_of(data_dir)) == 1)
    os.kill(server_pid(data_dir), signal.SIGKILL)
    assert eventually(lambda: not running_in(data_dir))


def test_everything_killed_at_once_comes_back(data_dir: Path) -> None:
    with users(User(data_dir), User(data_dir)) as both:
        for user in both:
            write_a_row(user.conninfo())
        kill_all(data_dir)
        for user in both:
            user.kill()
    with EmbeddedServer(data_dir, idle_s=1) as conninfo:
        assert read_the_row(conninfo) == 42
    assert eventually(lambda: not running_in(data_dir))


def test_sessions_that_outlive_the_server_do_not_block_the_next(data_dir: Path) -> None:
    if not Path("/proc").exists():
        pytest.skip("needs /proc to tell whose sessions they are")
    with EmbeddedServer(data_dir) as conninfo:
        write_a_row(conninfo)
        connection = psycopg.connect(conninfo)
        orphan = psutil.Process(connection.info.backend_pid)
        # Sent without waiting: it never ends and never looks whether its server lives.
        connection.pgconn.send_query(b"do $$ begin loop null; end loop; end $$")
        connection.pgconn.flush()
        assert eventually(lambda: orphan.status() == psutil.STATUS_RUNNING)
        os.kill(server_pid(data_dir), signal.SIGKILL)
        with EmbeddedServer(data_dir) as conninfo_after:
            assert read_the_row(conninfo_after) == 42
        assert not orphan.is_running() or orphan.status() == psutil.STATUS_ZOMBIE
        connection.close()


@pytest.fixture
def killed(data_dir: Path) -> Path:
    """A folder whose server was killed, so that its pid file is still there."""
    with EmbeddedServer(data_dir) as conninfo:
        write_a_row(conninfo)
        kill_all(data_dir)
        assert eventually(lambda: not running_in(data_dir))
    return data_dir


def claim(data_dir: Path, pid: int) -> None:
    """Let the files that a killed server left name another process, as after a restart of the machine."""
    lock_files = [data_dir / "postgres" / "postmaster.pid", *data_dir.glob("run/.*.lock")]
    assert len(lock_files) > 1 or not (data_dir / "run").exists()
    for file in lock_files:
        rest = file.read_text().partition("\n")[2]
        file.write_text(f"{pid}\n{rest}")


def test_a_pid_that_now_belongs_to_another_program_is_left_alone(killed: Path) -> None:
    uid = owner_of(killed)
    with subprocess.Popen(["sleep", "600"], user=None if uid == os.geteuid() else uid) as stranger:
        try:
            claim(killed, stranger.pid)
            assert not status(killed).running
            assert not stop(killed)
            with EmbeddedServer(killed) as conninfo:
                assert read_the_row(conninfo) == 42
                assert stop(killed)
            assert stranger.poll() is None
        finally:
            stranger.kill()


def test_a_pid_that_belongs_to_a_zombie_is_no_server(killed: Path) -> None:
    uid = owner_of(killed)
    zombie = subprocess.Popen(["true"], user=None if uid == os.geteuid() else uid)
    try:
        assert eventually(lambda: psutil.Process(zombie.pid).status() == psutil.STATUS_ZOMBIE)
        claim(killed, zombie.pid)
        assert not status(killed).running
        with EmbeddedServer(killed) as conninfo:
            assert read_the_row(conninfo) == 42
    finally:
        zombie.wait()


def test_another_postgresql_with_our_pid_is_left_alone(killed: Path, tmp_path: Path) -> None:
    with cleaned(tmp_path / "other") as other, EmbeddedServer(other) as other_conninfo:
        claim(killed, server_pid(other))
        assert not status(killed).running
        with EmbeddedServer(killed) as conninfo:
            assert read_the_row(conninfo) == 42
            assert stop(killed)
        write_a_row(other_conninfo)
        assert read_the_row(other_conninfo) == 42


@pytest.mark.parametrize("with_children", [True, False], ids=["and its children", "alone"])
def test_a_first_start_that_was_killed_half_way_begins_again(data_dir: Path, with_children: bool) -> None:
    with users(User(data_dir)) as (user,):
        assert eventually(lambda: (data_dir / "postgres.new" / "PG_VERSION").exists())
        children = psutil.Process(user.pid).children(recursive=True) if with_children else []
        user.kill()
        for child in children:
            with suppress(psutil.NoSuchProcess):  # some end by themselves when their parent is gone
                child.kill()
    assert not (data_dir / "postgres").exists()
    with EmbeddedServer(data_dir) as conninfo:
        write_a_row(conninfo)
        assert read_the_row(conninfo) == 42
    assert not (data_dir / "postgres.new").exists()


def test_users_killed_at_any_moment_of_a_start_leave_a_folder_that_works(data_dir: Path) -> None:
    for moment in range(12):
        with users(User(data_dir, idle_s=0)) as (user,):
            time.sleep(0.1 * moment)
            user.kill()
    with EmbeddedServer(data_dir, idle_s=0) as conninfo:
        write_a_row(conninfo)
        assert read_the_row(conninfo) == 42
    assert eventually(lambda: not running_in(data_dir))
