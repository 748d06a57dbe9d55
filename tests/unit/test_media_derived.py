"""Files that coldreel makes from items."""

from __future__ import annotations

import os
import time
from pathlib import Path

from coldreel.media.derived import DerivedFiles

HASH = bytes(range(32))


def test_a_poster_is_written_whole_and_can_be_replaced(tmp_path: Path) -> None:
    files = DerivedFiles(tmp_path)
    files.put_pictures(HASH, b"first", b"strip")
    files.put_pictures(HASH, b"second", b"strip")
    assert files.poster(HASH).read_bytes() == b"second"
    assert {path for path in tmp_path.rglob("*") if path.is_file()} == {files.poster(HASH), files.strip(HASH)}


def test_only_old_leftovers_are_swept(tmp_path: Path) -> None:
    files = DerivedFiles(tmp_path)
    files.put_pictures(HASH, b"picture", b"strip")
    rendition = files.rendition(HASH)
    old, growing = rendition.with_name(".old.part"), rendition.with_name(".growing.part")
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
