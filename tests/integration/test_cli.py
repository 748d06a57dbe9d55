"""The command line: data on stdout, the rest on stderr, and exit codes that can be relied on."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import typer.main

from api_site import COLDREEL, coldreel, environment
from coldreel import Coldreel
from coldreel.cli.application import app
from coldreel.media.demo import DemoShort
from coldreel.model import Event, EventKind
from coldreel.store.embedded.server import stop
from coldreel.store.store import Store
from event_ids import uuid7

COMMANDS = sorted(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
PROGRESS = {"waiting", "working", "ready", "failed", "rejected", "rendering", "awaiting", "seconds"}


def _json(*arguments: str | Path) -> Any:
    ended = coldreel(*arguments, "--json")
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def _error(ended: subprocess.CompletedProcess[str], status: int = 1) -> str:
    """Check that it failed with a sentence and nothing else; returns the sentence."""
    assert ended.returncode == status, ended.stderr
    assert ended.stdout == ""
    assert "Traceback" not in ended.stderr
    return ended.stderr


# --- a catalogue of its own ----------------------------------------


@dataclass(frozen=True, slots=True)
class Taken:
    """Clips that were taken in: two of one name, one that is no video and one that is empty."""

    clips: Path
    data: Path
    said: subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def taken(demo_clips: list[DemoShort], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Taken]:
    home = tmp_path_factory.mktemp("command line")
    clips, data = home / "my clips", home / "my data"
    for folder, short in zip("ab", demo_clips, strict=False):
        (clips / folder).mkdir(parents=True)
        shutil.copy(short.path, clips / folder / "same name.mp4")
    (clips / "notes.mp4").write_text("not a film")
    (clips / "empty.mp4").touch()
    yield Taken(clips, data, coldreel("ingest", clips, "--data-dir", data, "--json"))
    stop(data)


def test_ingest_says_how_many_sources_ended_how(taken: Taken) -> None:
    assert taken.said.returncode == 0
    said = json.loads(taken.said.stdout)
    assert set(said) == PROGRESS
    assert said == said | {"waiting": 0, "working": 0, "ready": 2, "failed": 0, "rejected": 2}
    assert said["seconds"] > 0


def test_ingest_says_on_stderr_who_described_and_what_was_refused(taken: Taken) -> None:
    assert "signals was taken" in taken.said.stderr
    for name in ("notes.mp4", "empty.mp4"):
        (line,) = [line for line in taken.said.stderr.splitlines() if name in line]
        assert "rejected" in line


def test_in_a_pipe_there_is_no_progress_bar(taken: Taken) -> None:
    assert "\x1b" not in taken.said.stderr
    assert "\r" not in taken.said.stderr
    assert "watching" not in taken.said.stderr


def test_ingest_again_does_nothing_and_succeeds(taken: Taken) -> None:
    said = _json("ingest", taken.clips, "--data-dir", taken.data)
    assert (said["ready"], said["rejected"]) == (2, 2)
    counts = coldreel("ingest", taken.clips, "--data-dir", taken.data)
    assert counts.stdout == ""
    assert "2 ready, 2 rejected" in counts.stderr


def test_ingest_of_what_is_no_use_fails(taken: Taken) -> None:
    ended = coldreel("ingest", taken.clips / "notes.mp4", "--data-dir", taken.data, "--json")
    assert ended.returncode == 1
    assert json.loads(ended.stdout)["rejected"] == 1


def test_only_enlisting_is_a_success_with_work_to_do(taken: Taken, demo_clips: list[DemoShort]) -> None:
    said = _json("ingest", demo_clips[2].path, "--no-work", "--data-dir", taken.data)
    assert (said["waiting"], said["ready"]) == (1, 0)
    said = _json("ingest", demo_clips[2].path, "--data-dir", taken.data)
    assert (said["waiting"], said["ready"]) == (0, 1)


def test_status_counts_sources(taken: Taken) -> None:
    said = _json("status", "--data-dir", taken.data)
    assert set(said) == PROGRESS | {"calls", "spent"}
    assert (said["ready"] >= 2, said["rejected"]) == (True, 2)


def test_status_lists_failures_with_reasons(taken: Taken) -> None:
    failures = _json("status", "--failures", "--data-dir", taken.data)
    assert [set(failure) for failure in failures] == [{"uri", "state", "code", "reason"}] * 2
    assert [(Path(f["uri"]).name, f["state"], f["code"]) for f in failures] == [
        ("empty.mp4", "rejected", "empty"),
        ("notes.mp4", "rejected", "not_a_video"),
    ]
    assert all(failure["reason"] for failure in failures)


def test_status_says_how_many_failures_there_are_when_it_does_not_list_all(
    store: Store, store_url: str, tmp_path: Path
) -> None:
    def listed() -> tuple[int, str]:
        env = environment(COLDREEL_DATABASE_URL=store_url)
        ended = coldreel("status", "--failures", "--json", "--data-dir", tmp_path, env=env)
        assert ended.returncode == 0, ended.stderr
        return len(json.loads(ended.stdout)), ended.stderr

    _reject(store, 10_000)
    assert listed() == (10_000, "")
    _reject(store, 2_345)
    count, said = listed()
    assert count == 10_000
    assert "the first 10,000" in said
    assert "12,345 were rejected" in said


def _reject(store: Store, count: int) -> None:
    """So many more files that were no use."""
    store.database.execute(
        b"with files as ("
        b"  insert into sources (uri, version)"
        b"  select '/clips/' || gen_random_uuid() || '.mp4', '1' from generate_series(1, %(count)s)"
        b"  returning id)"
        b" insert into ledger (source, stage, state, due) select id, 'watch', 'rejected', null from files",
        {"count": count},
    )


def test_a_file_name_that_two_items_have_is_answered_with_their_refs(taken: Taken) -> None:
    said = _error(coldreel("similar", "same name.mp4", "--data-dir", taken.data))
    for folder in "ab":
        assert f"(by {folder})" in said
    refs = [word for word in said.replace(",", " ").split() if len(word) == 12 and word.isalnum()]
    assert len(refs) == 2
    assert _json("similar", refs[0], "--data-dir", taken.data)[0]["ref"] == refs[0]


# --- asking ----------------------------------------


def test_similar_gives_the_table_of_the_mission(demo_catalogue: Path, demo_clips: list[DemoShort]) -> None:
    name = demo_clips[0].path.name
    rows = _json("similar", name, "-k", "4", "--data-dir", demo_catalogue)
    assert [list(row) for row in rows] == [["ref", "file", "title", "cosine_similarity"]] * 4
    assert (rows[0]["file"], rows[0]["cosine_similarity"]) == (name, 1.0)

    table = coldreel("similar", name, "--data-dir", demo_catalogue)
    head, first, *others = table.stdout.splitlines()
    assert head.split() == ["file", "title", "cosine_similarity"]
    assert first.startswith(name)
    assert first.endswith("1.000000")
    assert len(others) == 4
    assert table.stderr == ""


def test_search_gives_scores(demo_catalogue: Path) -> None:
    rows = _json("search", "fish", "-k", "3", "--data-dir", demo_catalogue)
    assert [list(row) for row in rows] == [["ref", "file", "title", "score"]] * len(rows)
    assert "fish" in rows[0]["title"].lower()


def test_several_words_need_no_quotes(demo_catalogue: Path) -> None:
    loose = coldreel("search", "colourful", "fish", "--data-dir", demo_catalogue, "--json")
    quoted = coldreel("search", "colourful fish", "--data-dir", demo_catalogue, "--json")
    assert loose.stdout == quoted.stdout != "[]\n"


def test_search_for_nonsense_finds_nothing_and_says_so(demo_catalogue: Path) -> None:
    assert _json("search", "xqzvw", "--data-dir", demo_catalogue) == []
    told = coldreel("search", "xqzvw", "--data-dir", demo_catalogue)
    assert (told.returncode, told.stdout) == (0, "")
    assert "Nothing answers" in told.stderr


def test_a_feed_comes_with_its_request_id_and_reasons(demo_catalogue: Path) -> None:
    page = _json("feed", "--user", "command-line", "-n", "3", "--data-dir", demo_catalogue)
    assert set(page) == {"request_id", "items"}
    assert len(page["items"]) == 3
    assert all(
        list(row) == ["ref", "file", "title", "slot", "origin", "reason"] and row["reason"]
        for row in page["items"]
    )


def test_a_feed_that_is_used_up_does_not_call_the_catalogue_empty(reel: Coldreel) -> None:
    arguments = ("feed", "--user", "greedy", "-n", "20", "--data-dir", reel.settings.data_dir)
    first, second = ({row["ref"] for row in _json(*arguments)["items"]} for _ in range(2))
    assert (len(first), second) == (20, first)  # none of them was watched
    now = datetime.now(UTC)
    views = [Event(uuid7(now, uuid4().int % 2**60), "greedy", ref, EventKind.VIEW, now, 3.0) for ref in first]
    assert reel.feedback(views).accepted == 20
    used_up = coldreel(*arguments, env=environment(COLDREEL_SHOW_AGAIN="false"))
    assert (used_up.returncode, used_up.stdout) == (0, "")
    assert used_up.stderr.startswith("Nothing may be shown to this user now: all was seen")


def test_an_unknown_ref_is_an_error_that_names_the_nearest(
    demo_catalogue: Path, demo_clips: list[DemoShort]
) -> None:
    name = demo_clips[0].path.name
    said = _error(coldreel("similar", name.replace("short-", "shrt-"), "--data-dir", demo_catalogue))
    assert "There is no item" in said
    assert name in said


# --- wrong use ----------------------------------------


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str) -> None:
    ended = coldreel(command, "--help")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert f"coldreel {command}" in ended.stdout
    keeps_nothing = {"proxy", "models", "simulate"}  # but what it is told to make
    assert "--data-dir" in ended.stdout or command in keeps_nothing


def test_the_help_names_every_command() -> None:
    said = coldreel("-h").stdout
    assert {"up", "demo", "ingest", "status", "similar", "search", "feed", "doctor", "stop"} <= set(COMMANDS)
    assert all(command in said for command in COMMANDS)


def test_it_knows_its_version() -> None:
    ended = coldreel("--version")
    assert (ended.returncode, ended.stdout.split()[0]) == (0, "coldreel")


@pytest.mark.parametrize(
    "arguments",
    [
        ["dance"],
        ["similar"],
        ["similar", "x", "-k", "0"],
        ["feed"],
        ["feed", "--user", "x", "-n", "51"],
        ["status", "--loud"],
    ],
    ids=" ".join,
)
def test_wrong_use_is_status_two_with_the_usage(arguments: list[str], tmp_path: Path) -> None:
    ended = coldreel(*arguments, env=environment(COLDREEL_DATA_DIR=str(tmp_path / "data")))
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "Usage: coldreel" in ended.stderr
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("name", "value", "also"),
    [
        ("COLDREEL_WORKERS", "many", "many"),
        ("COLDREEL_PORT", "70000", "70000"),
        ("COLDREEL_WORKRES", "2", "did you mean COLDREEL_WORKERS"),
        ("COLDREEL_PROVIDER", "nobody", "signals"),
    ],
)
def test_a_wrong_setting_is_named(demo_catalogue: Path, name: str, value: str, also: str) -> None:
    env = environment(**{name: value})
    said = _error(coldreel("search", "fish", "--data-dir", demo_catalogue, env=env))
    assert also in said
    assert name in said


@pytest.mark.parametrize("what", ["an empty folder", "no such folder", "only other files"])
def test_nothing_to_ingest_is_an_error(taken: Taken, tmp_path: Path, what: str) -> None:
    folder = tmp_path / "here"
    if what != "no such folder":
        folder.mkdir()
    if what == "only other files":
        (folder / "notes.txt").write_text("notes")
    said = _error(coldreel("ingest", folder, "--data-dir", taken.data))
    assert str(folder) in said or "No video" in said


def test_a_data_folder_that_is_a_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    said = _error(coldreel("status", "--data-dir", tmp_path / "data"))
    assert "--data-dir" in said


def test_a_database_that_does_not_answer_is_an_error() -> None:
    nobody = "postgresql://nobody@127.0.0.1:1/nothing?connect_timeout=1"
    said = _error(coldreel("status", env=environment(COLDREEL_DATABASE_URL=nobody)))
    assert "COLDREEL_DATABASE_URL" in said


def test_a_port_in_use_is_an_error_that_names_it(demo_catalogue: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for command in ("serve", "up"):
            said = _error(coldreel(command, "--port", port, "--data-dir", demo_catalogue))
            assert port in said
            assert "--port" in said
            assert "COLDREEL_PORT" in said


@pytest.mark.parametrize(
    "host", ["192.0.2.1", "no-such-host.invalid", "x" * 64], ids=["other", "none", "odd"]
)
def test_a_host_that_is_not_this_machine_is_an_error_that_names_it(demo_catalogue: Path, host: str) -> None:
    env = environment(COLDREEL_HOST=host, COLDREEL_PORT="0", COLDREEL_API_KEY="sixteen letters!")
    said = _error(coldreel("serve", "--data-dir", demo_catalogue, env=env))
    assert f"Cannot listen on {host}" in said
    assert "COLDREEL_HOST" in said


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_a_part_that_cannot_start_says_why_in_one_sentence(demo_catalogue: Path, command: str) -> None:
    env = environment(COLDREEL_PROVIDER="nobody", COLDREEL_PORT="0")
    said = _error(coldreel(command, "--data-dir", demo_catalogue, env=env))
    assert "There is no provider nobody" in said


# --- minding ----------------------------------------


def test_doctor_finds_this_machine_well(demo_catalogue: Path) -> None:
    findings = _json("doctor", "--data-dir", demo_catalogue)
    assert all(set(finding) == {"what", "ok", "text"} and finding["text"] for finding in findings)
    assert {"data folder", "database", "provider signals", "decoder"} <= {f["what"] for f in findings}
    assert str(demo_catalogue) in coldreel("doctor", "--data-dir", demo_catalogue).stdout


def test_doctor_starts_and_makes_nothing(tmp_path: Path) -> None:
    assert coldreel("doctor", "--data-dir", tmp_path / "new").returncode == 0
    assert not (tmp_path / "new").exists()


def test_doctor_says_what_is_wrong_and_fails() -> None:
    nobody = "postgresql://nobody@127.0.0.1:1/nothing?connect_timeout=1"
    ended = coldreel("doctor", "--json", env=environment(COLDREEL_DATABASE_URL=nobody))
    assert ended.returncode == 1
    assert [f["what"] for f in json.loads(ended.stdout) if not f["ok"]] == ["database"]


@pytest.mark.skipif(os.geteuid() == 0 and not shutil.which("setpriv"), reason="needs setpriv to leave root")
@pytest.mark.parametrize("below", ["", "not there yet"])
def test_doctor_finds_a_data_folder_that_cannot_be_written(tmp_path: Path, below: str) -> None:
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    # Root writes everywhere by a capability; without it a folder is closed to root as to anybody.
    wrapper = ["setpriv", "--bounding-set=-dac_override"] if os.geteuid() == 0 else []
    command: list[str | Path] = [*wrapper, COLDREEL, "doctor", "--json", "--data-dir", locked / below]
    ended = subprocess.run(command, capture_output=True, text=True, env=environment(), timeout=60)
    assert ended.returncode == 1, ended.stderr
    (finding,) = [f for f in json.loads(ended.stdout) if not f["ok"]]
    assert finding["what"] == "data folder"
    assert f"{locked} cannot be written; choose another --data-dir" in finding["text"]


def test_the_database_can_be_stopped_twice(tmp_path: Path) -> None:
    data = tmp_path / "data"
    assert coldreel("status", "--data-dir", data).returncode == 0
    first, second = (coldreel("stop", "--data-dir", data) for _ in range(2))
    assert [(ended.returncode, ended.stdout) for ended in (first, second)] == [(0, "")] * 2
    assert "Stopped" in first.stderr
    assert "not running" in second.stderr


def test_a_reader_that_has_had_enough_is_no_trouble(demo_catalogue: Path) -> None:
    command = f"'{COLDREEL}' status --json --data-dir '{demo_catalogue}' | true"
    ended = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False, timeout=60)
    assert ended.stderr == ""
