"""The meter of a catalogue: one for all its workers, kept in the database."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from coldreel.errors import (
    BudgetReachedError,
    DatabaseError,
    RateLimitedError,
    RefusedError,
    UnavailableError,
)
from coldreel.store.calls import CallKey, Calls
from coldreel.understand.metering import Order, Reply, Usage

REFUSED = "refused"
"""Under this the reason is kept in the place of an answer."""
STRIPES = 256
"""Locks by which two workers of a process do not ask about one video at once."""
TRIES = 5
"""To write down an answer that was paid for, a second apart."""


@dataclass(frozen=True, slots=True)
class MeterRules:
    requests_per_minute: float = 300.0
    """To one provider, of all workers together; evenly spread."""
    budget: float | None = None
    """US dollars, of all calls together."""
    patience_s: float | None = None
    """Who would have to wait for longer is told so at once, instead of waiting; None waits."""
    longest_pause_s: float = 3600.0
    """Of all workers, after a provider has asked for one."""


class SharedMeter:
    """Every call waits for its turn, counts against the budget, and is written down.

    stopping: set when whoever waits is to give up
    """

    def __init__(self, calls: Calls, rules: MeterRules, stopping: threading.Event) -> None:
        self._calls = calls
        self._rules = rules
        self._stopping = stopping
        self._settled = threading.Condition()
        self._in_flight = 0
        self._stripes = [threading.Lock() for _ in range(STRIPES)]

    def kept(self, order: Order) -> Mapping[str, Any] | None:
        """The answer that was paid for before. Raises RefusedError where that was a refusal."""
        kept = None if order.about is None else self._calls.answer(key_of(order))
        if kept is not None and REFUSED in kept:
            raise RefusedError(str(kept[REFUSED]))
        return kept

    def buy(self, order: Order, send: Callable[[], Reply]) -> Mapping[str, Any]:
        """See `Meter`."""
        if order.about is None:
            return self._bought(order, send)
        with self._stripes[hash(order.about) % STRIPES]:  # copies of one file may come at once
            kept = self.kept(order)
            return self._bought(order, send) if kept is None else kept

    def _bought(self, order: Order, send: Callable[[], Reply]) -> Mapping[str, Any]:
        # Before the turn: who may not pay does not stand in line.
        self._reserve_beside_others(order.expected.cost)
        difference = -order.expected.cost  # of a call that comes to nothing
        try:
            self._wait(order.provider)
            if (kept := self.kept(order)) is not None:  # another machine was quicker
                return kept
            reply = send()
            difference += reply.usage.cost
            self._record_at_last(order, reply)
        except RefusedError as error:
            self._record_at_last(order, Reply({}, Usage(), error))
            raise
        except RateLimitedError as error:
            self._hold_off(order.provider, error)
            raise
        finally:
            self._settle(difference)
        if isinstance(reply.error, RateLimitedError):
            self._hold_off(order.provider, reply.error)
        if reply.error is not None:
            raise reply.error
        return reply.answer

    def _hold_off(self, provider: str, error: RateLimitedError) -> None:
        self._calls.hold_off(provider, min(error.retry_after_s, self._rules.longest_pause_s))

    def reserve(self, cost: float) -> None:
        """Count so much as spent. Raises BudgetReachedError where that is more than the budget."""
        # Before the call: who is killed during it may have to pay for it all the same.
        if not self._calls.reserve(cost, self._rules.budget):
            raise BudgetReachedError(
                f"${self._calls.spent():.4f} of the budget of ${self._rules.budget:g} is spent, and the next "
                f"call may cost ${cost:.4f}; a higher --budget goes on from here"
            )

    def _reserve_beside_others(self, cost: float) -> None:
        """More is reserved for a call than it takes: while others are being made, the rest may be enough."""
        with self._settled:
            while True:
                try:
                    self.reserve(cost)
                    break
                except BudgetReachedError:
                    if not self._in_flight:
                        raise
                    self._settled.wait()
            self._in_flight += 1

    def _settle(self, difference: float) -> None:
        with self._settled:
            self._in_flight -= 1
            self._settled.notify_all()
            self._calls.correct(difference)

    def _wait(self, provider: str) -> None:
        patience = self._rules.patience_s
        if patience is not None and (away := self._calls.away(provider)) > patience:
            raise UnavailableError(f"The next call to {provider} may be made in {away:.0f} s")
        seconds = self._calls.turn(provider, 60.0 / self._rules.requests_per_minute)
        if self._stopping.wait(seconds):
            raise UnavailableError("It was stopped while it waited for its turn")

    def _record_at_last(self, order: Order, reply: Reply) -> None:
        """A database that is away for a moment must not cost an answer."""
        for left in reversed(range(TRIES)):
            try:
                self.record(order, reply)
                return
            except DatabaseError:
                if not left or self._stopping.wait(1.0):
                    raise

    def record(self, order: Order, reply: Reply) -> None:
        """Write down what a call took, and its answer where it is about a video."""
        usage, answer = reply.usage, None if order.about is None else to_keep(reply)
        self._calls.record(key_of(order), answer, usage.input_tokens, usage.output_tokens, usage.cost)


def to_keep(reply: Reply) -> Mapping[str, Any] | None:
    """What is kept of a reply about a video: the answer, or that it was refused; no error that may pass."""
    if isinstance(reply.error, RefusedError):
        return {REFUSED: reply.error.message}
    return reply.answer if reply.error is None else None


def key_of(order: Order) -> CallKey:
    return CallKey(order.provider, order.model, order.purpose, order.version, order.about)
