"""A catalogue is described anew, or moves to another space, while the present one serves."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import psycopg
import pytest
from embedded_user import eventually
from ingest_runs import family, kill, start
from psycopg import sql

from coldreel import Coldreel
from coldreel.errors import NothingToDoError, NotMovedError, ProviderError, SettingsError
from coldreel.media.demo import DemoShort
from coldreel.model import Event, EventKind, Stage
from coldreel.understand.spaces import TEXT, Space
from event_ids import uuid7
from public_data import DATA

LOOKS = "text 0.3, signals.colour 0.7"
KINDS = 6


@pytest.fixture(scope="module")
def taken_in(
    postgres: str, demo_clips: list[DemoShort], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Path]]:
    """A database and a data folder with some demo shorts, and a user who liked two and shrank from one."""
    folder = tmp_path_factory.mktemp("renewal")
    shorts = folder / "shorts"
    shorts.mkdir()
    for short in demo_clips[:KINDS]:
        shutil.copy(short.path, shorts)
    with database(postgres) as url:
        with Coldreel(data_dir=folder, database_url=url) as reel:
            assert reel.ingest(shorts).ready == KINDS
            items = [item.ref for item in reel.store.items.newest(KINDS)]
            did = zip(items, [EventKind.LIKE, EventKind.NOT_INTERESTED, EventKind.LIKE], strict=False)
            at = datetime.now(UTC)
            reel.feedback([Event(uuid7(at, n), "ada", ref, kind, at) for n, (ref, kind) in enumerate(did)])
        yield url, folder


@contextmanager
def database(postgres: str, template: str = "template1") -> Iterator[str]:
    """A database that is like another, and is gone at the end."""
    name = sql.Identifier(f"renewal_{uuid4().hex}")
    with psycopg.connect(postgres, autocommit=True) as server:
        server.execute(sql.SQL("create database {} template {}").format(name, sql.Identifier(template)))
        yield psycopg.conninfo.make_conninfo(postgres, dbname=name.as_string(server).strip('"'))
        server.execute(sql.SQL("drop database {} with (force)").format(name))


@pytest.fixture
def copied(postgres: str, taken_in: tuple[str, Path]) -> Iterator[dict[str, Any]]:
    """The settings of a copy of it."""
    original, folder = taken_in
    template = str(psycopg.conninfo.conninfo_to_dict(original)["dbname"])
    with database(postgres, template) as url:
        yield {"database_url": url, "data_dir": folder}


@pytest.fixture
def reel(copied: dict[str, Any]) -> Iterator[Coldreel]:
    with Coldreel(**copied) as reel:
        yield reel


def interests(reel: Coldreel, name: str) -> np.ndarray:
    (space,) = (space for space in reel.store.spaces.all() if space.name == name)
    user = reel.store.users.find("ada")
    assert user is not None
    return np.array(reel.store.users.interests(user.id, space.id).vectors)


def test_a_catalogue_moves_to_other_blocks_and_weights(reel: Coldreel) -> None:
    item = reel.store.items.newest(1)[0]
    before = reel.similar(item.ref, KINDS)
    old = reel.store.spaces.active()
    assert old is not None
    was = reel.store.vectors(old).of([item.id])[item.id]
    moved = reel.reembed(space=LOOKS)
    assert (moved.placed, moved.lost) == (KINDS, 0)
    active = reel.store.spaces.active()
    assert active is not None
    assert active.name == moved.space
    space = Space.from_recipe(active.recipe)
    now = reel.store.vectors(active).of([item.id])[item.id]
    # The same measurements, under other weights.
    blocks, kept = space.blocks_of(now), Space.from_recipe(old.recipe).blocks_of(was)
    assert set(blocks) <= {TEXT, "signals.colour"}
    np.testing.assert_allclose(blocks["signals.colour"], kept["signals.colour"], atol=1e-5)
    assert [row.cosine_similarity for row in reel.similar(item.ref, KINDS)] != [
        row.cosine_similarity for row in before
    ]


def test_what_users_care_about_moves_along(reel: Coldreel) -> None:
    before = interests(reel, "signals-1")
    moved = reel.reembed(space=LOOKS)
    after = interests(reel, moved.space)
    assert len(after) == len(before) > 0
    assert after.shape[1] != before.shape[1]
    np.testing.assert_allclose(np.linalg.norm(after, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(interests(reel, "signals-1"), before)
    assert len(reel.feed("ada", 3).items) == 3
    # What is replayed is what was lived through: back in the first space it is the same.
    reel.store.database.execute(b"delete from user_state")
    reel.reembed(space="signals-1")
    np.testing.assert_allclose(interests(reel, "signals-1"), before, atol=1e-4)


def test_moving_where_one_lives_does_nothing(reel: Coldreel) -> None:
    assert reel.reembed(space="signals-1").placed == 0


def test_new_videos_are_placed_in_the_space_that_serves(
    reel: Coldreel, demo_clips: list[DemoShort], tmp_path: Path
) -> None:
    moved = reel.reembed(space=LOOKS)
    shutil.copy(demo_clips[KINDS].path, tmp_path / "new.mp4")
    assert reel.ingest(tmp_path / "new.mp4").ready == 1
    assert {row.name: row.items for row in reel.spaces()} == {"signals-1": KINDS, moved.space: KINDS + 1}
    assert reel.reembed(space="signals-1").placed == 1


def test_a_space_that_serves_is_not_dropped_and_another_is(reel: Coldreel) -> None:
    moved = reel.reembed(space=LOOKS)
    with pytest.raises(ProviderError, match="signals-1"):
        reel.drop_space(moved.space)
    reel.drop_space("signals-1")
    assert [row.name for row in reel.spaces()] == [moved.space]
    assert len(reel.similar(reel.store.items.newest(1)[0].ref, 3)) == 3


@pytest.mark.parametrize(
    ("space", "said"),
    [
        ("text", "weights above zero"),
        ("text 0.5, signals.color 0.5", "signals.colour"),
        ("text 0.5, nobody.look 0.5", "no provider nobody"),
        ("text -1", "weights above zero"),
        ("text 0.5, banana 0.5", "blocks are text"),
    ],
)
def test_a_space_that_cannot_be_is_named(reel: Coldreel, space: str, said: str) -> None:
    with pytest.raises((SettingsError, ProviderError), match=said):
        reel.reembed(space=space)
    assert [row.name for row in reel.spaces()] == ["signals-1"]


def test_an_item_that_cannot_be_placed_keeps_the_catalogue_where_it_is(reel: Coldreel) -> None:
    lost = reel.store.items.newest(1)[0]
    # Without a vector there is nothing to take over, and its file is gone.
    reel.store.database.execute(b"delete from vectors where item = %(item)s", {"item": lost.id})
    reel.store.database.execute(b"update sources set uri = uri || '.gone' where item = %(i)s", {"i": lost.id})
    with pytest.raises(NotMovedError, match=lost.ref):
        reel.reembed(space=LOOKS)
    active = reel.store.spaces.active()
    assert active is not None
    assert active.name == "signals-1"
    moved = reel.reembed(space=LOOKS, skip_failed=True)
    assert (moved.placed, moved.lost) == (0, 1)


def test_items_are_described_anew_and_the_older_words_are_kept(reel: Coldreel) -> None:
    ref = reel.store.items.newest(1)[0].ref
    first = reel.details(ref).description
    space = reel.store.spaces.active()
    done = reel.redescribe("signals")
    assert (done.asked, done.failed) == (KINDS, {})
    details = reel.details(ref)
    assert details.description == first
    assert [description for _, description in details.earlier] == [first]
    assert reel.store.spaces.active() == space


def test_only_what_a_query_finds_is_described_anew(reel: Coldreel) -> None:
    one, *others = reel.store.items.newest(KINDS)
    given = replace(reel.details(one.ref).description, title="Zanzibar")
    reel.store.items.describe(one.id, given, "Zanzibar")
    assert reel.redescribe("signals", query="zanzibar").asked == 1
    assert len(reel.details(one.ref).earlier) == 2
    assert reel.details(others[0].ref).earlier == ()
    with pytest.raises(NothingToDoError):
        reel.redescribe("signals", query="nothing has these words")


def test_a_move_that_was_killed_goes_on_where_it_was(copied: dict[str, Any]) -> None:
    with Coldreel(**copied) as reel:
        # Nothing can be taken over, so every file is watched again, which takes a while.
        reel.store.database.execute(
            b'update spaces set recipe = replace(recipe::text, \'"version": "1"\', \'"version": "0"\')::jsonb'
        )
        words = ("reembed", "--provider", "signals", "--space", LOOKS)
        moving = start(*words, **copied, workers=1)
        assert eventually(lambda: _placed(reel) > 0)
        kill(family(moving))
        moving.communicate()
        assert 0 < _placed(reel) < KINDS
        assert [row.serves for row in reel.spaces() if row.name == "signals-1"] == [True]
        left = KINDS - _placed(reel)
        assert reel.reembed("signals", LOOKS).placed <= left
        assert _placed(reel) == KINDS
        assert reel.store.database.values(b"select id from ledger where stage = 'embed'") == []


def _placed(reel: Coldreel) -> int:
    return sum(row.items for row in reel.spaces() if row.name != "signals-1")


def test_a_video_that_was_away_during_the_move_is_placed_when_it_is_back(
    reel: Coldreel, copied: dict[str, Any]
) -> None:
    shorts = copied["data_dir"] / "shorts"
    away = next(path for path in sorted(shorts.iterdir()))
    hidden = away.with_suffix(".hidden")
    away.rename(hidden)
    try:
        reel.enlist(shorts)
        assert reel.reembed(space=LOOKS).placed == KINDS - 1
    finally:
        hidden.rename(away)
    assert reel.ingest(shorts).ready == KINDS
    assert [row.items for row in reel.spaces() if row.serves] == [KINDS]


def test_a_second_move_waits_for_the_first(reel: Coldreel) -> None:
    with (
        reel.store.database.alone("coldreel.move"),
        pytest.raises(NotMovedError, match="Another move"),
    ):
        reel.reembed(space=LOOKS)


def test_what_a_move_could_not_place_is_placed_when_it_can_be(reel: Coldreel) -> None:
    lost = reel.store.items.newest(1)[0]
    reel.store.database.execute(b"delete from vectors where item = %(item)s", {"item": lost.id})
    reel.store.database.execute(b"update sources set uri = uri || '.gone' where item = %(i)s", {"i": lost.id})
    assert reel.reembed(space=LOOKS, skip_failed=True).lost == 1
    assert list(reel.similar(lost.ref)) == []
    assert reel.failures() == []  # a move leaves no failures behind
    reel.store.database.execute(
        b"update sources set uri = replace(uri, '.gone', '') where item = %(i)s", {"i": lost.id}
    )
    assert reel.reembed(space=LOOKS).placed == 1
    assert len(reel.similar(lost.ref, 3)) == 3


def test_a_worker_leaves_rows_to_others_that_it_cannot_do(reel: Coldreel) -> None:
    items = [item.id for item in reel.store.items.newest(KINDS)]
    reel.store.queue.describe(items, "somebody else's")
    shorts = [Path(uri) for uri in reel.store.sources.uris(items[0])]
    assert reel.ingest(*shorts).ready == 1  # and does not wait for what nobody here can do
    assert reel.store.ledger.progress_of_items(Stage.DESCRIBE, items).waiting == KINDS
    assert reel.redescribe("signals").asked == KINDS  # what was asked last counts


def test_words_of_another_provider_stay_when_a_file_is_watched_again(reel: Coldreel) -> None:
    item = reel.store.items.newest(1)[0]
    better = replace(reel.details(item.ref).description, title="Zanzibar express", provider="gemini")
    reel.store.items.describe(item.id, better, "Zanzibar express")
    reel.derived.poster(reel.store.items.hash_of(item.id) or b"").unlink()
    assert reel.ingest(item.uri, rebuild=True).ready == 1
    assert reel.item(item.ref).title == "Zanzibar express"
    assert reel.derived.poster(reel.store.items.hash_of(item.id) or b"").is_file()


def test_an_empty_catalogue_is_bound_to_no_space(
    database_url: str, tmp_path: Path, clips: list[Path]
) -> None:
    with Coldreel(data_dir=tmp_path, database_url=database_url) as reel:
        reel.reembed("signals")
    tiny = {"provider": "tiny", "models_dir": DATA / "models"}
    with Coldreel(data_dir=tmp_path, database_url=database_url, **tiny) as reel:
        assert reel.ingest(clips[0]).ready == 1
        assert [row.serves for row in reel.spaces() if row.provider == "tiny"] == [True]
        assert reel.reembed("signals").placed == 1
        assert reel.reembed(space="tiny-1").placed == 0  # back where every item is
        assert [row.name for row in reel.spaces() if row.serves] == ["tiny-1"]


def test_what_an_interrupted_run_has_left_is_done_first(reel: Coldreel) -> None:
    left = [item.id for item in reel.store.items.newest(2)]
    reel.store.queue.describe(left, "signals", of_all=True)
    done = reel.redescribe("signals")
    assert (done.asked, done.resumed) == (2, True)
    reel.store.queue.describe(left, "signals")  # what a query found is not what is left of all
    done = reel.redescribe("signals")
    assert (done.asked, done.resumed) == (KINDS, False)
