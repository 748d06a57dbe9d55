"""Files that coldreel makes from items."""

from __future__ import annotations

import os
import resource
import stat
import time
from pathlib import Path

import pytest

from coldreel.media.derived import DerivedFiles

HASH = bytes(range(32))


def test_a_poster_is_written_whole_and_can_be_replaced(tmp_path: Path) -> None:
    files = DerivedFiles(tmp_path)
    files.put_pictures(HASH, b"first", b"strip")
    files.put_pictures(HASH, b"second", b"strip")
    assert files.poster(HASH).read_bytes() == b"second"
    assert {path for path in tmp_path.rglob("*") if path.is_file()} == {files.poster(HASH), files.strip(HASH)}


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o077, 0o600)])
def test_pictures_may_be_read_as_any_new_file(tmp_path: Path, umask: int, mode: int) -> None:
    files, before = DerivedFiles(tmp_path), os.umask(umask)
    try:
        files.put_pictures(HASH, b"picture", b"strip")
    finally:
        os.umask(before)
    assert stat.S_IMODE(files.poster(HASH).stat().st_mode) == mode


def test_a_picture_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, before[1]))  # fails in the middle, as on a full disk
    try:
        with pytest.raises(OSError):
            DerivedFiles(tmp_path).put_pictures(HASH, bytes(5_000), b"strip")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_what_is_renamed_while_it_sweeps_is_no_trouble(tmp_path: Path) -> None:
    files = DerivedFiles(tmp_path)
    files.put_pictures(HASH, b"picture", b"strip")
    gone = files.rendition(HASH).with_name(".coldreel-gone.part")
    gone.symlink_to(tmp_path / "nowhere")  # listed, and not there when it is looked at
    assert files.sweep() == 0


def test_a_rendition_is_in_its_place_whole_and_a_draft_of_no_use_is_gone(tmp_path: Path) -> None:
    files = DerivedFiles(tmp_path)
    with files.draft(HASH) as draft:
        draft.write_bytes(b"half a fi")
    with files.draft(HASH) as draft:
        draft.write_bytes(b"film")
        files.put_rendition(HASH, draft)
    assert files.rendition(HASH).read_bytes() == b"film"
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [files.rendition(HASH)]


def test_only_old_leftovers_are_swept(tmp_path: Path) -> None:
    files = DerivedFiles(tmp_path)
    files.put_pictures(HASH, b"picture", b"strip")
    rendition = files.rendition(HASH)
    old, growing = rendition.with_name(".coldreel-old.part"), rendition.with_name(".coldreel-growing.part")
    for path in (rendition, old, growing):
        path.write_bytes(b"x")
    for path in (rendition, old):
        os.utime(path, (time.time() - 7200,) * 2)
    assert files.sweep(older_than_s=3600) == 1
    assert not old.exists()
    assert growing.exists() and rendition.exists() and files.poster(HASH).exists()


def test_removing_an_item_removes_all_that_was_made_of_it(tmp_path: Path) -> None:
    files = DerivedFiles(tmp_path)
    files.put_pictures(HASH, b"picture", b"strip")
    files.rendition(HASH).write_bytes(b"film")
    files.remove(HASH)
    files.remove(HASH)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
