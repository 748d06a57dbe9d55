"""Rows of a table are taken as they stand, or passed over with the line and the reason."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from coldreel.errors import SourceError
from coldreel.ingest.tables import COLUMNS, LONGEST_TEXT, Problem, TableRow, read_table

SOUND = {
    "title": "A river",
    "tags": "['river', 'gorge']",
    "genres": "['Nature']",
    "description": "It flows.",
    "file": "river.mp4",
    "embedding": "[0.6, 0.8]",
    "cosine_similarity": "0.25",
}


def written(path: Path, *rows: dict[str, str], columns: tuple[str, ...] = COLUMNS) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows([[row[column] for column in columns] for row in rows])
    return path


def test_a_row_is_read_as_it_stands(tmp_path: Path) -> None:
    (row,) = read_table(written(tmp_path / "t.csv", SOUND))
    assert isinstance(row, TableRow)
    assert (row.line, row.file, row.title, row.description) == (2, "river.mp4", "A river", "It flows.")
    assert (row.tags, row.genres, row.cosine_similarity) == (("river", "gorge"), ("Nature",), 0.25)
    assert row.vector.dtype == np.float32
    assert row.vector.tolist() == np.array([0.6, 0.8], np.float32).tolist()


@pytest.mark.parametrize(
    ("column", "cell", "reason"),
    [
        ("tags", "['river'", "tags is no list"),
        ("tags", "river", "tags is no list"),
        ("tags", "{'river': 1}", "tags is no list"),
        ("tags", "__import__('os').system('true')", "tags is no list"),
        ("tags", "[1, 2]", "tags holds something else than words"),
        ("genres", r"['\ud800']", "genres holds a character"),
        ("genres", r"['a\x00']", "genres holds a character"),
        ("title", "x" * (LONGEST_TEXT + 1), "title has 20,001 characters"),
        ("description", "a\0b", "description holds a character"),
        ("file", "", "the column file is empty"),
        ("file", "folder/..", "cannot be part of an address"),
        ("embedding", "", "the column embedding is empty"),
        ("embedding", "[]", "must be a list of numbers"),
        ("embedding", "[0.6, True]", "must be a list of numbers"),
        ("embedding", "[0.6, 'x']", "must be a list of numbers"),
        ("embedding", "[0.6, nan]", "embedding is no list"),
        ("embedding", "[0.6, 1e999]", "not finite"),
        ("embedding", "[0.6, 1e39]", "not finite"),
        ("embedding", f"[0.6, 1{'0' * 400}]", "not finite"),
        ("embedding", "[0.0, 0.0]", "is zero"),
        ("embedding", f"[{'0.1, ' * 1001}]", "1001 dimensions; 1000 are the most"),
        ("embedding", "[" * 5000 + "]" * 5000, "embedding is no list"),
        ("cosine_similarity", "near", "not a number"),
        ("cosine_similarity", "nan", "not finite"),
    ],
    ids=lambda value: value[:24],
)
def test_a_broken_row_is_named_and_costs_no_other(
    tmp_path: Path, column: str, cell: str, reason: str
) -> None:
    broken, sound = read_table(written(tmp_path / "t.csv", SOUND | {column: cell}, SOUND))
    assert isinstance(broken, Problem)
    assert broken.line == 2
    assert reason in broken.reason
    assert isinstance(sound, TableRow)


def test_the_line_named_is_the_one_where_the_row_begins(tmp_path: Path) -> None:
    long = SOUND | {"description": "one\ntwo\nthree"}
    _, broken = read_table(written(tmp_path / "t.csv", long, long | {"tags": "?"}))
    assert broken.line == 5


def test_a_row_of_too_few_cells_is_named(tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", SOUND)
    path.write_text(path.read_text() + "only,three,cells\n")
    _, broken = read_table(path)
    assert broken == Problem(3, "it has 3 cells, and the table 7 columns")


def test_bytes_that_are_no_text_spoil_their_own_row_only(tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", SOUND | {"title": "bad"}, SOUND)
    path.write_bytes(path.read_bytes().replace(b"bad", b"\xff\xfe"))
    broken, sound = read_table(path)
    assert broken == Problem(2, "title is not UTF-8")
    assert isinstance(sound, TableRow)


def test_a_cell_without_end_does_not_fill_the_memory(tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", SOUND)
    path.write_text(path.read_text() + '"' + "x" * 200_000 + "\n")
    first, broken, *_ = read_table(path)
    assert isinstance(first, TableRow)
    assert isinstance(broken, Problem)
    assert "no CSV" in broken.reason


def test_a_vector_of_another_length_is_scaled_and_one_of_nearly_one_is_kept(tmp_path: Path) -> None:
    near = "[0.6, 0.8003]"
    table = written(tmp_path / "t.csv", SOUND | {"embedding": near}, SOUND | {"embedding": "[3, 4]"})
    kept, scaled = read_table(table)
    assert isinstance(kept, TableRow)
    assert isinstance(scaled, TableRow)
    assert kept.vector.tolist() == np.array([0.6, 0.8003], np.float32).tolist()
    assert np.allclose(scaled.vector, [0.6, 0.8])


def test_the_similarity_may_be_missing_and_other_columns_are_passed_over(tmp_path: Path) -> None:
    columns = ("note", *COLUMNS[:-1])
    (row,) = read_table(written(tmp_path / "t.csv", SOUND | {"note": "mine"}, columns=columns))
    assert isinstance(row, TableRow)
    assert row.cosine_similarity is None


def test_a_table_without_a_column_is_refused_with_its_name(tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", SOUND, columns=("title", "file"))
    with pytest.raises(SourceError, match="lacks the columns tags, genres, description, embedding"):
        list(read_table(path))


def test_a_table_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="check the path"):
        list(read_table(tmp_path / "nothing.csv"))
