"""The boards and the census that they follow from; and where every item stands, which they are made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psycopg import sql
from psycopg.types.json import Jsonb

from coldreel.model import EVERYTHING, Board, Census, Policy, Ranked, Standings, Trial
from coldreel.store import permission, queries
from coldreel.store.database import Database

_SQL = queries.load("boards")

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
        (blocks,) = self._database.tuples(_SQL["standings"])
        items = _numbers(blocks[0], ">i8")
        order = np.argsort(items)
        counts = [_numbers(block, ">f8")[order] for block in blocks[1:9]]
        viewers, pleased, fast_viewers, fast_pleased, slow_viewers, slow_pleased, decayed_at, prior = counts
        age_s = now.timestamp() - decayed_at
        fast_left, slow_left = (np.exp2(-age_s / life.total_seconds()) for life in (fast, slow))
        return Standings(
            items=items[order],
            viewers=viewers,
            pleased=pleased,
            fast_viewers=fast_viewers * fast_left,
            fast_pleased=fast_pleased * fast_left,
            slow_viewers=slow_viewers * slow_left,
            slow_pleased=slow_pleased * slow_left,
            prior=prior,
            explored=_numbers(blocks[9], ">i8")[order],
            states=_TRIALS[_numbers(blocks[10], ">i8")[order]],
        )

    def top(self, board: Board, n: int, policy: Policy = EVERYTHING) -> list[Ranked]:
        """The first n rows of a board whose items may be shown."""
        allowed = sql.SQL(permission.condition(policy).decode())
        query = sql.SQL(_SQL["top"].decode()).format(allowed=allowed)
        params = {"board": str(board), "n": n} | permission.params(policy)
        rows = self._database.tuples(query.as_bytes(None), params)
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


def _numbers(block: bytes | None, kind: str) -> NDArray[Any]:
    """A column as the database sends it, the highest byte first; as this machine has it, it is quicker."""
    numbers = np.frombuffer(block or b"", kind)
    return numbers.astype(numbers.dtype.newbyteorder("="))
