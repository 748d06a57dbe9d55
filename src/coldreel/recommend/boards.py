"""A board as people read it: its items, and why each is there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from coldreel.model import EVERYTHING, Board, Item, Policy
from coldreel.store.store import Store


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a board. `evidence` holds the numbers that put it there, `because` says them."""

    item: Item
    score: float
    evidence: Mapping[str, float]
    because: str


def entries(store: Store, board: Board, n: int, policy: Policy = EVERYTHING) -> list[Entry]:
    """The first n of a board that a policy allows; none before the catalogue was first counted."""
    rows = {row.item: row for row in store.boards.top(board, n, policy)}
    return [
        Entry(item, rows[item.id].score, rows[item.id].evidence, because(board, rows[item.id].evidence))
        for item in store.items.cards(list(rows))
    ]


def because(board: Board, evidence: Mapping[str, float]) -> str:
    """The evidence in a sentence, which has no number but those."""
    told = {name: f"{number:.1f}".removesuffix(".0") for name, number in evidence.items()}
    viewers = f"{told['viewers']} {'viewer' if evidence['viewers'] == 1 else 'viewers'}"
    pleased = f"{viewers}, {told['pleased']} of them pleased"
    match board:
        case Board.HITS:
            return (
                f"{pleased}; {told['per_day']} a day lately, {told['per_day_over_weeks']} over the last weeks"
            )
        case Board.GEMS:
            return f"{pleased}; catalogue median {told['median_viewers']} viewers"
        case Board.BEST:
            return pleased
        case Board.FRESH:
            seen = pleased if evidence["viewers"] else "Nobody has seen it yet"
            more = "viewer" if evidence["tries_left"] == 1 else "viewers"
            return f"{seen}; on trial for at most {told['tries_left']} more {more}"
