"""Whole workers and a provider that costs money and goes wrong: nothing is lost, nothing is paid twice."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import asking_worker
import pytest
from asking_worker import LEDGER, Works, films

from coldreel.errors import BudgetReachedError, UnauthorisedError
from coldreel.model import State
from coldreel.settings import Settings
from coldreel.store.store import Store
from gemini_faults import EMBEDDING, PASSING, Call, Fault, always, fine, share_of
from gemini_stand_in import KEY, GeminiStandIn, quick_clients

FILMS, WORKERS = 500, 3
PER_MINUTE = 6000.0


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    with Store.open(database_url, LEDGER, connections=12) as store:
        yield store


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    quick_clients(monkeypatch, tmp_path)


def settings_for(gemini: GeminiStandIn, **more: object) -> Settings:
    return Settings.load(
        provider="gemini",
        gemini_api_key=KEY,
        gemini_base_url=gemini.url,
        requests_per_minute=more.pop("requests_per_minute", 1e6),
        **more,
    )


def trouble(call: Call) -> Fault | None:
    """One in ten videos meets an error that passes, one in fifty is refused for good; so with the words."""
    if call.purpose == EMBEDDING:
        return share_of(call.content, 0.1, PASSING[:4]) if call.before == 0 else None
    if share_of(call.content[::-1], 0.02) is not None:
        return Fault.BLOCKED
    return share_of(call.content, 0.1) if call.before == 0 else None


def test_many_items_many_errors_three_processes(store: Store, tmp_path: Path) -> None:
    contents = films(store, tmp_path / "films", FILMS)
    with GeminiStandIn(plan=trouble) as gemini:
        settings = settings_for(gemini, requests_per_minute=PER_MINUTE, data_dir=tmp_path)
        begun = time.monotonic()
        workers = [
            subprocess.Popen(
                [sys.executable, asking_worker.__file__, store.database.url, str(tmp_path)],
                env=os.environ | settings.exported() | {"PYTHONPATH": os.pathsep.join(sys.path)},
                stderr=subprocess.PIPE,
                text=True,
            )
            for _ in range(WORKERS)
        ]
        said = [worker.communicate()[1] for worker in workers]
        assert [worker.returncode for worker in workers] == [0] * WORKERS, said
        seconds = time.monotonic() - begun
        described, embedded = gemini.asked(), gemini.asked(EMBEDDING)

    refused = {content for content in contents if share_of(content[::-1], 0.02) is not None}
    progress = store.ledger.progress()
    assert (progress.ready, progress.failed) == (FILMS - len(refused), len(refused))
    assert 0 < len(refused) < 30
    failures = store.ledger.failures()
    assert {failure.code for failure in failures} == {"refused"}
    assert all("PROHIBITED_CONTENT" in failure.reason for failure in failures)

    # Described once, and once more only where the first answer was of no use.
    asked = Counter(call.content for call in described)
    assert set(asked) == set(contents)
    for content, times in asked.items():
        again = share_of(content, 0.1) is not None and content not in refused
        assert times == 1 + again, (content, times)
    # Words are embedded once, and again only where that went wrong.
    assert len(embedded) == progress.ready + sum(call.fault is not None for call in embedded)

    bill = {line.purpose: line for line in store.calls.bill()}
    fine_answers = sum(call.fault is None for call in described)
    assert bill["describe"].calls >= fine_answers
    assert bill["describe"].input_tokens >= 1000 * fine_answers
    assert store.calls.spent() == pytest.approx(sum(line.cost for line in bill.values()))

    # All together kept to the rate; the first call of each slot had nobody before it.
    assert len(described) + len(embedded) <= PER_MINUTE / 60 * seconds + 1


def test_a_refusal_is_an_end_with_its_reason_and_another_provider_may_be_asked(
    store: Store, tmp_path: Path
) -> None:
    films(store, tmp_path / "films", 2)
    with GeminiStandIn(plan=lambda call: Fault.BLOCKED if call.content == b"film 1" else None) as gemini:
        Works(store, tmp_path, settings_for(gemini)).until_done()
        (failure,) = store.ledger.failures()
        assert (failure.state, failure.code) == (State.FAILED, "refused")
        assert "PROHIBITED_CONTENT" in failure.reason
        assert store.ledger.failed_sources() == [failure.source]
        gemini.plan = fine
        store.queue.watch([failure.source], "gemini")
        Works(store, tmp_path, settings_for(gemini)).until_done()
        assert Counter(call.content for call in gemini.asked()) == {b"film 0": 1, b"film 1": 2}
    assert store.ledger.progress().ready == 2


def test_work_stops_when_the_budget_is_spent_and_goes_on_with_a_higher_one(
    store: Store, tmp_path: Path
) -> None:
    contents = films(store, tmp_path / "films", 12)
    with GeminiStandIn() as gemini:
        with pytest.raises(BudgetReachedError, match=r"of the budget of \$0\.0[0-9]"):
            Works(store, tmp_path, settings_for(gemini, budget=0.01)).until_done()
        stopped = store.ledger.progress()
        assert 0 < stopped.ready < 12
        assert (stopped.waiting, stopped.working, stopped.failed) == (12 - stopped.ready, 0, 0)
        assert store.calls.spent() <= 0.01
        Works(store, tmp_path, settings_for(gemini, budget=1.0)).until_done()
        assert Counter(call.content for call in gemini.asked()) == dict.fromkeys(contents, 1)
    assert store.ledger.progress().ready == 12


def test_a_key_that_is_refused_stops_the_work_and_fails_no_file(store: Store, tmp_path: Path) -> None:
    films(store, tmp_path / "films", 3)
    with GeminiStandIn(plan=always(Fault.FORBIDDEN)) as gemini:
        with pytest.raises(UnauthorisedError):
            Works(store, tmp_path, settings_for(gemini)).until_done()
        assert store.ledger.progress().waiting == 3
        gemini.plan = fine
        Works(store, tmp_path, settings_for(gemini)).until_done()
    assert store.ledger.progress().ready == 3


# --- batches ----------------------------------------


def test_a_batch_describes_all_for_half_the_price(store: Store, tmp_path: Path) -> None:
    films(store, tmp_path / "films", 8)
    with GeminiStandIn() as gemini:
        Works(store, tmp_path, settings_for(gemini, batch=True)).until_done()
        assert len(gemini.batches) == 1
        assert len(gemini.asked()) == 8
    assert store.ledger.progress().ready == 8
    (line,) = (line for line in store.calls.bill() if line.purpose == "describe")
    assert line.calls == 8
    prices = Settings.load()
    in_full = line.input_tokens * prices.gemini_input_price + line.output_tokens * prices.gemini_output_price
    assert line.cost == pytest.approx(in_full / 2e6)
    assert store.calls.spent() == pytest.approx(sum(line.cost for line in store.calls.bill()))


def test_a_restart_while_a_batch_is_out_pays_for_nothing_twice(store: Store, tmp_path: Path) -> None:
    films(store, tmp_path / "films", 5)
    with GeminiStandIn(batch_looks=None) as gemini:
        works = Works(store, tmp_path, settings_for(gemini, batch=True))
        works.until_parked()
        works.batcher().step()
        assert store.batches.out().requests == 5
        # Another process, later, that was not even told to ask in batches.
        gemini.finish()
        Works(store, tmp_path, settings_for(gemini)).until_done()
        assert len(gemini.batches) == 1
        assert len(gemini.asked()) == 5
    assert store.ledger.progress().ready == 5
    assert store.batches.out().requests == 0


def test_a_batch_whose_sender_died_before_it_knew_its_name_is_found_again(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    films(store, tmp_path / "films", 3)
    with GeminiStandIn() as gemini:
        works = Works(store, tmp_path, settings_for(gemini, batch=True))
        works.until_parked()
        monkeypatch.setattr(store.batches, "sent", _dies)
        with pytest.raises(KeyboardInterrupt):
            works.batcher().step()
        monkeypatch.undo()
        quick_clients(monkeypatch, tmp_path)
        Works(store, tmp_path, settings_for(gemini)).until_done()
        assert len(gemini.batches) == 1
        assert len(gemini.asked()) == 3
    assert store.ledger.progress().ready == 3


def test_a_batch_that_was_never_sent_is_sent_after_all(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    films(store, tmp_path / "films", 3)
    with GeminiStandIn() as gemini:
        works = Works(store, tmp_path, settings_for(gemini, batch=True))
        works.until_parked()
        (service,) = works.bench.services().values()
        monkeypatch.setattr(type(service), "send", _dies)
        with pytest.raises(KeyboardInterrupt):
            works.batcher().step()
        monkeypatch.undo()
        quick_clients(monkeypatch, tmp_path)
        Works(store, tmp_path, settings_for(gemini)).until_done()
        assert len(gemini.asked()) == 3
    assert store.ledger.progress().ready == 3


def test_what_a_batch_did_not_answer_is_asked_again_and_a_refusal_is_not(
    store: Store, tmp_path: Path
) -> None:
    def plan(call: Call) -> Fault | None:
        if call.content == b"film 0":
            return Fault.BLOCKED
        return Fault.OVERLOADED if call.content == b"film 1" and call.before == 0 else None

    films(store, tmp_path / "films", 4)
    with GeminiStandIn(plan=plan) as gemini:
        Works(store, tmp_path, settings_for(gemini, batch=True)).until_done()
        asked = Counter(call.content for call in gemini.asked())
    assert asked == {b"film 0": 1, b"film 1": 2, b"film 2": 1, b"film 3": 1}
    assert [failure.code for failure in store.ledger.failures()] == ["refused"]
    assert store.ledger.progress().ready == 3
    assert store.calls.spent() == pytest.approx(sum(line.cost for line in store.calls.bill()))


def test_a_batch_that_came_to_nothing_is_sent_anew(store: Store, tmp_path: Path) -> None:
    films(store, tmp_path / "films", 3)
    with GeminiStandIn(batch_looks=None) as gemini:
        works = Works(store, tmp_path, settings_for(gemini, batch=True))
        works.until_parked()
        works.batcher().step()
        gemini.finish("BATCH_STATE_FAILED")
        gemini.batch_looks = 1
        Works(store, tmp_path, settings_for(gemini, batch=True)).until_done()
        assert len(gemini.batches) == 2
    assert store.ledger.progress().ready == 3


def test_a_batch_does_not_go_over_the_budget(store: Store, tmp_path: Path) -> None:
    films(store, tmp_path / "films", 12)
    with GeminiStandIn() as gemini:
        with pytest.raises(BudgetReachedError):
            Works(store, tmp_path, settings_for(gemini, batch=True, budget=0.01)).until_done()
        Works(store, tmp_path, settings_for(gemini, batch=True, budget=1.0)).until_done()
        assert len(gemini.asked()) == 12
    assert store.ledger.progress().ready == 12


def _dies(*_: object, **__: object) -> None:
    """Killed at this very moment: nothing after it is done."""
    raise KeyboardInterrupt
