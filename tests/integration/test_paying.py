"""One meter for all workers: nothing is paid for twice, the budget holds, and everybody waits in line."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest

from coldreel.errors import (
    BadAnswerError,
    BudgetReachedError,
    RateLimitedError,
    RefusedError,
    UnavailableError,
)
from coldreel.ingest.paying import MeterRules, SharedMeter
from coldreel.store.store import Store
from coldreel.understand.metering import DESCRIBE, EMBED, Order, Reply, Usage

PRICE = Usage(1000, 100, 0.25)
OFTEN = 1e9
"""Requests a minute: nobody waits."""


def meter_of(store: Store, budget: float | None = None, rate: float = OFTEN) -> SharedMeter:
    return SharedMeter(store.calls, MeterRules(rate, budget), threading.Event())


def order(about: bytes | None = b"film", version: str = "1", expected: Usage = PRICE) -> Order:
    return Order("gemini", "flash", DESCRIBE if about else EMBED, version, about, expected)


def answering(title: str, usage: Usage = PRICE) -> Callable[[], Reply]:
    return lambda: Reply({"title": title}, usage)


def not_sent() -> Reply:
    raise AssertionError("this must not be paid for")


def test_an_answer_about_a_video_is_paid_for_once(store: Store) -> None:
    meter = meter_of(store)
    assert meter.buy(order(), answering("first")) == {"title": "first"}
    assert meter_of(store).buy(order(), not_sent) == {"title": "first"}
    assert store.calls.spent() == pytest.approx(0.25)


@pytest.mark.parametrize("other", [order(b"another film"), order(version="2"), order(None)])
def test_another_question_is_another_call(store: Store, other: Order) -> None:
    meter = meter_of(store)
    meter.buy(order(), answering("first"))
    assert meter.buy(other, answering("second")) == {"title": "second"}


def test_what_is_asked_of_words_alone_is_not_kept(store: Store) -> None:
    meter = meter_of(store)
    meter.buy(order(None), answering("first"))
    assert meter.buy(order(None), answering("second")) == {"title": "second"}


def test_the_bill_has_what_calls_really_took(store: Store) -> None:
    meter = meter_of(store)
    meter.buy(order(), answering("one", Usage(10, 5, 0.5)))
    meter.buy(order(b"two"), answering("two", Usage(20, 5, 1.0)))
    meter.buy(order(None), answering("words", Usage(3, 0, 0.1)))
    described, embedded = sorted(store.calls.bill(), key=lambda line: line.purpose)
    assert (described.calls, described.input_tokens, described.output_tokens) == (2, 30, 10)
    assert (embedded.calls, embedded.input_tokens) == (1, 3)
    assert store.calls.spent() == pytest.approx(1.6)


def test_no_call_is_made_that_the_budget_does_not_allow(store: Store) -> None:
    meter = meter_of(store, budget=0.6)
    meter.buy(order(b"1"), answering("1"))
    meter.buy(order(b"2"), answering("2"))
    with pytest.raises(BudgetReachedError, match=r"\$0\.5000 of the budget of \$0\.6 "):
        meter.buy(order(b"3"), not_sent)
    assert meter.buy(order(b"1"), not_sent) == {"title": "1"}
    assert meter_of(store, budget=1.0).buy(order(b"3"), answering("3")) == {"title": "3"}


def test_many_at_once_do_not_overspend(store: Store) -> None:
    meter, sent = meter_of(store, budget=1.0), []

    def buy(number: int) -> bool:
        def send() -> Reply:
            sent.append(number)
            return Reply({}, PRICE)

        try:
            meter.buy(order(bytes([number])), send)
        except BudgetReachedError:
            return False
        return True

    with ThreadPoolExecutor(6) as others:
        assert sum(others.map(buy, range(12))) == 4
    assert len(sent) == 4
    assert store.calls.spent() == pytest.approx(1.0)


def test_a_call_that_came_to_nothing_costs_nothing(store: Store) -> None:
    def send() -> Reply:
        raise UnavailableError

    with pytest.raises(UnavailableError):
        meter_of(store).buy(order(), send)
    assert store.calls.spent() == 0
    assert store.calls.bill() == []


def test_half_an_answer_is_paid_for_and_not_kept(store: Store) -> None:
    meter = meter_of(store)
    with pytest.raises(BadAnswerError):
        meter.buy(order(), lambda: Reply({}, PRICE, BadAnswerError()))
    assert store.calls.spent() == pytest.approx(0.25)
    assert meter.buy(order(), answering("whole")) == {"title": "whole"}


def test_turns_of_all_workers_are_evenly_apart(store: Store) -> None:
    with ThreadPoolExecutor(6) as workers:
        turns = sorted(workers.map(lambda _: store.calls.turn("gemini", 10.0), range(12)))
    apart = [later - earlier for earlier, later in pairwise(turns)]
    # Each is told the seconds from its own moment on; all came within a second or two.
    assert all(7 < gap < 13 for gap in apart), turns
    assert store.calls.turn("another", 10.0) == 0


def test_who_is_told_to_slow_down_makes_everybody_wait(store: Store) -> None:
    def send() -> Reply:
        raise RateLimitedError(retry_after_s=60.0)

    with pytest.raises(RateLimitedError):
        meter_of(store).buy(order(), send)
    assert 50 < store.calls.turn("gemini", 0.001) <= 60
    assert store.calls.spent() == 0


def test_who_waits_for_a_turn_gives_up_when_stopped(store: Store) -> None:
    store.calls.hold_off("gemini", 3600)
    stopping = threading.Event()
    meter = SharedMeter(store.calls, MeterRules(OFTEN), stopping)
    threading.Timer(0.1, stopping.set).start()
    with pytest.raises(UnavailableError, match="stopped"):
        meter.buy(order(), not_sent)
    assert store.calls.spent() == 0


def test_who_has_no_patience_is_told_at_once_and_takes_no_turn(store: Store) -> None:
    store.calls.hold_off("gemini", 3600)
    rules = MeterRules(OFTEN, patience_s=1.0)
    meter = SharedMeter(store.calls, rules, threading.Event())
    with pytest.raises(UnavailableError, match=r"may be made in 3\d\d\d s"):
        meter.buy(order(None), not_sent)
    assert 3590 < store.calls.away("gemini") <= 3600
    assert store.calls.spent() == 0


def test_a_refusal_is_known_and_not_paid_for_again(store: Store) -> None:
    meter = meter_of(store)
    with pytest.raises(RefusedError, match="not this one"):
        meter.buy(order(), lambda: Reply({}, PRICE, RefusedError("not this one")))
    with pytest.raises(RefusedError, match="not this one"):
        meter.buy(order(), not_sent)
    store.calls.forget_refusals("gemini")
    assert meter.buy(order(), answering("after all")) == {"title": "after all"}
