"""What can go wrong with a call to Gemini, and plans of when: by content alone, so the same in any order."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Fault(StrEnum):
    """What goes wrong with one call."""

    RATE_LIMITED = "429, and when to come back in the header"
    RATE_LIMITED_IN_BODY = "429, and when to come back in the body"
    SERVER_ERROR = "500"
    OVERLOADED = "503"
    INVALID = "400"
    FORBIDDEN = "403"
    SLOW = "no answer for as long as the server lives"
    CUT = "the connection ends within the reply"
    HALF_JSON = "the reply ends within its JSON"
    HALF_ANSWER = "the answer ends within its JSON"
    MAX_TOKENS = "the answer was too long"
    EMPTY = "no words in the answer"
    NOTHING = "no answer in the reply"
    BLOCKED = "the video is refused"
    STOPPED = "the answer is refused"
    FEWER_VECTORS = "one vector is not there"
    SHORT_VECTORS = "vectors of another size"
    ZERO_VECTORS = "vectors without a direction"


DESCRIBING, EMBEDDING, UPLOADING, BATCHING = "describe", "embed", "upload", "batch"


@dataclass(frozen=True, slots=True)
class Call:
    """One call: what for, with what content (the video, or the texts), how often that was asked before."""

    purpose: str
    content: bytes
    before: int
    model: str = ""
    body: Mapping[str, Any] = field(default_factory=dict)
    fault: Fault | None = None


Plan = Callable[[Call], Fault | None]


def fine(call: Call) -> None:
    """Nothing goes wrong."""


def always(fault: Fault, purpose: str = DESCRIBING) -> Plan:
    """Every call for a purpose goes wrong."""
    return lambda call: fault if call.purpose == purpose else None


def once(fault: Fault, purpose: str = DESCRIBING) -> Plan:
    """The first call with each content goes wrong."""
    return lambda call: fault if call.purpose == purpose and call.before == 0 else None


PASSING = (
    Fault.RATE_LIMITED,
    Fault.SERVER_ERROR,
    Fault.OVERLOADED,
    Fault.CUT,
    Fault.HALF_JSON,
    Fault.HALF_ANSWER,
    Fault.MAX_TOKENS,
    Fault.EMPTY,
)
"""Faults that are gone when the same is asked again."""


def share_of(content: bytes, share: float, faults: Sequence[Fault] = PASSING) -> Fault | None:
    """The fault that a content meets at its first call; about `share` of all contents meet one."""
    number = int.from_bytes(hashlib.sha256(content).digest()[:8], "little")
    return faults[number // 2**32 % len(faults)] if number % 2**32 < share * 2**32 else None


def tenths(share: float = 0.1, faults: Sequence[Fault] = PASSING, purpose: str = DESCRIBING) -> Plan:
    """A share of the contents goes wrong at the first call with each."""

    def plan(call: Call) -> Fault | None:
        first = call.purpose == purpose and call.before == 0
        return share_of(call.content, share, faults) if first else None

    return plan
