"""Locks and folders of the embedded server."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

import pytest

from coldreel.errors import DataFolderError
from coldreel.store.embedded.folder import LOG_BYTES, SOCKET_NAME, SOCKET_PATH_BYTES, Folder
from coldreel.store.embedded.locks import take


@pytest.fixture
def lock_file(tmp_path: Path) -> Path:
    (tmp_path / "lock").touch()
    return tmp_path / "lock"


@pytest.mark.parametrize(
    ("first_shares", "second_shares", "both_get_it"),
    [(True, True, True), (True, False, False), (False, True, False), (False, False, False)],
)
def test_a_lock_is_shared_only_among_those_who_share(
    lock_file: Path, first_shares: bool, second_shares: bool, both_get_it: bool
) -> None:
    first = take(lock_file, shared=first_shares)
    second = take(lock_file, shared=second_shares)
    assert first is not None
    assert (second is not None) is both_get_it
    for lock in (first, second):
        if lock is not None:
            lock.release()
    with take(lock_file) or pytest.fail("a released lock is free"):
        pass


def test_a_lock_is_held_for_as_long_as_the_child_that_got_it(lock_file: Path) -> None:
    lock = take(lock_file)
    assert lock is not None
    with (
        subprocess.Popen(["sleep", "600"], pass_fds=(lock.fd,)) as heir,
        subprocess.Popen(["sleep", "600"]) as other,
    ):
        lock.release()
        assert take(lock_file) is None
        heir.kill()
        heir.wait()
        again = take(lock_file, wait_s=5)
        other.kill()
    assert again is not None
    again.release()


def test_a_missing_lock_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        take(tmp_path / "lock")
    assert not (tmp_path / "lock").exists()


@pytest.mark.parametrize("spare_bytes", [0, -1])
def test_a_socket_moves_out_of_a_folder_that_is_one_byte_too_long(
    tmp_path: Path, spare_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    used = len(os.fsencode(tmp_path / "x" / "run" / SOCKET_NAME)) - 1
    place = Folder.at(tmp_path / ("x" * (SOCKET_PATH_BYTES - used - spare_bytes)))
    place.prepare()
    folder = place.socket_folder(os.geteuid(), os.getegid())
    assert folder == (place.root / "run" if spare_bytes == 0 else tmp_path / place.name)
    assert folder.stat().st_mode & 0o777 == 0o700


def test_no_place_for_a_socket_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / ("y" * 100)))
    place = Folder.at(tmp_path / ("x" * 100))
    with pytest.raises(DataFolderError, match="TMPDIR"):
        place.socket_folder(os.geteuid(), os.getegid())


def test_a_link_in_place_of_the_socket_folder_is_refused(tmp_path: Path) -> None:
    place = Folder.at(tmp_path / "data")
    place.prepare()
    (tmp_path / "elsewhere").mkdir(mode=0o755)
    (place.root / "run").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DataFolderError, match="something else is in its place"):
        place.socket_folder(os.geteuid(), os.getegid())
    assert (tmp_path / "elsewhere").stat().st_mode & 0o777 == 0o755


def test_a_long_log_is_put_aside_and_a_short_one_goes_on(tmp_path: Path) -> None:
    place = Folder.at(tmp_path)
    assert place.begin_log() == 0
    place.log.write_text("a line\n")
    assert place.begin_log() == len("a line\n")
    place.log.write_bytes(b"x" * (LOG_BYTES + 1))
    assert place.begin_log() == 0
    assert not place.log.exists()
    assert (tmp_path / "postgres.log.1").stat().st_size == LOG_BYTES + 1
