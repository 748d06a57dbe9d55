"""The embedded server from its first user to its last."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
from embedded_user import User, cleaned, eventually, keepers_of, running_in, users

from coldreel.errors import DatabaseError
from coldreel.store.embedded.server import EmbeddedServer, status, stop

needs_proc = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc")


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    with cleaned(tmp_path / "data") as folder:
        yield folder


def ask(conninfo: str, query: str) -> str:
    with psycopg.connect(conninfo) as connection:
        row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return str(row[0])


def starts(data_dir: Path) -> int:
    return (data_dir / "postgres.log").read_text().count("LOG:  starting PostgreSQL")


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        ("select current_database()", "coldreel"),
        ("select '[1,2]'::vector <#> '[3,4]'::vector", "-11.0"),
        ("select substr(extversion, 1, 3) from pg_extension where extname = 'vector'", "0.8"),
        ("show server_encoding", "UTF8"),
        ("show timezone", "UTC"),
        ("show listen_addresses", ""),
        ("show fsync", "on"),
    ],
)
def test_the_server_is_as_promised(one_server: str, query: str, answer: str) -> None:
    assert ask(one_server, query) == answer


@pytest.fixture(scope="module")
def one_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with cleaned(tmp_path_factory.mktemp("one") / "data") as folder, EmbeddedServer(folder) as conninfo:
        yield conninfo


def test_a_second_user_joins_the_server_of_the_first(data_dir: Path) -> None:
    with EmbeddedServer(data_dir) as first, EmbeddedServer(data_dir) as second:
        assert first == second
        assert starts(data_dir) == 1
        assert eventually(lambda: len(keepers_of(data_dir)) == 1)


def test_four_processes_that_start_at_once_share_one_server(data_dir: Path) -> None:
    with users(*(User(data_dir) for _ in range(4))) as four:
        conninfos = {user.conninfo() for user in four}
        assert len(conninfos) == 1
        assert ask(conninfos.pop(), "select 1") == "1"
    assert starts(data_dir) == 1
    assert eventually(lambda: len(keepers_of(data_dir)) == 1)


def test_the_keeper_stops_the_server_after_the_last_user_and_goes(data_dir: Path) -> None:
    with EmbeddedServer(data_dir, idle_s=1):
        assert eventually(lambda: len(keepers_of(data_dir)) == 1)
    assert eventually(lambda: not running_in(data_dir))
    assert "database system is shut down" in (data_dir / "postgres.log").read_text()


def test_nothing_is_left_when_every_user_was_killed(data_dir: Path) -> None:
    with users(User(data_dir, idle_s=1), User(data_dir, idle_s=1)) as both:
        for user in both:
            user.conninfo()
        for user in both:
            user.kill()
    assert eventually(lambda: not running_in(data_dir))


def test_a_user_who_arrives_in_between_keeps_the_server(data_dir: Path) -> None:
    with EmbeddedServer(data_dir, idle_s=1):
        pass
    with EmbeddedServer(data_dir, idle_s=1) as conninfo, psycopg.connect(conninfo) as connection:
        time.sleep(3)  # three times as long as the keeper waits when nobody is there
        assert connection.execute("select 1").fetchone() == (1,)
    assert starts(data_dir) == 1
    assert eventually(lambda: not running_in(data_dir))


def test_a_visit_too_short_to_be_noticed_still_counts(data_dir: Path) -> None:
    with EmbeddedServer(data_dir, idle_s=2):
        pass
    for _ in range(40):  # for four seconds nobody stays longer than an instant
        with EmbeddedServer(data_dir, idle_s=2):
            pass
        time.sleep(0.1)
    assert starts(data_dir) == 1


def test_a_user_who_arrives_after_the_stop_gets_a_new_server(data_dir: Path) -> None:
    with EmbeddedServer(data_dir, idle_s=0) as conninfo, psycopg.connect(conninfo) as connection:
        connection.execute("create table kept (n int)")
    assert eventually(lambda: not running_in(data_dir))
    with EmbeddedServer(data_dir) as conninfo:
        assert ask(conninfo, "select count(*) from kept") == "0"


def test_users_come_and_go_while_the_keeper_stops_again_and_again(data_dir: Path) -> None:
    for _ in range(8):
        with EmbeddedServer(data_dir, idle_s=0) as conninfo:
            assert ask(conninfo, "select 1") == "1"
        time.sleep(0.3)
    assert eventually(lambda: not running_in(data_dir))


@pytest.mark.parametrize("moment", ["at the next arrival", "when a user leaves"])
def test_a_killed_keeper_is_replaced(data_dir: Path, moment: str) -> None:
    with EmbeddedServer(data_dir, idle_s=1):
        assert eventually(lambda: len(keepers_of(data_dir)) == 1)
        (killed,) = keepers_of(data_dir)
        killed.kill()
        assert eventually(lambda: killed not in keepers_of(data_dir))
        if moment == "at the next arrival":
            with EmbeddedServer(data_dir, idle_s=1):
                assert eventually(lambda: len(keepers_of(data_dir)) == 1)
    assert eventually(lambda: not running_in(data_dir))


def test_stop_stops_the_server_under_its_users_and_the_keeper_with_it(data_dir: Path) -> None:
    with EmbeddedServer(data_dir) as conninfo, psycopg.connect(conninfo) as connection:
        assert stop(data_dir)
        with pytest.raises(psycopg.OperationalError):
            connection.execute("select 1")
        assert eventually(lambda: not running_in(data_dir))
        assert not stop(data_dir)
    with EmbeddedServer(data_dir) as conninfo:
        assert ask(conninfo, "select 1") == "1"


def test_an_interrupt_at_the_terminal_ends_the_user_alone(data_dir: Path) -> None:
    with users(User(data_dir)) as (user,):
        user.conninfo()
        os.killpg(user.pid, signal.SIGINT)
        user.process.communicate()
    assert status(data_dir).running
    assert eventually(lambda: len(keepers_of(data_dir)) == 1)


def test_stop_knows_a_folder_where_nothing_ever_ran(data_dir: Path) -> None:
    assert not stop(data_dir)
    assert not data_dir.exists()


def test_status_tells_what_runs(data_dir: Path) -> None:
    before = status(data_dir)
    assert (before.running, before.pid, before.socket_dir) == (False, None, None)
    assert not data_dir.exists()
    with EmbeddedServer(data_dir) as conninfo:
        during = status(data_dir)
        assert during.running
        assert during.pid in {process.pid for process in running_in(data_dir)}
        assert ask(conninfo, "show server_version") == during.version
        assert ask(conninfo, "show unix_socket_directories").strip('"') == str(during.socket_dir)
        assert during.log.is_file()
    stop(data_dir)
    assert not status(data_dir).running


@needs_proc
def test_no_lock_of_a_user_leaks_into_the_server_or_the_keeper(data_dir: Path) -> None:
    with EmbeddedServer(data_dir):
        assert eventually(lambda: len(keepers_of(data_dir)) == 1)
        keeper = keepers_of(data_dir)[0]
        servers = [process for process in running_in(data_dir) if process != keeper]
        assert [locks_open_in(process) for process in servers] == [{"server"}] * len(servers)
        # It opens the others for an instant, twice a second, to try them.
        assert eventually(lambda: locks_open_in(keeper) == {"keeper"})


def locks_open_in(process: psutil.Process) -> set[str]:
    names = set()
    for entry in Path(f"/proc/{process.pid}/fd").iterdir():
        try:
            target = entry.readlink()
        except FileNotFoundError:
            continue
        if target.parent.name == "locks":
            names.add(target.name)
    return names


def test_the_keeper_loads_nothing_heavy() -> None:
    program = "import sys, coldreel.store.embedded.keeper; print(*sys.modules)"
    source = str(Path(__file__).resolve().parents[2] / "src")
    answer = subprocess.run(
        [sys.executable, "-S", "-P", "-c", program],
        env=os.environ | {"PYTHONPATH": source}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    loaded = {name.partition(".")[0] for name in answer.stdout.split()}
    assert loaded - sys.stdlib_module_names - {"__main__", "__mp_main__"} == {"coldreel"}


def test_an_error_leaves_no_lock_behind(data_dir: Path) -> None:
    (data_dir / "postgres").mkdir(parents=True)
    (data_dir / "postgres" / "PG_VERSION").write_text("17\n")
    with pytest.raises(DatabaseError, match="PostgreSQL 17"), EmbeddedServer(data_dir):
        pass
    (data_dir / "postgres" / "PG_VERSION").unlink()
    with EmbeddedServer(data_dir) as conninfo:
        assert ask(conninfo, "select 1") == "1"
