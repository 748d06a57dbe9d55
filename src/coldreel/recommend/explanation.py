"""Stage 6, explain: why this item, in one sentence made from facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from coldreel.model import Item, Origin
from coldreel.recommend.selection import Placed
from coldreel.recommend.viewer import Favourite, Viewer

_LONGEST_TITLE = 60
_ALIKE = 0.45
"""Likeness below which one video is no reason for another; coldreel's own."""
_FIRST = 3
"""With fewer viewers than this before, one is among the first."""


def because_of(viewer: Viewer, page: Sequence[Placed]) -> list[Favourite | None]:
    """Per place the favourite that its item is most alike, if it is alike at all."""
    if not page or not viewer.favourites:
        return [None] * len(page)
    vectors = np.stack([each.scored.pool.vectors[each.row] for each in page])
    fits = viewer.likeness(vectors, np.stack([favourite.vector for favourite in viewer.favourites]))
    return [
        viewer.favourites[nearest] if _from_taste(each) and fit[nearest] >= _ALIKE else None
        for each, fit, nearest in zip(page, fits, fits.argmax(axis=1).tolist(), strict=True)
    ]


def _from_taste(placed: Placed) -> bool:
    return placed.scored.pool.origin(placed.row) is Origin.INTEREST


def reason(placed: Placed, favourite: Favourite | None, cards: Mapping[int, Item]) -> str:
    """The sentence that answers "why me?".

    favourite: what the item is alike; cards: of what may be named in it
    """
    pool, row = placed.scored.pool, placed.row
    viewers, pleased = int(pool.viewers[row]), int(pool.pleased[row])
    match pool.origin(row):
        case Origin.INTEREST:
            if favourite is not None and favourite.item in cards:
                verb = "liked" if favourite.liked else "watched"
                return f"Because you {verb} “{_short(cards[favourite.item].title)}”"
            return "Among the nearest to your taste of what you have not seen"
        case Origin.COLLABORATIVE:
            said = f"; it pleased {pleased} of {_counted(viewers)}" if pleased else ""
            return f"Related to what you like{said}"
        case Origin.SPREAD:
            return "To get to know you: from a varied sample of what there is"
        case Origin.BEST:
            return f"One of the best so far: it pleased {pleased} of {_counted(viewers)}"
        case Origin.HIT:
            return f"A hit: it pleased {pleased} of {_counted(viewers)}"
        case Origin.GEM:
            return f"A hidden gem: it pleased {pleased} of its {_counted(viewers)} so far"
        case Origin.FRESH if viewers < _FIRST:
            return "You are among the first to see it"
        case Origin.FRESH:
            return f"On trial: {_counted(viewers)} saw it before you"
        case Origin.RANDOM:
            return "Drawn at random from what you have not seen"
        case Origin.HELD_BACK:
            return "It was on an earlier page, and you have not watched it yet"
        case Origin.AGAIN:
            return "Nothing new is left for now; this is among what you saw the longest ago"


def _counted(viewers: int) -> str:
    return f"{viewers} viewer" if viewers == 1 else f"{viewers} viewers"


def _short(title: str) -> str:
    return title if len(title) <= _LONGEST_TITLE else title[: _LONGEST_TITLE - 1].rstrip() + "…"
