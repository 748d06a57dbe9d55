"""The boards: ranked lists that are the same for everybody."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from coldreel.api.parts import TheParts
from coldreel.api.schemas import BoardOut, EntryOut
from coldreel.model import Board
from coldreel.recommend.boards import entries

router = APIRouter(prefix="/api/boards", tags=["boards"])


@router.get("/{board}")
def board(parts: TheParts, board: Board, n: Annotated[int, Query(ge=1, le=100)] = 20) -> BoardOut:
    """Hits are watched now, gems please the few who found them, fresh is on trial, best pleases most."""
    policy = parts.recommendations.feed_rules.policy
    return BoardOut(
        board=board,
        counted_at=parts.store.boards.counted_at(),
        items=[EntryOut.on(entry) for entry in entries(parts.store, board, n, policy)],
    )
