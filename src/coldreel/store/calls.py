"""Calls to providers: the answers that were paid for, whose turn it is, and what is left of the budget."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from psycopg.types.json import Jsonb

from coldreel.store import queries
from coldreel.store.database import Database

_SQL = queries.load("calls")


@dataclass(frozen=True, slots=True)
class CallKey:
    """What a call asks for. `about` is the content hash of a video; None for bare words."""

    provider: str
    model: str
    purpose: str
    version: str
    about: bytes | None


@dataclass(frozen=True, slots=True)
class BillLine:
    """All calls of one kind. `cost` is in US dollars."""

    provider: str
    model: str
    purpose: str
    calls: int
    input_tokens: int
    output_tokens: int
    cost: float


class Calls:
    def __init__(self, database: Database) -> None:
        self._database = database

    def answer(self, key: CallKey) -> Mapping[str, Any] | None:
        """The answer that was kept, None where there is none."""
        found: Mapping[str, Any] | None = self._database.value(_SQL["answer"], _params(key))
        return found

    def turn(self, provider: str, pause_s: float) -> float:
        """Take the next turn; returns the seconds until it. Turns of all workers are `pause_s` apart."""
        return float(self._database.value(_SQL["turn"], {"provider": provider, "pause_s": pause_s}))

    def away(self, provider: str) -> float:
        """Seconds until the next turn, which is not taken."""
        return float(self._database.value(_SQL["away"], {"provider": provider}) or 0.0)

    def hold_off(self, provider: str, seconds: float) -> None:
        """No turn comes earlier than after so many seconds."""
        self._database.execute(_SQL["hold_off"], {"provider": provider, "seconds": seconds})

    def reserve(self, cost: float, budget: float | None) -> bool:
        """Count so much as spent, unless that is more than the budget; False then."""
        params = {"cost": cost, "budget": budget}
        return self._database.value(_SQL["reserve"], params) is not None

    def correct(self, difference: float) -> None:
        """What was spent after all is more than was reserved by so much, or less."""
        if difference:
            self._database.execute(_SQL["correct"], {"difference": difference})

    def spent(self) -> float:
        """US dollars, those of calls that are being made included."""
        return float(self._database.value(_SQL["spent"]))

    def record(
        self,
        key: CallKey,
        answer: Mapping[str, Any] | None,
        input_tokens: int,
        output_tokens: int,
        cost: float,
    ) -> None:
        """Write down a call that was made; None for an answer that is not to be kept."""
        params = _params(key) | {
            "answer": None if answer is None else Jsonb(dict(answer)),
            "input_tokens": input_tokens,
            "output_tokens": output_tokens,
            "cost": cost,
        }
        self._database.execute(_SQL["record"], params)

    def forget_current(self, items: Iterable[int], provider: str) -> None:
        """Drop the answers of a provider that the current descriptions of these items are made of."""
        self._database.execute(_SQL["forget_current"], {"items": list(items), "provider": provider})

    def forget_refusals(self, provider: str) -> None:
        """Have a provider asked once more about what it has refused."""
        self._database.execute(_SQL["forget_refusals"], {"provider": provider})

    def bill(self) -> list[BillLine]:
        """What all calls took, by provider, model and purpose."""
        return self._database.rows(_SQL["bill"], into=BillLine)

    def bill_of(self, item: int) -> list[BillLine]:
        """The same of one item."""
        return self._database.rows(_SQL["of_item"], {"item": item}, into=BillLine)


def _params(key: CallKey) -> dict[str, Any]:
    return {
        "provider": key.provider, "model": key.model, "purpose": key.purpose, "version": key.version,
        "about": key.about,
    }  # fmt: skip
