"""A table comes in and goes out: the seed's figures, and items that await their file until it comes."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import psycopg
import pyarrow.parquet as pq
import pytest
from psycopg import sql
from quick_children import QuickChildren, made_in, workshop_of
from seed_table import cells, seed, table
from store_rows import FACTS, OBSERVED, SPACE, claim_one, digest, directions, space_of, taken_in

from api_site import coldreel, environment
from coldreel import Coldreel
from coldreel.app.exporting import export
from coldreel.errors import (
    MissingPackageError,
    NotPlayableError,
    ProviderError,
    SettingsError,
    SourceError,
    UnknownItemError,
    WorkError,
)
from coldreel.ingest.importing import import_table
from coldreel.learn.feedback import take
from coldreel.model import EVERYTHING, Event, EventKind, Given, Listing
from coldreel.recommend import lookup
from coldreel.store.candidates import Audience, Candidates
from coldreel.store.store import Store
from coldreel.understand.spaces import Space
from event_ids import uuid7
from gemini_stand_in import KEY, GeminiStandIn
from public_data import ABSENT, DATA

PUBLISHED = [
    ("SDR_Hobby_v4op.mp4", 1.000000),
    ("SDR_Hobby_rdby.mp4", 0.637745),
    ("SDR_Animal_svq5.mp4", 0.616769),
    ("SDR_Hobby_rl1n.mp4", 0.578450),
    ("SDR_Health_1p77.mp4", 0.573209),
]
"""The seed's own table."""
VECTORS = directions(5, 8)


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def imported(store: Store, folder: Path, *files: str) -> None:
    rows = [cells(name, VECTORS[place]) for place, name in enumerate(files)]
    assert import_table(store, table(folder / "table.csv", rows), "model").added == len(files)


@pytest.fixture(scope="module")
def seeded(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Coldreel]:
    """A catalogue of the seed's table, to be read only."""
    path, name = seed(), f"seeded_{uuid4().hex}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    url = psycopg.conninfo.make_conninfo(postgres, dbname=name)
    with Coldreel(data_dir=tmp_path_factory.mktemp("seeded"), database_url=url) as reel:
        found = reel.import_table(path)
        assert (found.added, found.known, found.passed_over) == (50, 0, ())
        yield reel


@pytest.fixture
def reel(database_url: str, tmp_path: Path) -> Iterator[Coldreel]:
    with Coldreel(data_dir=tmp_path / "data", database_url=database_url) as reel:
        yield reel


# --- the seed ----------------------------------------


def test_the_seed_gives_the_table_that_was_published(seeded: Coldreel) -> None:
    rows = seeded.similar("SDR_Hobby_v4op.mp4", 5)
    assert [(row.file, row.cosine_similarity) for row in rows] == PUBLISHED
    active = seeded.store.spaces.active()
    assert active is not None
    assert (active.name, active.recipe["provider"]) == ("text-embedding-004-768 (imported)", "imported")


def test_near_items_share_a_category_as_often_as_was_published(seeded: Coldreel) -> None:
    shares = []
    for item in seeded.store.items.newest(50):
        own, category = item.file, item.file.split("_")[1]
        near = [row.file for row in seeded.similar(own, 6) if row.file != own]
        shares.append(sum(file.split("_")[1] == category for file in near) / 5)
    assert np.mean(shares) == pytest.approx(0.440, abs=5e-4)


def test_the_seed_goes_out_as_it_came_in(seeded: Coldreel, tmp_path: Path) -> None:
    assert seeded.export(tmp_path / "out.csv") == 50
    assert (tmp_path / "out.csv").read_bytes() == seed().read_bytes()


def test_what_the_seed_gave_as_similarity_is_that_to_one_item(seeded: Coldreel, tmp_path: Path) -> None:
    seeded.export(tmp_path / "asked.csv", query="SDR_Hobby_v4op.mp4")
    given, computed = (
        [float(row["cosine_similarity"]) for row in read(path)] for path in (seed(), tmp_path / "asked.csv")
    )
    assert np.allclose(given, computed, rtol=0, atol=1e-7)


def test_parquet_holds_the_same(seeded: Coldreel, tmp_path: Path) -> None:
    seeded.export(tmp_path / "out.parquet")
    rows, columns = read(seed()), pq.read_table(tmp_path / "out.parquet").to_pydict()
    assert list(columns) == list(rows[0])
    for name in ("title", "description", "file"):
        assert columns[name] == [row[name] for row in rows]
    for name in ("tags", "genres"):
        assert [str(words) for words in columns[name]] == [row[name] for row in rows]
    given = [np.array(json.loads(row["embedding"]), np.float32).tolist() for row in rows]
    assert columns["embedding"] == given
    assert columns["cosine_similarity"] == [float(row["cosine_similarity"]) for row in rows]


@pytest.mark.parametrize(
    ("words", "file"),
    [
        ("ਭਾਸ਼ਣ", "SDR_Society_wvxk.mp4"),  # Punjabi
        ("दिमाग़", "SDR_Speech_472s.mp4"),
        ("dimag खेल", None),
        ("낚시", "SDR_Hobby_n82z.mp4"),
        ("취미", "SDR_Hobby_n82z.mp4"),  # of which the title has 취미로구
        ("아재", "SDR_Hobby_n82z.mp4"),  # and 아재의
        ("취미를", "SDR_Hobby_n82z.mp4"),
        ("心得", "SDR_Health_b7kl.mp4"),
        ("生髮 irestore", "SDR_Health_b7kl.mp4"),
        ("ダンス", "SDR_Dance_yme2.mp4"),
        ("ошибат", "SDR_Music_prbr.mp4"),
        ("insonia", "SDR_Health_525v.mp4"),
        ("آجاو", "SDR_Hobby_2pol.mp4"),
        ("serene mountian gorge", "SDR_Hobby_v4op.mp4"),
        ("waterfal quotes", "SDR_Health_1p77.mp4"),
        ("xqzvw", None),
        ("xqzzt blorf", None),
        ("犬小屋", None),
    ],
)
def test_titles_in_every_script_are_found_by_their_words(
    seeded: Coldreel, words: str, file: str | None
) -> None:
    assert [row.file for row in seeded.search(words, 1)] == ([file] if file else [])


def test_what_has_the_very_words_comes_first(seeded: Coldreel) -> None:
    found = [row.title for row in seeded.search("fish", 5)]
    assert "Fish Cleaning" in found[0]
    assert {"Fishing Perch", "Fishing Rod Display"} <= set(found)


# --- importing ----------------------------------------


def test_importing_twice_changes_nothing(store: Store, tmp_path: Path) -> None:
    imported(store, tmp_path, "a.mp4", "b.mp4")
    counts = (
        b"select (select count(*) from items), (select count(*) from descriptions), count(*) from vectors"
    )
    before = store.database.tuples(counts)
    again = import_table(store, tmp_path / "table.csv", "model")
    assert (again.added, again.known) == (0, 2)
    assert store.database.tuples(counts) == before


def test_rows_that_do_not_fit_the_others_are_named(store: Store, tmp_path: Path) -> None:
    rows = [
        cells("a.mp4", VECTORS[0]),
        cells("b.mp4", VECTORS[1][:7]),
        cells("folder/a.mp4", VECTORS[2]),
        cells("c.mp4", VECTORS[3], tags="?"),
        cells("d.mp4", VECTORS[4]),
    ]
    found = import_table(store, table(tmp_path / "table.csv", rows), "model")
    assert found.added == 2
    assert [problem.line for problem in found.passed_over] == [3, 4, 5]
    short, twice, broken = (problem.reason for problem in found.passed_over)
    assert short == "the embedding has 7 dimensions, the others have 8"
    assert twice == "a.mp4 is there twice, first in line 2"
    assert "tags is no list" in broken


def test_a_catalogue_in_another_space_is_left_alone(store: Store, tmp_path: Path) -> None:
    taken_in(store, "here.mp4")
    path = table(tmp_path / "table.csv", [cells("a.mp4", VECTORS[0])])
    with pytest.raises(ProviderError, match="--data-dir"):
        import_table(store, path, "model")
    assert store.items.count() == 1


def test_vectors_of_an_unknown_model_need_its_name(store: Store, tmp_path: Path) -> None:
    path = table(tmp_path / "table.csv", [cells("a.mp4", VECTORS[0])])
    with pytest.raises(SettingsError, match="--embedder"):
        import_table(store, path)


def test_a_table_without_one_sound_row_makes_no_space(store: Store, tmp_path: Path) -> None:
    path = table(tmp_path / "table.csv", [cells("a.mp4", VECTORS[0], embedding="?")])
    found = import_table(store, path)
    assert (found.added, found.known, len(found.passed_over)) == (0, 0, 1)
    assert store.spaces.active() is None


# --- items that await their file ----------------------------------------


def recommendable(store: Store) -> list[int]:
    """What a new user may be shown."""
    space = store.spaces.active()
    assert space is not None
    audience = Audience(store.users.ensure("ada"), (), EVERYTHING, 600.0)
    return Candidates(store.database, space).shuffled(audience, 0.0, 5)


def test_an_item_that_awaits_its_file_is_found_and_not_recommended(store: Store, tmp_path: Path) -> None:
    imported(store, tmp_path, "a.mp4", "b.mp4")
    item = store.items.find("a.mp4")
    assert (item.ref, item.file, item.uri, item.tags) == ("a.mp4", "a.mp4", "", ["tag"])
    assert (item.duration_s, item.width, item.height, item.has_sound) == (None,) * 4
    assert [each.file for each in store.items.newest(10)] == ["b.mp4", "a.mp4"]
    assert len(store.items.full_text("elsewhere", 10)) == 2
    space = store.spaces.active()
    assert space is not None
    assert len(lookup.similar(store.items, store.vectors(space), item, 5)) == 2
    assert recommendable(store) == []
    with pytest.raises(NotPlayableError, match="coldreel ingest"):
        store.items.media("a.mp4")
    with pytest.raises(UnknownItemError, match=r"nearest are .*a\.mp4"):
        store.items.find("aa.mp4")


def test_nobody_has_seen_what_awaits_its_file(store: Store, tmp_path: Path) -> None:
    imported(store, tmp_path, "a.mp4")
    now = datetime.now(UTC)
    view = Event(uuid7(now), "ada", "a.mp4", EventKind.VIEW, now, watched_s=5.0)
    receipt = take(store, [view], now)
    assert [refusal.code for refusal in receipt.refused] == ["unknown_item"]


def test_its_file_attaches_by_name_and_its_words_and_vector_stay(store: Store, tmp_path: Path) -> None:
    imported(store, tmp_path, "a.mp4", "b.mp4")
    space, before = store.spaces.active(), store.items.find("a.mp4")
    assert space is not None
    (tmp_path / "clips").mkdir()
    path = tmp_path / "clips" / "a.mp4"
    path.write_text("film")
    store.sources.enlist([Listing(str(path), "1")])
    workshop_of(store, tmp_path, QuickChildren()).do(claim_one(store))

    item = store.items.find("a.mp4")
    assert (item.id, item.ref, item.uri, item.creator) == (before.id, "a.mp4", str(path), "clips")
    assert (item.title, item.tags, item.description) == (before.title, before.tags, before.description)
    assert (item.duration_s, item.width, item.has_sound) == (FACTS.duration_s, FACTS.width, True)
    assert store.items.description(item.id).description.provider == "imported"
    assert store.vectors(space).of([item.id])[item.id].tolist() == VECTORS[0].tolist()
    assert store.items.media("a.mp4").content_hash == digest("film")
    assert made_in(tmp_path) == [".strip.webp", ".webp"]
    assert recommendable(store) == [item.id]
    assert import_table(store, tmp_path / "table.csv", "model").known == 2


def test_what_a_person_gives_with_the_file_is_taken_over_and_found(store: Store, tmp_path: Path) -> None:
    imported(store, tmp_path, "a.mp4")
    (tmp_path / "a.mp4").write_text("film")
    given = Given(title="Mine", creator="ada", ref="river")
    store.sources.enlist([Listing(str(tmp_path / "a.mp4"), "1", given)])
    workshop_of(store, tmp_path, QuickChildren()).do(claim_one(store))
    item = store.items.find("river")
    assert (item.title, item.creator) == ("Mine", "ada")
    assert store.items.full_text("mine", 5) == [item.id]
    assert store.items.description(item.id).description.title == "A short"
    assert import_table(store, tmp_path / "table.csv", "model").known == 1  # by its file's name


def test_in_a_space_that_can_be_added_to_the_file_adds_what_it_shows(store: Store, tmp_path: Path) -> None:
    space = space_of(store)
    awaiting = store.awaited.add("a.mp4")
    assert awaiting is not None
    store.items.describe(awaiting.id, replace(OBSERVED, provider="imported", title="A gorge"), "gorge")
    (tmp_path / "a.mp4").write_text("film")
    store.sources.enlist([Listing(str(tmp_path / "a.mp4"), "1")])
    workshop_of(store, tmp_path, QuickChildren()).do(claim_one(store))
    assert store.items.find("a.mp4").title == "A gorge"
    assert set(SPACE.blocks_of(store.vectors(space).of([awaiting.id])[awaiting.id])) == {"text", "test.look"}


def test_items_that_await_their_files_move_to_another_space_by_their_words(
    database_url: str, tmp_path: Path
) -> None:
    with GeminiStandIn() as gemini:
        settings: dict[str, Any] = {"gemini_api_key": KEY, "gemini_base_url": gemini.url}
        with Coldreel(data_dir=tmp_path / "data", database_url=database_url, **settings) as reel:
            imported(reel.store, tmp_path, "a.mp4", "b.mp4")
            moved = reel.reembed(provider="gemini", space="text 0.6, signals.colour 0.4")
            assert (moved.placed, moved.lost) == (2, 0)
            space = reel.store.spaces.active()
            assert space is not None
            vector = reel.store.vectors(space).of([reel.item("a.mp4").id])[reel.item("a.mp4").id]
            assert set(Space.from_recipe(space.recipe).blocks_of(vector)) == {"text"}
            assert reel.similar("a.mp4", 2)[1].file == "b.mp4"


@pytest.mark.parametrize("provider", ["signals", "tiny"])
def test_the_seed_moves_to_a_provider_that_has_no_files_to_watch(
    reel: Coldreel, tmp_path: Path, provider: str
) -> None:
    if provider == "tiny" and not (DATA / "models").is_dir():
        pytest.skip(ABSENT)
    reel.settings = reel.settings.model_copy(update={"models_dir": DATA / "models"})
    assert reel.import_table(seed()).added == 50
    moved = reel.reembed(provider)
    assert (moved.placed, moved.lost) == (50, 0)
    assert len(reel.similar("SDR_Hobby_v4op.mp4", 5)) == 5
    back = reel.reembed(space="text-embedding-004-768 (imported)")
    assert back.placed == 0
    rows = reel.similar("SDR_Hobby_v4op.mp4", 5)
    assert [(row.file, row.cosine_similarity) for row in rows] == PUBLISHED


def test_a_file_that_no_row_names_needs_somebody_to_place_it(store: Store, tmp_path: Path) -> None:
    imported(store, tmp_path, "a.mp4")
    (tmp_path / "new.mp4").write_text("film")
    store.sources.enlist([Listing(str(tmp_path / "new.mp4"), "1")])
    children = QuickChildren()
    with pytest.raises(ProviderError, match=r"No row .* `coldreel reembed --provider …`"):
        workshop_of(store, tmp_path, children).do(claim_one(store))
    assert children.done == []


def test_derived_files_that_were_deleted_are_made_again_without_other_words(
    store: Store, tmp_path: Path
) -> None:
    imported(store, tmp_path, "a.mp4")
    path = tmp_path / "a.mp4"
    path.write_text("film")
    for version in "12":
        store.sources.enlist([Listing(str(path), version)])
        workshop_of(store, tmp_path, QuickChildren()).do(claim_one(store))
        assert made_in(tmp_path) == [".strip.webp", ".webp"]
        for derived in (tmp_path / "media").rglob("*.webp"):
            derived.unlink()
    assert store.items.description(store.items.find("a.mp4").id).description.provider == "imported"


def test_of_two_files_of_one_name_the_quicker_is_the_item(store: Store, tmp_path: Path) -> None:
    imported(store, tmp_path, "a.mp4")
    awaiting = store.awaited.of("a.mp4")
    assert awaiting is not None
    store.awaited.attach(awaiting.id, digest("one"), FACTS, Given(), "folder", "source")
    with pytest.raises(WorkError, match="looked at anew"):
        store.awaited.attach(awaiting.id, digest("two"), FACTS, Given(), "folder", "source")
    assert store.awaited.of("a.mp4") is None


def test_bytes_that_are_another_item_do_not_attach(store: Store, tmp_path: Path) -> None:
    imported(store, tmp_path, "a.mp4", "b.mp4")
    first, second = store.awaited.of("a.mp4"), store.awaited.of("b.mp4")
    assert first is not None
    assert second is not None
    store.awaited.attach(first.id, digest("same"), FACTS, Given(), "folder", "source")
    with pytest.raises(WorkError):
        store.awaited.attach(second.id, digest("same"), FACTS, Given(), "folder", "source")
    assert store.awaited.of("b.mp4") is not None


def test_an_item_that_was_deleted_does_not_come_back(reel: Coldreel, tmp_path: Path) -> None:
    imported(reel.store, tmp_path, "a.mp4", "b.mp4")
    reel.delete("a.mp4")
    again = reel.import_table(tmp_path / "table.csv", "model")
    assert (again.added, again.known) == (0, 1)
    assert ["deleted" in problem.reason for problem in again.passed_over] == [True]
    assert reel.store.awaited.of("a.mp4") is None


# --- exporting ----------------------------------------


def test_an_export_has_the_vectors_of_the_catalogue_and_no_similarity_unasked(
    store: Store, tmp_path: Path
) -> None:
    item = taken_in(store, "here.mp4")
    assert export(store, tmp_path / "out.csv") == 1
    (row,) = read(tmp_path / "out.csv")
    space = store.spaces.active()
    assert space is not None
    vector = store.vectors(space).of([item.id])[item.id]
    assert (row["file"], row["title"], row["cosine_similarity"]) == ("here.mp4", "A short", "")
    assert np.array(json.loads(row["embedding"]), np.float32).tolist() == vector.tolist()
    export(store, tmp_path / "out.csv", query="here.mp4")
    assert float(read(tmp_path / "out.csv")[0]["cosine_similarity"]) == pytest.approx(1.0)


def test_parquet_without_its_package_says_which_one(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingPackageError, match=r"coldreel\[parquet\]"):
        export(store, tmp_path / "out.parquet")
    assert list(tmp_path.iterdir()) == []


def test_hidden_items_are_not_exported(store: Store, tmp_path: Path) -> None:
    taken_in(store, "here.mp4")
    taken_in(store, "gone.mp4")
    store.sources.mark_gone([known.id for known in store.sources.known("/clips/gone.mp4")])
    export(store, tmp_path / "out.csv")
    assert [row["file"] for row in read(tmp_path / "out.csv")] == ["here.mp4"]


@pytest.mark.parametrize("name", ["out.txt", "out", "no such folder/out.csv"])
def test_a_place_that_cannot_be_written_to_is_an_error(store: Store, tmp_path: Path, name: str) -> None:
    with pytest.raises(SourceError):
        export(store, tmp_path / name)
    assert not (tmp_path / name).exists()


def test_an_unknown_query_leaves_what_is_there(store: Store, tmp_path: Path) -> None:
    (tmp_path / "out.csv").write_text("mine")
    with pytest.raises(UnknownItemError):
        export(store, tmp_path / "out.csv", query="nobody")
    assert (tmp_path / "out.csv").read_text() == "mine"


# --- the command line ----------------------------------------


def test_the_commands_say_what_they_did(database_url: str, tmp_path: Path) -> None:
    env = environment(COLDREEL_DATABASE_URL=database_url, COLDREEL_DATA_DIR=str(tmp_path / "data"))

    def run(*words: str | Path) -> Any:
        return coldreel(*words, env=env)

    rows = [cells("a.mp4", VECTORS[0]), cells("b.mp4", VECTORS[1], tags="?")]
    path = table(tmp_path / "table.csv", rows)
    told = run("import", path, "--embedder", "model")
    assert (told.returncode, told.stdout) == (0, "")
    assert "1 imported, 0 were there before, 1 passed over" in told.stderr
    assert f"{path}:3: tags is no list" in told.stderr
    out = tmp_path / "out.csv"
    exported = run("export", out, "--query", "a.mp4", "--json")
    assert json.loads(exported.stdout) == {"items": 1, "file": str(out)}
    assert "1 items await their files: coldreel ingest" in run("feed", "--user", "ada").stderr
    nothing = run("import", table(tmp_path / "bad.csv", rows[1:]), "--embedder", "model", "--json")
    assert nothing.returncode == 1
    said = json.loads(nothing.stdout)
    assert (said["added"], said["known"], said["passed_over"][0]["line"]) == (0, 0, 2)
