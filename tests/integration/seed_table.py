"""The table of the seed, where it is, and small ones made by hand."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import pytest

from coldreel.ingest.tables import COLUMNS
from coldreel.model import Vector
from public_data import ABSENT, DATA

SEED = DATA / "seed" / "final_df.csv"


def seed() -> Path:
    """final_df.csv; a test that asks for it is skipped where it is not."""
    if not SEED.is_file():
        pytest.skip(ABSENT)
    return SEED


def cells(file: str, vector: Vector, title: str = "A short", **more: str) -> dict[str, str]:
    """One row; the words are the same in all but for what is given."""
    return {
        "title": title,
        "tags": "['tag']",
        "genres": "['Genre']",
        "description": "Seen elsewhere.",
        "file": file,
        "embedding": str(vector.tolist()),
        "cosine_similarity": "",
        **more,
    }


def table(path: Path, rows: Sequence[dict[str, str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return path
