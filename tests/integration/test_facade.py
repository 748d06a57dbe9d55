"""`Coldreel` from Python, as in a notebook."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from coldreel import Coldreel
from coldreel.app.rows import FeedRow, SearchRow, SimilarRow
from coldreel.errors import (
    DatabaseError,
    InvalidRequestError,
    MigrationError,
    NothingToDoError,
    SettingsError,
    SourceError,
    UnknownItemError,
)
from coldreel.media.demo import DemoShort
from coldreel.model import Event, EventKind, Progress, State
from coldreel.store.embedded.server import stop
from event_ids import uuid7


@pytest.fixture(scope="module")
def notebook(tmp_path_factory: pytest.TempPathFactory, demo_clips: list[DemoShort]) -> Iterator[Coldreel]:
    """A new catalogue of three shorts, taken in as a person would."""
    folder = tmp_path_factory.mktemp("note book") / "data"
    with Coldreel(data_dir=str(folder), workers=2) as cr:
        seen: list[Progress] = []
        ended = cr.ingest(*(short.path for short in demo_clips[:3]), on_progress=seen.append)
        assert (ended.ready, ended.open, ended.total) == (3, 0, 3)
        assert ended.seconds > 0
        assert seen[-1].ready == 3
        yield cr
    stop(folder)


def test_similar_items_are_rows_and_a_data_frame(notebook: Coldreel, demo_clips: list[DemoShort]) -> None:
    rows = notebook.similar(demo_clips[0].path.name, k=5)
    assert [type(row) for row in rows] == [SimilarRow] * 3  # there are no more
    assert rows[0].file == demo_clips[0].path.name
    frame = rows.to_pandas()
    assert list(frame.columns) == ["ref", "file", "title", "cosine_similarity"]
    assert frame["cosine_similarity"].iloc[0] == 1.0
    assert frame["cosine_similarity"].is_monotonic_decreasing


def test_an_item_is_named_by_its_ref_or_its_file(notebook: Coldreel, demo_clips: list[DemoShort]) -> None:
    by_file = notebook.item(demo_clips[1].path.name)
    assert notebook.item(by_file.ref) == by_file
    with pytest.raises(UnknownItemError, match="nearest"):
        notebook.similar("nothing")


def test_search_answers_with_rows(notebook: Coldreel) -> None:
    rows = notebook.search("fish")
    assert [type(row) for row in rows] == [SearchRow] * len(rows)
    assert "sh" in rows[0].title.lower()
    assert notebook.search("xqzvw") == []


def test_no_rows_make_an_empty_frame(notebook: Coldreel) -> None:
    frame = notebook.search("xqzvw").to_pandas()
    assert isinstance(frame, pd.DataFrame)
    assert (len(frame), list(frame.columns)) == (0, ["ref", "file", "title", "score"])


@pytest.mark.parametrize("user", ["", "x" * 201])
def test_a_user_needs_a_name_that_can_be_asked_for_elsewhere(notebook: Coldreel, user: str) -> None:
    with pytest.raises(InvalidRequestError, match=f"this one has {len(user)}"):
        notebook.feed(user)
    with pytest.raises(InvalidRequestError):
        notebook.record(user, "anything", "like")


def test_a_feed_learns_from_feedback(notebook: Coldreel) -> None:
    page = notebook.feed("ann", n=2)
    assert [type(row) for row in page.items] == [FeedRow] * 2
    assert list(page.items.to_pandas().columns) == ["ref", "file", "title", "slot", "origin", "reason"]
    liked = page.items[0]
    now = datetime.now(UTC)
    event = Event(uuid7(now), "ann", liked.ref, EventKind.LIKE, now, request_id=page.request_id)
    assert notebook.feedback([event]).accepted == 1
    assert notebook.feedback([event]).duplicates == 1
    following = notebook.feed("ann", n=1).items  # of three shorts the one that was not served yet
    assert following[0].ref not in [row.ref for row in page.items]


def test_what_somebody_does_can_be_told_from_python(notebook: Coldreel) -> None:
    (seen,) = notebook.feed("eve", n=1).items
    assert notebook.record("eve", seen.ref, "like").accepted == 1
    assert notebook.record("eve", seen.ref, EventKind.VIEW, watched_s=3.0).accepted == 1
    assert notebook.record("eve", "nothing", "like").refused[0].code == "unknown_item"
    with pytest.raises(ValueError, match="cough"):
        notebook.record("eve", seen.ref, "cough")
    eve = notebook.store.users.find("eve")
    assert eve is not None
    assert [past.event_id.version for past in notebook.store.users.events(eve.id)] == [7, 7]


def test_an_ingest_waits_for_a_database_that_comes_back(
    notebook: Coldreel, demo_clips: list[DemoShort], monkeypatch: pytest.MonkeyPatch
) -> None:
    enlisted = notebook.enlist(demo_clips[0].path, again=(State.READY,))
    answers, ask = iter([DatabaseError(), DatabaseError()]), notebook.store.ledger.has_open

    def has_open(sources: Sequence[int]) -> bool:
        if (error := next(answers, None)) is not None:
            raise error
        return ask(sources)

    monkeypatch.setattr(notebook.store.ledger, "has_open", has_open)
    assert notebook.finish(enlisted).ready == 1


def test_a_migration_that_fails_is_not_waited_for(
    notebook: Coldreel, demo_clips: list[DemoShort], monkeypatch: pytest.MonkeyPatch
) -> None:
    def has_open(sources: Sequence[int]) -> bool:
        raise MigrationError

    monkeypatch.setattr(notebook.store.ledger, "has_open", has_open)
    with pytest.raises(MigrationError):
        notebook.ingest(demo_clips[0].path)


def test_status_and_failures(notebook: Coldreel, tmp_path: Path) -> None:
    bad = tmp_path / "bad.mp4"
    bad.write_text("not a film")
    assert notebook.ingest(bad).rejected == 1
    assert (notebook.status().ready, notebook.status().rejected) == (3, 1)
    (failure,) = notebook.failures()
    assert (failure.uri, failure.code) == (str(bad), "not_a_video")


def test_nothing_to_take_in_is_an_error(notebook: Coldreel, tmp_path: Path) -> None:
    with pytest.raises(NothingToDoError):
        notebook.ingest(tmp_path)
    with pytest.raises(SourceError, match="no-such-folder"):
        notebook.ingest(tmp_path / "no-such-folder")


def test_a_setting_that_is_not_there_or_makes_no_sense_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="COLDREEL_WORKERS"):
        Coldreel(data_dir=tmp_path, workers=0)
    with pytest.raises(SettingsError, match="WROKERS"):
        Coldreel(data_dir=tmp_path, wrokers=2)


def test_the_embedded_server_has_a_connection_for_whatever_up_may_ask(tmp_path: Path) -> None:
    try:
        with Coldreel(data_dir=tmp_path / "data", workers=90, server_processes=3) as big:
            parts = ["up", "worker", *["serve"] * 3]
            asked = len(parts) * (big.settings.connections + big.settings.workers)
            assert int(big.store.database.value(b"show max_connections")) > asked
    finally:
        stop(tmp_path / "data")


def test_it_can_be_entered_again_after_it_was_left(notebook: Coldreel) -> None:
    folder = notebook.settings.data_dir
    for _ in range(2):
        with Coldreel(data_dir=folder) as again:
            assert again.status().ready == 3
