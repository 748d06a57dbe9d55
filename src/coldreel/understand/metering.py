"""Calls that cost money or are rationed go through a meter, which knows what was paid for already."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from coldreel.errors import ColdreelError

DESCRIBE, EMBED = "describe", "embed"
"""What a call is for."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What one call took. `cost` is in US dollars."""

    input_tokens: int = 0
    output_tokens: int = 0
    cost: float = 0.0


@dataclass(frozen=True, slots=True)
class Order:
    """A call that is about to be made.

    version: of the request; another version asks for another answer
    about: the content hash of the video; the answer about it is kept. None: it is not kept
    expected: what the call should take, rather too much than too little
    """

    provider: str
    model: str
    purpose: str
    version: str
    about: bytes | None
    expected: Usage


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back, as plain JSON values, and what it took.

    error: where the answer is of no use and was paid for all the same, such as a refusal; the answer is empty
    """

    answer: Mapping[str, Any]
    usage: Usage
    error: ColdreelError | None = None


class Meter(Protocol):
    """One for all workers of a catalogue."""

    def buy(self, order: Order, send: Callable[[], Reply]) -> Mapping[str, Any]:
        """The answer to an order: the one that was kept, else what `send` brings, in its turn.

        Raises BudgetReachedError without a call, what `send` raises, and the error of its reply, whose usage
        counts while its answer is not kept. After a RateLimitedError all workers wait.
        """
        ...


class Unmetered:
    """No limits, nothing kept: for what is free, and for trying things out."""

    def buy(self, order: Order, send: Callable[[], Reply]) -> Mapping[str, Any]:  # noqa: ARG002
        reply = send()
        if reply.error is not None:
            raise reply.error
        return reply.answer
