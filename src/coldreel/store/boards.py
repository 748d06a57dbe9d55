"""The boards and the census that they follow from; and where every item stands, which they are made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from psycopg.types.json import Jsonb

from coldreel.model import Board, Census, Ranked, Standings, Trial
from coldreel.store import queries
from coldreel.store.database import Database

_SQL = queries.load("boards")

_HEADER, _TRAILER = 19, 2
"""Bytes of PostgreSQL's binary copy format before the first row and after the last."""
_COLUMNS = (
    "items", "viewers", "pleased", "fast_viewers", "fast_pleased", "slow_viewers", "slow_pleased",
    "decayed_at", "prior", "explored", "state",
)  # fmt: skip
_WHOLE = {"items", "explored", "state"}
_ROW = np.dtype(
    [("fields", ">i2")]
    + [
        part
        for name in _COLUMNS
        for part in ((f"{name} size", ">i4"), (name, ">i8" if name in _WHOLE else ">f8"))
    ]
)
"""A row of it: how many fields, then the size in bytes and the value of each."""
_TRIALS = np.array([Trial.TESTING.value, Trial.GRADUATED.value, Trial.RESTING.value])


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All boards and the census that they follow from, of one count; no census before the first."""

    census: Census | None
    boards: Mapping[Board, Sequence[Ranked]]


class Boards:
    def __init__(self, database: Database) -> None:
        self._database = database

    def standings(self, now: datetime, fast: timedelta, slow: timedelta) -> Standings:
        """Where all items stand that may be recommended, ordered by id.

        fast, slow: half-lives, by which the decayed counts are brought to `now`
        """
        block = self._database.copied(_SQL["standings"])
        rows = np.frombuffer(
            block, _ROW, offset=_HEADER, count=(len(block) - _HEADER - _TRAILER) // _ROW.itemsize
        )
        age_s = now.timestamp() - _native(rows, "decayed_at")
        fast_left, slow_left = (np.exp2(-age_s / life.total_seconds()) for life in (fast, slow))
        return Standings(
            items=rows["items"].astype(np.int64),
            viewers=_native(rows, "viewers"),
            pleased=_native(rows, "pleased"),
            fast_viewers=_native(rows, "fast_viewers") * fast_left,
            fast_pleased=_native(rows, "fast_pleased") * fast_left,
            slow_viewers=_native(rows, "slow_viewers") * slow_left,
            slow_pleased=_native(rows, "slow_pleased") * slow_left,
            prior=_native(rows, "prior"),
            explored=rows["explored"].astype(np.int64),
            states=_TRIALS[rows["state"].astype(np.int64)],
        )

    def top(self, board: Board, n: int) -> list[Ranked]:
        """The first n rows of a board whose items may still be recommended."""
        rows = self._database.tuples(_SQL["top"], {"board": str(board), "n": n})
        return [Ranked(item, score, evidence) for item, score, evidence in rows]

    def snapshot(self) -> Snapshot:
        """All of it in one round trip; a row's item may have been deleted since."""
        boards: dict[Board, list[Ranked]] = {board: [] for board in Board}
        found = self._database.tuples(_SQL["snapshot"])
        if not found:
            return Snapshot(None, boards)
        *figures, names, items, scores, evidence = found[0]
        for name, item, score, numbers in zip(
            names or [], items or [], scores or [], evidence or [], strict=True
        ):
            boards[Board(name)].append(Ranked(item, score, numbers))
        return Snapshot(Census(*figures), boards)

    def counted_at(self) -> datetime | None:
        """When the boards were made; None where they never were."""
        at: datetime | None = self._database.value(_SQL["counted_at"])
        return at

    def extent(self) -> tuple[int, int]:
        """How many items may be recommended right now, and the largest id of them; 0 where there is none."""
        ((items, highest),) = self._database.tuples(_SQL["extent"])
        return items, highest

    def replace(self, boards: Mapping[Board, Sequence[Ranked]], census: Census) -> None:
        """Write all boards anew, with their census. Readers see the old ones or the new ones."""
        rows = [
            (board, rank, row) for board, ranked in boards.items() for rank, row in enumerate(ranked, start=1)
        ]
        params = {
            "boards": [str(board) for board, _, _ in rows],
            "ranks": [rank for _, rank, _ in rows],
            "items": [row.item for _, _, row in rows],
            "scores": [row.score for _, _, row in rows],
            "evidence": [Jsonb(dict(row.evidence)) for _, _, row in rows],
        }
        with self._database.transaction():
            self._database.execute(_SQL["clear"])
            self._database.execute(_SQL["fill"], params)
            self._database.execute(_SQL["put_census"], asdict(census))


def _native(rows: NDArray[np.void], name: str) -> NDArray[np.float64]:
    """The network sends the highest byte first."""
    return np.asarray(rows[name], np.float64).copy()
