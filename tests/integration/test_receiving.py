"""Files that are sent in: kept with their row, or not at all."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from psycopg import DataError
from small_disk import fill, needs_root, small_disk

from coldreel.errors import DiskFullError, EmptyFileError, TooLargeError
from coldreel.ingest.receiving import receive
from coldreel.model import Given
from coldreel.store.store import Store


def sent(store: Store, folder: Path, content: bytes = b"a film", title: str | None = None) -> int:
    given = Given(title=title)
    return receive(store, folder, io.BytesIO(content), "my film.mp4", given, max_bytes=1_000).source


def kept(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_a_file_is_kept_under_its_own_name_and_once(store: Store, tmp_path: Path) -> None:
    source = sent(store, tmp_path)
    before = kept(tmp_path)
    assert [Path(name).name for name in before][1:] == ["my film.mp4"]
    assert sent(store, tmp_path) == source
    assert kept(tmp_path) == before
    (claim,) = store.ledger.claim("worker", 5)
    assert Path(claim.uri or "").read_bytes() == b"a film"


@pytest.mark.parametrize(
    ("content", "title", "error"),
    [
        (b"", None, EmptyFileError),
        (bytes(1_001), None, TooLargeError),
        (b"a film", "a\0b", DataError),
    ],
    ids=["empty", "too large", "a title that no database takes"],
)
def test_nothing_is_kept_of_a_file_that_is_refused(
    store: Store, tmp_path: Path, content: bytes, title: str | None, error: type[Exception]
) -> None:
    with pytest.raises(error):
        sent(store, tmp_path, content, title)
    assert kept(tmp_path) == []
    assert store.ledger.progress().total == 0


def test_a_refused_title_does_not_take_away_the_same_file_sent_before(store: Store, tmp_path: Path) -> None:
    sent(store, tmp_path)
    before = kept(tmp_path)
    with pytest.raises(DataError):
        sent(store, tmp_path, title="a\0b")
    assert kept(tmp_path) == before


@needs_root
def test_without_room_it_is_told_and_nothing_is_kept(store: Store, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 1) as disk:
        fill(disk)
        with pytest.raises(DiskFullError) as told:
            sent(store, disk)
        assert kept(disk) == ["filler"]
    assert told.value.status == 507
