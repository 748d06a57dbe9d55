"""Whatever is killed in the middle of an ingest: nothing is lost, nothing is there twice, nothing is left."""

from __future__ import annotations

import random
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from embedded_user import cleaned, eventually, running_in
from ingest_runs import END_S, all_gone, catalogue, family, kill, processes_for, run, shorts_in, start

from coldreel.errors import DatabaseError
from coldreel.media.demo import DemoShort
from coldreel.model import Progress
from coldreel.store.embedded.server import EmbeddedServer, status
from coldreel.store.store import Store

FILMS, FEW_FILMS = 24, 10
KILLS = {"worker": 6, "decoder": 8, "up": 3, "database": 3}
SEED = 20
LEASE_S = 2
SETTINGS: dict[str, Any] = {"workers": 1, "lease_s": LEASE_S, "max_errors": 100, "max_lost_leases": 100}
"""Short leases, and patience for far more kills than a night of bad luck would bring."""


@pytest.fixture
def films(demo_clips: list[DemoShort], tmp_path: Path) -> Path:
    return shorts_in(tmp_path / "films", demo_clips, FILMS)


@pytest.fixture
def few_films(demo_clips: list[DemoShort], tmp_path: Path) -> Path:
    return shorts_in(tmp_path / "films", demo_clips, FEW_FILMS)


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


def assert_everything_is_there_once(store: Store, films: int) -> None:
    counts = store.database.tuples(
        b"select (select count(*) from sources), (select count(distinct item) from sources),"
        b" (select count(*) from items), (select count(distinct content_hash) from items),"
        b" (select count(*) from descriptions where current), (select count(*) from descriptions),"
        b" (select count(*) from vectors), (select count(distinct item) from vectors),"
        b" (select count(*) from ledger where stage = 'watch' and state = 'ready' and due is null),"
        b" (select count(*) from ledger where stage = 'watch')"
    )
    assert counts == [(films,) * 10]
    assert store.items.count() == films
    assert not store.ledger.has_open()


def patiently(store: Store) -> Progress:
    """How far the work is, asked again while the database is away."""
    while True:
        try:
            return store.ledger.progress()
        except DatabaseError:
            continue


def is_beyond(store: Store, count: int) -> bool:
    return patiently(store).ready > count


def wait_until_ready(store: Store, count: int) -> None:
    assert eventually(lambda: patiently(store).ready >= count, END_S), patiently(store)


# --- twenty kills ----------------------------------------


class Crew:
    """A `coldreel worker` and a `coldreel up`, which has a second one; started again when they are gone."""

    def __init__(self, films: Path, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._log = films.parent / "crew.log"
        self._hired: dict[str, subprocess.Popen[str]] = {}
        self._jobs: dict[str, list[object]] = {"worker": ["worker"], "up": ["up", films, "--port", "0"]}
        self.fill_up()

    def fill_up(self) -> None:
        for name, words in self._jobs.items():
            if name not in self._hired or self._hired[name].poll() is not None:
                self._hired[name] = start(*words, data_dir=self._data_dir, log=self._log, **SETTINGS)

    def named(self, name: str) -> list[psutil.Process]:
        """The processes of one kind: worker, decoder, up, database."""
        if name == "database":
            pid = status(self._data_dir).pid
            return [psutil.Process(pid)] if pid is not None else []
        if name == "up":
            return family(self._hired["up"])[:1]
        mark = {"worker": ["coldreel", "worker"], "decoder": ["-c"]}[name]
        return [
            process for process in processes_for(self._data_dir) if mark == command_of(process)[: len(mark)]
        ]

    def strike(self, name: str, dice: random.Random) -> bool:
        """Kill one process of a kind; False when there is none at the moment."""
        found = self.named(name)
        return bool(found) and kill([dice.choice(found)]) == 1

    def dismiss(self) -> None:
        kill(processes_for(self._data_dir))
        for process in self._hired.values():
            process.wait()


def command_of(process: psutil.Process) -> list[str]:
    """What Python was told to run."""
    try:
        return [word for word in process.cmdline()[1:] if word != "-m"]
    except psutil.NoSuchProcess:
        return []


def test_twenty_kills_during_an_ingest_cost_time_and_nothing_else(films: Path, data_dir: Path) -> None:
    dice, victims = random.Random(SEED), [name for name, times in KILLS.items() for _ in range(times)]
    dice.shuffle(victims)
    with catalogue(data_dir) as store:
        crew = Crew(films, data_dir)
        try:
            wait_until_ready(store, 1)
            for number, name in enumerate(victims):
                # At the latest when one more film is ready, so that the kills come before the end.
                eventually(partial(is_beyond, store, number), dice.uniform(0.1, 1.0))
                assert eventually(partial(crew.strike, name, dice)), name
                crew.fill_up()
            assert patiently(store).open > 0
            wait_until_ready(store, FILMS)
            assert eventually(lambda: not store.ledger.has_open())
            assert_everything_is_there_once(store, FILMS)
        finally:
            crew.dismiss()


# --- one kill ----------------------------------------


def test_everything_killed_at_once_and_a_plain_ingest_finishes(few_films: Path, data_dir: Path) -> None:
    with cleaned(data_dir):
        ingest = start("ingest", few_films, data_dir=data_dir, **SETTINGS)
        assert eventually(lambda: "decoder" in kinds(data_dir), END_S)
        time.sleep(1.0)  # some way into the work
        kill([*running_in(data_dir), *processes_for(data_dir)])
        ingest.communicate()
        assert eventually(lambda: not running_in(data_dir))
        answer = run("ingest", few_films, data_dir=data_dir)
        assert answer.returncode == 0, answer.stderr
        with EmbeddedServer(data_dir) as url, Store.open(url) as store:
            assert_everything_is_there_once(store, FEW_FILMS)


def kinds(data_dir: Path) -> set[str]:
    return {"decoder" for process in processes_for(data_dir) if command_of(process)[:1] == ["-c"]}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_ingest_hands_its_work_back_and_the_next_goes_on(
    few_films: Path, data_dir: Path, number: signal.Signals
) -> None:
    with catalogue(data_dir) as store:
        ingest = start("ingest", few_films, data_dir=data_dir, workers=2)
        wait_until_ready(store, 2)
        ingest.send_signal(number)
        _, told = ingest.communicate(timeout=END_S)
        assert (ingest.returncode, "Traceback" in told) == (130, False)
        assert "the next run goes on from here" in told
        left = store.ledger.progress()
        assert (left.working, left.failed, left.total) == (0, 0, FEW_FILMS)
        assert 0 < left.waiting == FEW_FILMS - left.ready
        lost = b"select sum(lost_leases + errors) from ledger"
        assert run("ingest", few_films, data_dir=data_dir).returncode == 0
        assert store.database.value(lost) == 0
        assert_everything_is_there_once(store, FEW_FILMS)


def test_a_worker_goes_on_when_its_database_was_killed(few_films: Path, data_dir: Path) -> None:
    with catalogue(data_dir) as store:
        run("ingest", few_films, "--no-work", data_dir=data_dir)
        worker = start("worker", data_dir=data_dir, **SETTINGS)
        try:
            for count in (1, 4):
                wait_until_ready(store, count)
                kill([psutil.Process(status(data_dir).pid)])
            wait_until_ready(store, FEW_FILMS)
            assert worker.poll() is None
            assert_everything_is_there_once(store, FEW_FILMS)
        finally:
            kill(family(worker))
            _, told = worker.communicate()
        assert "started again" in told
        assert "Traceback" not in told


def test_a_server_stopped_on_purpose_stays_stopped_until_the_next_command(data_dir: Path) -> None:
    with catalogue(data_dir):
        log = data_dir.parent / "worker.log"
        worker = start("worker", data_dir=data_dir, log=log, **SETTINGS)
        assert eventually(lambda: "taken" in log.read_text(), END_S)  # it says so when it is in
        assert run("stop", data_dir=data_dir).returncode == 0
        time.sleep(2.5)  # the worker has looked twice
        assert not status(data_dir).running
        assert run("status", data_dir=data_dir).returncode == 0
        assert status(data_dir).running
        assert worker.poll() is None
        kill(family(worker))
        worker.wait()


# --- what is left ----------------------------------------


def test_nothing_is_left_when_an_ingest_has_ended(demo_clips: list[DemoShort], data_dir: Path) -> None:
    with cleaned(data_dir):
        with EmbeddedServer(data_dir, idle_s=1):  # the first user decides how long the keeper waits
            assert run("ingest", demo_clips[0].path, data_dir=data_dir).returncode == 0
            assert processes_for(data_dir) == []
            assert running_in(data_dir) != []
        assert eventually(lambda: not running_in(data_dir))


@pytest.fixture
def up(data_dir: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A running `coldreel up` and its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with cleaned(data_dir):
        process = start("up", "--port", port, data_dir=data_dir, **SETTINGS)
        assert process.stdout is not None
        assert f"http://127.0.0.1:{port}" in process.stdout.readline()
        try:
            yield process, f"http://127.0.0.1:{port}"
        finally:
            kill(processes_for(data_dir))
            process.communicate()


def answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/api/items", timeout=END_S).status_code == 200
    except httpx.HTTPError:
        return False


def test_the_parts_of_up_go_with_it(up: tuple[subprocess.Popen[str], str]) -> None:
    process, address = up
    assert answers(address)
    parts = family(process)
    assert len(parts) >= 3
    process.kill()
    assert all_gone(parts)


@pytest.mark.parametrize("part", ["serve", "worker"])
def test_a_part_that_was_killed_is_started_again(up: tuple[subprocess.Popen[str], str], part: str) -> None:
    process, address = up
    killed = [each for each in family(process) if command_of(each) == ["coldreel", part]]
    own_children = [child for each in killed for child in each.children(recursive=True)]
    kill(killed[:1])
    assert all_gone([*killed[:1], *own_children])
    assert eventually(lambda: [*map(command_of, family(process))].count(["coldreel", part]) >= 1)
    assert eventually(lambda: answers(address))
    assert process.poll() is None


def test_up_answers_again_when_its_database_was_killed(
    up: tuple[subprocess.Popen[str], str], data_dir: Path
) -> None:
    process, address = up
    parts = family(process)
    kill([psutil.Process(status(data_dir).pid)])
    assert eventually(lambda: answers(address), END_S)
    assert {part.pid for part in family(process)} >= {part.pid for part in parts}
