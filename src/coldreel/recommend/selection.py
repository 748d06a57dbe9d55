"""Stage 5, select: which items take which places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from coldreel.model import Origin, Slot
from coldreel.recommend.diversity import greedy_dpp
from coldreel.recommend.scoring import Scored


@dataclass(frozen=True, slots=True)
class SelectionRules:
    random_places: tuple[int, ...] = (4, 9)
    """Of every ten places (counted from 0) those that explore at random; the others are for the best fit."""
    temperature: float = 0.12
    """Difference in score that weighs as much as a factor e in quality; smaller means less variety."""


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    scored: Scored
    slot: Slot


def select(scored: Sequence[Scored], n: int, rules: SelectionRules) -> list[Placed]:
    """Up to n places: main ones by quality and variety, random ones as they were drawn."""
    explorers = [s for s in scored if s.candidate.origin is Origin.RANDOM]
    fitting = [s for s in scored if s.candidate.origin is not Origin.RANDOM]
    best = [fitting[i] for i in _various(fitting, n, rules.temperature)]
    page: list[Placed] = []
    while len(page) < n and (best or explorers):
        explore = len(page) % 10 in rules.random_places
        if explorers and (explore or not best):
            page.append(Placed(explorers.pop(0), Slot.RANDOM))
        else:
            page.append(Placed(best.pop(0), Slot.MAIN))
    return page


def _various(scored: Sequence[Scored], n: int, temperature: float) -> list[int]:
    scores = np.array([s.score for s in scored])
    quality = np.exp((scores - scores.max(initial=0.0)) / temperature)
    return greedy_dpp([s.candidate.vector for s in scored], quality, n)
