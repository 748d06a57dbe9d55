"""Stage 6, explain: why this item, in one sentence made from facts."""

from __future__ import annotations

from coldreel.model import Origin
from coldreel.recommend.scoring import Scored
from coldreel.recommend.viewer import Viewer

_LONGEST_TITLE = 60
_ALIKE = 0.45
"""Cosine below which one video is no reason for another; coldreel's own."""


def reason(viewer: Viewer, scored: Scored) -> str:
    """The sentence that answers "why me?"."""
    match scored.candidate.origin:
        case Origin.INTEREST:
            return _because(viewer, scored)
        case Origin.SPREAD:
            return "To get to know you: unlike the others on this page"
        case Origin.RANDOM:
            return "A random pick, to find out what else you like"
        case Origin.HELD_BACK:
            return "It was on an earlier page, and you have not watched it yet"
        case Origin.AGAIN:
            return "Nothing new is left for now; this one was the longest ago"


def _because(viewer: Viewer, scored: Scored) -> str:
    if not viewer.favourites:
        return "It is close to what you watched"
    vector = scored.candidate.vector
    nearest = max(viewer.favourites, key=lambda favourite: float(favourite.vector @ vector))
    if float(nearest.vector @ vector) < _ALIKE:
        return "The nearest to your taste among what you have not seen"
    verb = "liked" if nearest.liked else "watched"
    return f"Because you {verb} “{_short(nearest.title)}”"


def _short(title: str) -> str:
    return title if len(title) <= _LONGEST_TITLE else title[: _LONGEST_TITLE - 1].rstrip() + "…"
