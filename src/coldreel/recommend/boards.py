"""A board as people read it: its items, and why each is there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from coldreel.model import Board, Item
from coldreel.store.store import Store


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a board. `evidence` holds the numbers that put it there, `because` says them."""

    item: Item
    score: float
    evidence: Mapping[str, float]
    because: str


def entries(store: Store, board: Board, n: int) -> list[Entry]:
    """The first n of a board; none before the catalogue was first counted."""
    rows = {row.item: row for row in store.boards.top(board, n)}
    return [
        Entry(item, rows[item.id].score, rows[item.id].evidence, because(board, rows[item.id].evidence))
        for item in store.items.cards(list(rows))
    ]


def because(board: Board, evidence: Mapping[str, float]) -> str:
    """The evidence in a sentence, which has no number but those."""
    told = {name: f"{number:.1f}".removesuffix(".0") for name, number in evidence.items()}
    viewers = f"{told['viewers']} {'viewer' if evidence['viewers'] == 1 else 'viewers'}"
    match board:
        case Board.HITS:
            now, before = told["per_day"], told["per_day_before"]
            return f"{viewers}, {told['pleased']} of them pleased; {now} a day lately, {before} a day before"
        case Board.GEMS:
            median = told["median_viewers"]
            return f"{viewers}, {told['pleased']} of them pleased; catalogue median {median} viewers"
        case Board.BEST:
            return f"{viewers}, {told['pleased']} of them pleased"
        case Board.FRESH:
            left = told["tries_left"]
            seen = f"{viewers} so far" if evidence["viewers"] else "Nobody has seen it yet"
            return f"{seen}; {left} more {'try' if evidence['tries_left'] == 1 else 'tries'} to come"
