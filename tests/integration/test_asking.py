"""Whole workers and a provider that costs money and goes wrong: nothing is lost, nothing is paid twice."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asking_worker
import pytest
from asking_worker import LEDGER, Works, films

from coldreel.errors import BudgetReachedError, UnauthorisedError
from coldreel.ingest.forgetting import forget
from coldreel.model import Listing, Stage, State
from coldreel.settings import Settings
from coldreel.store.store import Store
from gemini_faults import EMBEDDING, PASSING, UPLOADING, Call, Fault, always, fine, share_of
from gemini_stand_in import KEY, GeminiStandIn, quick_clients
from gemini_wire import described

FILMS, WORKERS = 500, 3


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


NOTHING_CAME_BACK = {Fault.RATE_LIMITED, Fault.SERVER_ERROR, Fault.OVERLOADED, Fault.CUT, Fault.HALF_JSON}


def work_side_by_side(store: Store, folder: Path, settings: Settings) -> None:
    """Several processes until all is done."""
    workers = [
        subprocess.Popen(
            [sys.executable, asking_worker.__file__, store.database.url, str(folder)],
            env=os.environ | settings.exported() | {"PYTHONPATH": os.pathsep.join(sys.path)},
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(WORKERS)
    ]
    said = [worker.communicate()[1] for worker in workers]
    assert [worker.returncode for worker in workers] == [0] * WORKERS, said


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
        settings = settings_for(gemini, data_dir=tmp_path)
        work_side_by_side(store, tmp_path, settings)
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

    # On the bill is whatever came back whole, be it of use or not.
    bill = {line.purpose: line for line in store.calls.bill()}
    on_the_bill = sum(call.fault not in NOTHING_CAME_BACK for call in described)
    assert bill["describe"].calls == on_the_bill
    assert store.calls.spent() == pytest.approx(sum(line.cost for line in bill.values()))


def test_three_processes_together_keep_to_the_rate(store: Store, tmp_path: Path) -> None:
    films(store, tmp_path / "films", 16)
    times: list[float] = []

    def plan(_: Call) -> None:
        times.append(time.monotonic())

    with GeminiStandIn(plan=plan) as gemini:
        work_side_by_side(store, tmp_path, settings_for(gemini, requests_per_minute=300.0, data_dir=tmp_path))
    assert len(times) == 32
    # Five a second: any eleven calls take two seconds, or nearly so where one was held up on its way.
    assert min(later - earlier for earlier, later in zip(times, times[10:], strict=False)) > 1.0


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
        assert store.ledger.failures() == [failure]  # it was paid for once, and is known
        assert len(gemini.asked()) == 2
        store.calls.forget_refusals("gemini")
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


@pytest.mark.parametrize("moment", ["before it was sent", "before its name was known"])
def test_a_batch_whose_sender_died_is_sent_once(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    films(store, tmp_path / "films", 3)
    with GeminiStandIn() as gemini:
        works = Works(store, tmp_path, settings_for(gemini, batch=True))
        works.until_parked()
        (service,) = works.bench.services().values()
        target: object = type(service) if moment == "before it was sent" else store.batches
        with monkeypatch.context() as killed:
            killed.setattr(target, "send" if moment == "before it was sent" else "sent", _dies)
            with pytest.raises(KeyboardInterrupt):
                works.batcher().step()
        Works(store, tmp_path, settings_for(gemini)).until_done()
        assert len(gemini.batches) == 1
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
        assert len(gemini.batches) == 1  # what the budget was reserved for was asked
        Works(store, tmp_path, settings_for(gemini, batch=True, budget=1.0)).until_done()
        assert len(gemini.asked()) == 12
    assert store.ledger.progress().ready == 12


def test_items_described_anew_in_a_batch_end_too_when_they_are_refused(store: Store, tmp_path: Path) -> None:
    films(store, tmp_path / "films", 3)
    with GeminiStandIn() as gemini:
        Works(store, tmp_path, settings_for(gemini)).until_done()
        gemini.plan = lambda call: Fault.BLOCKED if call.content == b"film 1" else None
        items = store.items.answering()
        store.calls.forget_current(items, "gemini")
        store.queue.describe(items, "gemini")
        works = Works(store, tmp_path, settings_for(gemini, batch=True))
        with works.batcher():
            works.worker().run(
                lambda: not store.ledger.progress_of_items(Stage.DESCRIBE, items).open, patient=False
            )
    done = store.ledger.progress_of_items(Stage.DESCRIBE, items)
    assert (done.ready, done.failed) == (2, 1)
    (reason,) = store.ledger.failed_of(Stage.DESCRIBE, items).values()
    assert "PROHIBITED_CONTENT" in reason


def test_a_batch_that_the_provider_knows_no_more_is_sent_anew(store: Store, tmp_path: Path) -> None:
    films(store, tmp_path / "films", 3)
    with GeminiStandIn() as gemini:
        works = Works(store, tmp_path, settings_for(gemini, batch=True))
        works.until_parked()
        works.batcher().step()
        gemini.batches.clear()
        Works(store, tmp_path, settings_for(gemini, batch=True)).until_done()
    assert store.ledger.progress().ready == 3


def test_a_key_that_is_refused_when_a_batch_is_sent_stops_the_work(store: Store, tmp_path: Path) -> None:
    films(store, tmp_path / "films", 3)
    with GeminiStandIn(plan=always(Fault.FORBIDDEN, UPLOADING)) as gemini:
        works = Works(store, tmp_path, settings_for(gemini, batch=True))
        worker = works.worker()
        with pytest.raises(UnauthorisedError), works.batcher(worker.give_up):
            worker.run(lambda: not store.ledger.has_open(), patient=False)
        gemini.plan = fine
        Works(store, tmp_path, settings_for(gemini, batch=True)).until_done()
    assert store.ledger.progress().ready == 3


def test_an_answer_with_a_zero_byte_keeps_no_other_out(store: Store, tmp_path: Path) -> None:
    films(store, tmp_path / "films", 3)

    def answer(content: bytes) -> dict[str, Any]:
        return described(content) | ({"title": "A dog\0 runs"} if content == b"film 1" else {})

    with GeminiStandIn(answer=answer) as gemini:
        Works(store, tmp_path, settings_for(gemini, batch=True)).until_done()
    assert store.ledger.progress().ready == 3
    assert "A dog runs" in {item.title for item in store.items.newest(3)}


def test_a_request_that_got_lost_is_asked_anew(store: Store, tmp_path: Path) -> None:
    films(store, tmp_path / "films", 2)
    with GeminiStandIn() as gemini:
        Works(store, tmp_path, settings_for(gemini, batch=True)).until_parked()
        store.database.execute(b"delete from batch_requests")
        Works(store, tmp_path, settings_for(gemini, batch=True)).until_done()
    assert store.ledger.progress().ready == 2


def test_nothing_of_a_deleted_video_is_sent_or_kept(store: Store, tmp_path: Path) -> None:
    films(store, tmp_path / "films", 2)
    with GeminiStandIn() as gemini:
        Works(store, tmp_path, settings_for(gemini)).until_done()
        items = store.items.answering()
        store.calls.forget_current(items, "gemini")
        store.queue.describe(items, "gemini")
        works = Works(store, tmp_path, settings_for(gemini, batch=True))
        works.until_parked()
        gone, stays = store.items.cards(items)
        forget(store, works.bench.derived, tmp_path / "uploads", gone.ref)
        works = Works(store, tmp_path, settings_for(gemini, batch=True))
        with works.batcher():
            works.worker().run(
                lambda: not store.ledger.progress_of_items(Stage.DESCRIBE, [stays.id]).open, patient=False
            )
        assert len(gemini.asked()) == 3
    kept = store.database.values(b"select about from calls where answer is not null")
    assert kept == [store.items.hash_of(stays.id)]


def test_copies_that_come_at_once_are_asked_about_once(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "films"
    folder.mkdir()
    for number in range(6):
        (folder / f"{number}.mp4").write_bytes(b"the same film")
    store.sources.enlist([Listing(str(path), "1") for path in folder.iterdir()])
    with GeminiStandIn() as gemini:
        Works(store, tmp_path, settings_for(gemini)).until_done()
        assert len(gemini.asked()) == 1
    assert store.ledger.progress().ready == 6


def _dies(*_: object, **__: object) -> None:
    """Killed at this very moment: nothing after it is done."""
    raise KeyboardInterrupt
