"""The meter of a catalogue: one for all its workers, kept in the database."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from coldreel.errors import BudgetReachedError, RateLimitedError, UnavailableError
from coldreel.store.calls import CallKey, Calls
from coldreel.understand.metering import Order, Reply, Usage


@dataclass(frozen=True, slots=True)
class MeterRules:
    requests_per_minute: float = 300.0
    """To one provider, of all workers together; evenly spread."""
    budget: float | None = None
    """US dollars, of all calls together."""


class SharedMeter:
    """Every call waits for its turn, counts against the budget, and is written down.

    stopping: set when whoever waits is to give up
    """

    def __init__(self, calls: Calls, rules: MeterRules, stopping: threading.Event) -> None:
        self._calls = calls
        self._rules = rules
        self._stopping = stopping

    def kept(self, order: Order) -> Mapping[str, Any] | None:
        """The answer that was paid for before."""
        return None if order.about is None else self._calls.answer(key_of(order))

    def buy(self, order: Order, send: Callable[[], Reply]) -> Mapping[str, Any]:
        """See `Meter`."""
        if (kept := self.kept(order)) is not None:
            return kept
        # Before the turn: who may not pay does not stand in line.
        self.reserve(order.expected.cost)
        try:
            self._wait(order.provider)
            reply = send()
        except RateLimitedError as error:
            self._calls.hold_off(order.provider, error.retry_after_s)
            self._calls.correct(-order.expected.cost)
            raise
        except BaseException:  # nothing came back, so nothing is on the bill
            self._calls.correct(-order.expected.cost)
            raise
        return self._settle(order, reply)

    def reserve(self, cost: float) -> None:
        """Count so much as spent. Raises BudgetReachedError where that is more than the budget."""
        # Before the call: who is killed during it may have to pay for it all the same.
        if not self._calls.reserve(cost, self._rules.budget):
            spent, budget = self._calls.spent(), self._rules.budget
            raise BudgetReachedError(
                f"${spent:.2f} of the budget of ${budget:.2f} are spent, and the next call may cost "
                f"${cost:.4f}; a higher --budget goes on from here"
            )

    def _wait(self, provider: str) -> None:
        seconds = self._calls.turn(provider, 60.0 / self._rules.requests_per_minute)
        if self._stopping.wait(seconds):
            raise UnavailableError("It was stopped while it waited for its turn")

    def _settle(self, order: Order, reply: Reply) -> Mapping[str, Any]:
        self._calls.correct(reply.usage.cost - order.expected.cost)
        self.record(order, reply)
        if reply.error is not None:
            raise reply.error
        return reply.answer

    def record(self, order: Order, reply: Reply) -> None:
        """Write down what a call took, and its answer where it is about a video."""
        keep = order.about is not None and reply.error is None
        usage: Usage = reply.usage
        self._calls.record(
            key_of(order), reply.answer if keep else None, usage.input_tokens, usage.output_tokens, usage.cost
        )


def key_of(order: Order) -> CallKey:
    return CallKey(order.provider, order.model, order.purpose, order.version, order.about)
