"""The CSV with what a person knows of the files."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from coldreel.errors import SourceError
from coldreel.ingest.metadata import MetadataFile, read_metadata, split_tags
from coldreel.model import Given, Listing


def csv_file(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "metadata.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_every_column_is_kept_as_given(tmp_path: Path) -> None:
    path = csv_file(
        tmp_path,
        "file,title,tags,creator,language,created_at,ref\n"
        'a.mp4,"Cats, again",cat; #cute,Ada,en,2026-01-31T10:00:00+02:00,0001\n',
    )
    assert read_metadata(path) == MetadataFile(
        {
            "a.mp4": Given(
                title="Cats, again",
                tags=("cat", "cute"),
                creator="Ada",
                language="en",
                created_at=datetime.fromisoformat("2026-01-31T10:00:00+02:00"),
                ref="0001",
            )
        },
        (),
    )


def test_empty_cells_and_missing_columns_mean_nothing_given(tmp_path: Path) -> None:
    path = csv_file(tmp_path, "title,file\n ,a.mp4\nB,b.mp4\nC\n")
    metadata = read_metadata(path)
    assert metadata.rows == {"a.mp4": Given(), "b.mp4": Given(title="B")}
    assert len(metadata.problems) == 1


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (",title,", "file is empty"),
        ("first.mp4,again,", "twice"),
        ("a.mp4,x,yesterday", "yesterday"),
        ("a.mp4,zero\0byte,", "zero byte"),
    ],
)
def test_a_bad_row_is_named_and_the_others_are_taken(tmp_path: Path, row: str, told: str) -> None:
    path = csv_file(tmp_path, f"file,title,created_at\nfirst.mp4,one,\n{row}\nlast.mp4,two,2026-01-31\n")
    metadata = read_metadata(path)
    assert {name: given.title for name, given in metadata.rows.items()} == {
        "first.mp4": "one",
        "last.mp4": "two",
    }
    (problem,) = metadata.problems
    assert told in problem
    assert "metadata.csv:3" in problem


@pytest.mark.parametrize("ref", ["a/b", "..", ".", "a\x07b", "x" * 201], ids=lambda ref: ref[:4])
def test_a_ref_that_no_address_can_hold_is_named(tmp_path: Path, ref: str) -> None:
    metadata = read_metadata(csv_file(tmp_path, f"file,ref\na.mp4,{ref}\nb.mp4,Hobby 電 #1?\n"))
    assert metadata.rows == {"b.mp4": Given(ref="Hobby 電 #1?")}
    (problem,) = metadata.problems
    assert "metadata.csv:2: the ref" in problem


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"name,title\na,b\n", "name"),
        (b"title\nb\n", "no column file"),
        (b"", "no column file"),
        ("file,title\nä,b\n".encode("latin-1"), "UTF-8"),
        (b"file\n" + b'"' + b"x" * 200_000 + b'"\n', "CSV"),
    ],
    ids=["unknown column", "no file", "empty", "latin-1", "endless cell"],
)
def test_a_file_of_no_use_is_told(tmp_path: Path, content: bytes, told: str) -> None:
    with pytest.raises(SourceError, match=told):
        read_metadata(csv_file(tmp_path, content))


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"nowhere\.csv"):
        read_metadata(tmp_path / "nowhere.csv")


def test_a_byte_order_mark_is_no_part_of_the_first_column(tmp_path: Path) -> None:
    assert read_metadata(csv_file(tmp_path, "\ufefffile,title\na.mp4,A\n")).rows["a.mp4"].title == "A"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-31", datetime(2026, 1, 31, tzinfo=UTC)),
        ("20260131T12Z", datetime(2026, 1, 31, 12, tzinfo=UTC)),
    ],
)
def test_a_date_without_a_zone_is_of_utc(tmp_path: Path, text: str, moment: datetime) -> None:
    metadata = read_metadata(csv_file(tmp_path, f"file,created_at\na.mp4,{text}\n"))
    assert metadata.rows["a.mp4"].created_at == moment


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("", ()),
        ("cat", ("cat",)),
        ("cat, dog", ("cat", "dog")),
        ("cat; black, white;dog", ("cat", "black, white", "dog")),
        ("a|b|", ("a", "b")),
        ("#cat,#dog", ("cat", "dog")),
        (" , ;", (",",)),
    ],
)
def test_tags_are_split_at_the_first_separator_that_occurs(text: str, tags: tuple[str, ...]) -> None:
    assert split_tags(text) == tags


@pytest.mark.parametrize(
    ("row", "uri", "found"),
    [
        ("a.mp4", "/x/y/a.mp4", True),
        ("y/a.mp4", "/x/y/a.mp4", True),
        ("/x/y/a.mp4", "/x/y/a.mp4", True),
        ("z/a.mp4", "/x/y/a.mp4", False),
        ("A.mp4", "/x/y/a.mp4", False),
        ("y/a.mp4", "s3://bucket/y/a.mp4", True),
    ],
)
def test_a_row_is_found_by_path_its_end_or_the_name(row: str, uri: str, found: bool) -> None:
    given = Given(title="T")
    (listing,) = MetadataFile({row: given}, ()).attach([Listing(uri, "1")])
    assert listing.given == (given if found else Given())


def test_the_most_exact_row_wins() -> None:
    rows = {"a.mp4": Given(title="any"), "y/a.mp4": Given(title="that one")}
    listings = MetadataFile(rows, ()).attach([Listing("/x/y/a.mp4", "1"), Listing("/x/z/a.mp4", "1")])
    assert [listing.given.title for listing in listings] == ["that one", "any"]


def test_rows_without_a_file_are_known_after_the_listing() -> None:
    metadata = MetadataFile({"a.mp4": Given(title="A"), "b.mp4": Given(title="B")}, ())
    list(metadata.attach([Listing("/x/a.mp4", "1")]))
    assert metadata.unmatched == ["b.mp4"]
