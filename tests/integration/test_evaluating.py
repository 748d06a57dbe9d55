"""`coldreel evaluate` over real rows: tables, JSON and pictures."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from learning_rows import tasteful, write
from store_rows import directions, many_items, space_of
from typer.testing import CliRunner, Result

from coldreel.cli.application import app
from coldreel.store.store import Store

SHOWINGS = 600


def _evaluate(store: Store, folder: Path, *more: str) -> Result:
    settings = {
        "COLDREEL_DATABASE_URL": store.database.url,
        "COLDREEL_DATA_DIR": str(folder),
        "COLUMNS": "200",
    }
    result = CliRunner().invoke(app, ["evaluate", *more], env=settings)
    assert result.exit_code == 0, result.output
    return result


@pytest.fixture
def watched(store: Store) -> Store:
    items = many_items(store, space_of(store), directions(20))
    users = [store.users.ensure(f"user-{n}") for n in range(40)]
    write(store, tasteful(users, items, SHOWINGS, 5, np.random.default_rng(0), datetime.now(UTC)))
    return store


def test_the_feed_is_judged_by_what_people_did(watched: Store, tmp_path: Path) -> None:
    said = _evaluate(watched, tmp_path / "data")
    lines = said.stdout.splitlines()
    assert lines[1].split()[:3] == ["main", str(SHOWINGS), "40"]
    assert [line.split("  ")[0] for line in lines[4:]] == ["shipped", "fitted anew"]
    assert "Compared on the latest" in said.stderr


def test_as_json_it_has_no_number_that_is_none(watched: Store, tmp_path: Path) -> None:
    found: dict[str, Any] = json.loads(_evaluate(watched, tmp_path / "data", "--json").stdout)
    assert (found["showings"], found["viewers"]) == (SHOWINGS, 40)
    assert [ranking["value"] for ranking in found["rankings"]] == [None, None]  # no place was random
    assert len(found["rankings"][0]["calibration"]["observed"]) == 10
    assert sum(share["showings"] for _, share in found["days"]) == SHOWINGS


def test_it_is_drawn(watched: Store, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    said = _evaluate(watched, tmp_path / "data", "--plot", str(tmp_path / "out"))
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == ["evaluation.png", "evaluation.svg"]
    assert "evaluation.svg" in said.stderr


def test_before_anything_was_seen_it_says_so(store: Store, tmp_path: Path) -> None:
    assert "There is nothing to judge by yet" in _evaluate(store, tmp_path / "data").stderr
    assert (
        json.loads(_evaluate(store, tmp_path / "data", "--json").stdout)["overall"]["pleased"]["value"]
        is None
    )
