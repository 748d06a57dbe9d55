"""Taking files in: whatever lies in a folder ends ready, failed or rejected, with a reason."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import fsspec
import media_filming
import pytest
from embedded_user import open_folder, python_for, python_path
from ingest_runs import run

from coldreel import Coldreel
from coldreel.errors import NothingToDoError, SourceError, UnknownItemError
from coldreel.media.demo import DemoShort
from coldreel.model import State
from coldreel.store.store import Store

SLOTS = 2


@pytest.fixture
def reel(database_url: str, tmp_path: Path) -> Iterator[Coldreel]:
    """An empty catalogue on a server of the user's own."""
    with Coldreel(tmp_path / "data", database_url=database_url, workers=SLOTS, max_duration_s=30) as reel:
        reel.store.ledger.rules = reel.store.ledger.rules.__class__(pause_s=0.01)
        yield reel


@pytest.fixture(scope="session")
def film(demo_clips: list[DemoShort]) -> Path:
    return demo_clips[0].path


@pytest.fixture(scope="session")
def other_film(demo_clips: list[DemoShort]) -> Path:
    return demo_clips[1].path


# --- what may lie in a folder ----------------------------------------


def copied(film: Path, path: Path) -> None:
    shutil.copyfile(film, path)


def half(film: Path, path: Path) -> None:
    content = film.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def half_without_index(film: Path, path: Path) -> None:
    half(media_filming.film(path), path)  # its index comes last


def too_long(film: Path, path: Path) -> None:
    media_filming.film(path, rate=1, seconds=40, size=(64, 64))


def a_picture(film: Path, path: Path) -> None:
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(200))


def sound_alone(film: Path, path: Path) -> None:
    media_filming.sound_only(path)


def words(film: Path, path: Path) -> None:
    path.write_text("These are words and no video.\n" * 50)


def nothing(film: Path, path: Path) -> None:
    path.touch()


def noise(film: Path, path: Path) -> None:
    path.write_bytes(b"\0\0\0\x18ftypisom" + bytes(range(256)) * 40)


@pytest.mark.parametrize(
    ("make", "name", "code", "reason"),
    [
        (words, "words.mp4", "not_a_video", "text"),
        (nothing, "empty.mp4", "empty", "empty"),
        (sound_alone, "sound.mp4", "no_picture", "no moving picture"),
        (a_picture, "picture.mp4", "not_a_video", "PNG"),
        (noise, "noise.mp4", "corrupt", "index cannot be read"),
        (half_without_index, "half, its index missing.mp4", "corrupt", "cut off"),
        (half, "half, its index first.mp4", None, ""),
        (too_long, "long.mp4", "too_long", "COLDREEL_MAX_DURATION_S"),
        (copied, "fine.mp4", None, ""),
        (copied, "video without suffix", None, ""),
        (copied, "video.txt", None, ""),
        (copied, "ünï 日本 'quoted' %41.mp4", None, ""),
    ],
)
def test_a_file_ends_with_an_item_or_a_reason_and_its_neighbour_is_ready(
    reel: Coldreel,
    film: Path,
    other_film: Path,
    tmp_path: Path,
    make: Callable[[Path, Path], None],
    name: str,
    code: str | None,
    reason: str,
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    make(film, folder / name)
    copied(other_film, folder / "neighbour.mp4")
    progress = reel.ingest(folder)
    ended = {failure.uri: failure for failure in reel.failures()}
    failure = ended.pop(str(folder / name), None)
    assert ended == {}
    assert (failure.code if failure else None) == code
    assert progress.total == 2
    assert progress.ready == (1 if failure else 2)
    assert reel.item("neighbour.mp4").uri == str(folder / "neighbour.mp4")
    if failure is not None:
        assert failure.state == State.REJECTED
        assert reason in failure.reason
        assert len(failure.reason) > 15


def test_hidden_files_and_others_are_passed_over(reel: Coldreel, film: Path, tmp_path: Path) -> None:
    for name in (".hidden.mp4", ".cache/film.mp4", "film.mp4"):
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        copied(film, tmp_path / "in" / name)
    words(film, tmp_path / "in" / "README.md")
    assert reel.ingest(tmp_path / "in").total == 1


def test_a_pipe_does_not_hold_a_worker_up(reel: Coldreel, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    assert reel.ingest(tmp_path / "pipe.mp4").rejected == 1
    assert "pipe" in reel.failures()[0].reason


def test_a_file_larger_than_the_limit_is_rejected(database_url: str, film: Path, tmp_path: Path) -> None:
    with Coldreel(tmp_path / "data", database_url=database_url, workers=1, max_bytes=1000) as reel:
        assert reel.ingest(film).rejected == 1
        assert "COLDREEL_MAX_BYTES" in reel.failures()[0].reason


def test_a_file_that_vanishes_before_its_turn_fails_and_is_taken_when_it_is_back(
    reel: Coldreel, film: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    copied(film, folder / "film.mp4")
    kept = (folder / "film.mp4").rename(tmp_path / "kept.mp4")
    shutil.copy2(kept, folder / "film.mp4")
    enlisted = reel.enlist(folder)
    (folder / "film.mp4").unlink()
    assert reel.finish(enlisted).failed == 1
    assert reel.failures()[0].code == "unreadable"
    assert reel.enlist(folder, must_exist=False).gone == 1
    shutil.copy2(kept, folder / "film.mp4")
    assert reel.finish(reel.enlist(folder)).ready == 1


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs /proc")
def test_a_file_that_cannot_be_read_fails_with_that_reason(
    reel: Coldreel, film: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    copied(film, folder / "film.mp4")
    (folder / "bad disk.mp4").symlink_to("/proc/self/mem")  # nobody, not even root, can read its beginning
    assert reel.ingest(folder).ready == 1
    (failure,) = reel.failures()
    assert (failure.state, failure.code) == (State.FAILED, "unreadable")
    assert "Input/output error" in failure.reason


def test_what_may_not_be_read_is_told_to_a_plain_user_and_the_rest_is_done(film: Path) -> None:
    with open_folder() as home, as_a_plain_user(home) as plain:
        for name in ("film.mp4", "locked.mp4", "locked without suffix", "locked folder/film.mp4"):
            (home / "in" / name).parent.mkdir(parents=True, exist_ok=True)
            copied(film, home / "in" / name)
        for path in (home / "in").glob("locked*"):
            path.chmod(0)
        everything = plain("ingest", home / "in", "--json")
        assert (everything.returncode, json.loads(everything.stdout)["ready"]) == (0, 1), everything.stderr
        for name in ("locked without suffix", "locked folder"):
            assert f"{home}/in/{name} is passed over: it cannot be read" in everything.stderr
        (row,) = json.loads(plain("status", "--failures", "--json").stdout)
        assert (row["uri"], row["state"], row["code"]) == (f"{home}/in/locked.mp4", "failed", "unreadable")
        assert row["reason"] == "The file cannot be read: Permission denied; check its permissions"
        assert row["reason"] in everything.stderr
        alone = plain("ingest", home / "in" / "locked.mp4", "--json")
        assert (alone.returncode, json.loads(alone.stdout)["failed"]) == (1, 1)


@contextmanager
def as_a_plain_user(home: Path) -> Iterator[Callable[..., subprocess.CompletedProcess[str]]]:
    """Runs `coldreel …` as ourselves, or where we are root as somebody who may not read everything."""
    uid = pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else os.geteuid()
    if not (python := python_for(uid)):
        pytest.skip("no Python of this version that a plain user may run")
    os.chown(home, uid, -1)
    settings = {"HOME": str(home), "COLDREEL_DATA_DIR": str(home / "data"), "COLDREEL_MAX_ERRORS": "1"}

    def plain(*words: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [python, "-m", "coldreel", *words], env=os.environ | settings | {"PYTHONPATH": python_path()},
            capture_output=True, text=True, cwd="/", user=uid, timeout=120,
        )  # fmt: skip

    yield plain


# --- what cannot be taken in at all ----------------------------------------


def test_a_folder_without_videos_is_told(reel: Coldreel, film: Path, tmp_path: Path) -> None:
    words(film, tmp_path / "notes.txt")
    with pytest.raises(NothingToDoError, match="no video in"):
        reel.ingest(tmp_path)


def test_a_path_that_is_not_there_is_told(reel: Coldreel) -> None:
    with pytest.raises(SourceError, match="no file or folder"):
        reel.ingest("/nowhere/at/all")


# --- again and again ----------------------------------------


def test_ingesting_again_does_nothing_and_changes_nothing(
    reel: Coldreel, film: Path, other_film: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    (folder / "sub").mkdir(parents=True)
    for source, name in ((film, "a.mp4"), (other_film, "sub/b.mp4"), (film, "sub/same as a.mp4")):
        copied(source, folder / name)
    assert reel.ingest(folder).ready == 3
    before = reel.store.items.newest(10)
    assert len(before) == 2
    for source in (folder, folder / "*.mp4", folder / "sub", folder / "a.mp4", folder / "**/*.mp4"):
        enlisted = reel.enlist(source)
        assert (enlisted.changed, enlisted.gone) == (0, 0)
    assert reel.store.items.newest(10) == before
    assert not reel.store.ledger.has_open()


def test_files_that_change_vanish_and_come_back(
    reel: Coldreel, film: Path, other_film: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    copied(film, folder / "a.mp4")
    copied(other_film, folder / "b.mp4")
    reel.ingest(folder)
    ref = reel.item("a.mp4").ref
    (folder / "a.mp4").rename(folder / "renamed.mp4")
    enlisted = reel.enlist(folder)
    assert (enlisted.changed, enlisted.gone) == (1, 1)
    reel.finish(enlisted)
    assert reel.item(ref).file == "renamed.mp4"
    copied(other_film, folder / "renamed.mp4")
    reel.ingest(folder)
    with pytest.raises(UnknownItemError):
        reel.item(ref)
    assert reel.store.items.count() == 1


def test_metadata_is_stored_as_given_beside_what_was_observed(
    reel: Coldreel, film: Path, other_film: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    copied(film, folder / "a.mp4")
    copied(other_film, folder / "b.mp4")
    (tmp_path / "m.csv").write_text(
        "file,title,tags,creator,ref\n"
        "a.mp4,My garden,green;summer,Ada,garden-1\n"
        "b.mp4,x,,,garden-1\n"
        ",nobody,,,\n"
    )
    problems: list[str] = []
    reel.enlist(folder / "a.mp4", metadata=tmp_path / "m.csv", on_problem=problems.append)
    bad_row, unmatched = problems
    assert "m.csv:4: the column file is empty" in bad_row
    assert "1 row (b.mp4)" in unmatched
    reel.ingest(folder / "a.mp4")
    item = reel.item("garden-1")
    assert (item.title, item.creator, list(item.tags[:2])) == ("My garden", "Ada", ["green", "summer"])
    assert [row.ref for row in reel.search("summer")] == ["garden-1"]
    assert reel.ingest(folder, metadata=tmp_path / "m.csv").rejected == 1
    (failure,) = reel.failures()
    assert (failure.code, "garden-1" in failure.reason) == ("ref_taken", True)


def test_metadata_given_later_replaces_what_was_given_before(
    reel: Coldreel, film: Path, tmp_path: Path
) -> None:
    reel.ingest(film)
    observed = reel.item(film.name)
    (tmp_path / "m.csv").write_text(f"file,title,creator,ref\n{film.name},Named,Ada,named\n")
    reel.ingest(film, metadata=tmp_path / "m.csv")
    item = reel.item("named")
    assert (item.id, item.title, item.creator) == (observed.id, "Named", "Ada")
    assert item.description == observed.description


def test_a_deleted_item_is_not_taken_in_again(reel: Coldreel, film: Path, tmp_path: Path) -> None:
    reel.ingest(film)
    reel.delete(reel.item(film.name).ref)
    assert film.exists()
    copied(film, tmp_path / "under another name.mp4")
    assert reel.ingest(tmp_path / "under another name.mp4").rejected == 1
    assert reel.failures()[-1].code == "deleted"
    assert reel.store.items.count() == 0


# --- from elsewhere, and for browsers ----------------------------------------


def test_a_remote_file_is_fetched_and_served_from_a_rendition(reel: Coldreel, film: Path) -> None:
    bucket = fsspec.filesystem("memory")
    try:
        bucket.pipe("/clips/film.mp4", film.read_bytes())
        bucket.pipe("/clips/words.mp4", b"words " * 100)
        progress = reel.ingest("memory://clips")
        assert (progress.ready, progress.rejected) == (1, 1)
        media = reel.store.items.media(reel.item("film.mp4").ref)
        assert (media.uri, media.playback) == ("memory:///clips/film.mp4", "rendition")
        assert reel.derived.rendition(media.content_hash).read_bytes() == film.read_bytes()
        bucket.rm("/clips/film.mp4")
        assert reel.enlist("memory://clips").gone == 1
        assert reel.store.items.count() == 0
    finally:
        bucket.store.clear()


def test_a_remote_copy_of_a_known_file_is_served_when_the_local_one_is_gone(
    reel: Coldreel, film: Path, tmp_path: Path
) -> None:
    bucket = fsspec.filesystem("memory")
    local = tmp_path / "film.mp4"
    shutil.copy(film, local)
    try:
        reel.ingest(local)
        bucket.pipe("/clips/film.mp4", film.read_bytes())
        reel.ingest("memory://clips")
        assert reel.store.items.count() == 1
        media = reel.store.items.media(reel.item("film.mp4").ref)
        assert media.playback == "rendition"
        assert reel.derived.rendition(media.content_hash).read_bytes() == film.read_bytes()
    finally:
        bucket.store.clear()


def test_a_remote_file_that_does_not_say_its_size_is_bounded_all_the_same(
    database_url: str, film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = fsspec.filesystem("memory")
    try:
        bucket.pipe("/clips/film.mp4", film.read_bytes())
        monkeypatch.setattr(type(bucket), "info", lambda *_, **__: {"type": "file", "size": None})
        with Coldreel(tmp_path / "data", database_url=database_url, workers=1, max_bytes=1000) as reel:
            reel.ingest("memory://clips/film.mp4")
            assert [failure.code for failure in reel.failures()] == ["too_large"]
    finally:
        bucket.store.clear()


def test_a_film_that_browsers_cannot_play_gets_a_rendition(reel: Coldreel, tmp_path: Path) -> None:
    media_filming.film(tmp_path / "old.avi", codec="mpeg4")
    assert reel.ingest(tmp_path / "old.avi").ready == 1
    media = reel.store.items.media(reel.item("old.avi").ref)
    assert media.playback == "rendition"
    rendition, poster = reel.derived.rendition(media.content_hash), reel.derived.poster(media.content_hash)
    assert rendition.read_bytes()[4:8] == b"ftyp"
    assert poster.read_bytes()[8:12] == b"WEBP"
    (tmp_path / "new file").touch()
    assert {path.stat().st_mode for path in (rendition, poster)} == {(tmp_path / "new file").stat().st_mode}


def test_a_rendition_that_failed_is_told_and_made_by_the_next_ingest(reel: Coldreel, tmp_path: Path) -> None:
    path = media_filming.film(tmp_path / "old.avi", codec="mpeg4")
    enlisted = reel.enlist(path)
    reel.finish(enlisted)
    reel.store.database.execute(
        b"with failed as (update ledger set state = 'failed' where stage = 'render' returning item)"
        b" update items set playback = 'none' from failed where id = failed.item"
    )
    assert [failure.uri for failure in reel.failures(enlisted.sources)] == [str(path)]
    reel.ingest(path)
    assert reel.failures(enlisted.sources) == []
    assert reel.store.items.media(reel.item("old.avi").ref).playback == "rendition"


def test_coding_anew_has_a_clock_of_its_own_and_leaves_no_half(tmp_path: Path, database_url: str) -> None:
    folder, data_dir = tmp_path / "clips", tmp_path / "data"
    folder.mkdir()
    media_filming.film(folder / "old.avi", codec="mpeg4", seconds=30, size=(1280, 720), rate=30)
    ended = run("ingest", folder, data_dir=data_dir, database_url=database_url, render_seconds=1)
    assert "COLDREEL_RENDER_SECONDS" in ended.stdout + ended.stderr
    assert {path.suffix for path in data_dir.joinpath("media").rglob("*") if path.is_file()} == {".webp"}
    with Store.open(database_url) as store:
        assert store.ledger.failures()[0].code == "render_too_slow"
        assert store.database.values(b"select errors from ledger where stage = 'render'") == [1]


def test_deleted_posters_and_renditions_are_made_anew_on_demand(
    reel: Coldreel, film: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    copied(film, folder / "film.mp4")
    copied(film, folder / "the same.mp4")
    media_filming.film(folder / "old.avi", codec="mpeg4")

    def made() -> set[str]:
        return {path.name for path in reel.derived.root.rglob("*.*")}

    reel.ingest(folder)
    before = made()
    assert len(before) == 5
    shutil.rmtree(reel.derived.root)
    reel.ingest(folder)
    assert made() == set()
    data_dir, database_url = reel.settings.data_dir, reel.settings.database_url
    assert run("ingest", folder, "--retry", data_dir=data_dir, database_url=database_url).returncode == 0
    assert made() == before
    assert reel.store.items.media(reel.item("old.avi").ref).playback == "rendition"


# --- the command ----------------------------------------


def test_with_a_database_of_ones_own_none_is_embedded(database_url: str, tmp_path: Path) -> None:
    answer = run("status", data_dir=tmp_path / "data", database_url=database_url)
    assert answer.returncode == 0, answer.stderr
    assert not (tmp_path / "data" / "postgres").exists()
