"""Stage 5, select: which items take which places."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from coldreel.model import Origin, Slot
from coldreel.recommend.diversity import capped, greedy_dpp
from coldreel.recommend.exploration import draw, win_probabilities
from coldreel.recommend.features import posterior
from coldreel.recommend.request import Request
from coldreel.recommend.scoring import Scored


@dataclass(frozen=True, slots=True)
class SelectionRules:
    """Places are counted from 0 through a user's whole feed, so that pages of any size come out the same."""

    hit_places: tuple[int, ...] = (3,)
    """Of every ten places those for a hit."""
    fresh_places: tuple[int, ...] = (7,)
    """Of every ten places those for a hidden gem or a fresh item."""
    random_share: float = 0.01
    """Probability with which any place is given to an item drawn uniformly."""
    temperature: float = 0.1
    """Difference in expected reward that weighs as a factor e in quality does; less of it, less variety."""
    variety: bool = True
    """False: the best ones, however alike."""
    optimism: float = 2.2
    """Standard deviations by which items in their trial are thought better than is expected of them when main
    places are given: who was seen by few has the benefit of the doubt (Auer 2002). 0: none has. Not before a
    viewer of whom nothing is known: to it comes first what pleases nearly everybody."""
    per_creator: int = 2
    """Items of one creator on a page, while there are others."""
    explore_per_item: int = 50
    """Viewers after which an item is tried no more, though its trial has not been looked at since."""
    explore_per_day: int = 30
    """Fresh items that a user is served in a day, at most."""
    misfit: float = 0.85
    """A fresh item is not tried with a viewer whose expected reward is below this share of the item's own."""


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """A row of a scored pool on a place."""

    scored: Scored
    row: int
    slot: Slot
    propensity: float | None = None

    @property
    def item(self) -> int:
        return int(self.scored.pool.items[self.row])


def plan(first: int, n: int, rules: SelectionRules, rng: np.random.Generator) -> list[Slot]:
    """What each of the next n places is for, the first of them being place `first` of the user's feed."""
    lots = rng.random(n) < rules.random_share
    return [
        Slot.RANDOM if lot else _slot((first + place) % 10, rules) for place, lot in enumerate(lots.tolist())
    ]


def _slot(place: int, rules: SelectionRules) -> Slot:
    if place in rules.hit_places:
        return Slot.HIT
    return Slot.FRESH if place in rules.fresh_places else Slot.MAIN


def select(
    request: Request,
    slots: Sequence[Slot],
    candidates: Scored,
    drawn: Sequence[Placed],
    rules: SelectionRules,
) -> list[Placed]:
    """Items for these places: as many as there are. A place without an item of its own is a main one.

    drawn: items for the random places, in their order
    """
    # The lots first, whatever else has a place: any of them is as likely as any other.
    lottery = (place for place, slot in enumerate(slots) if slot is Slot.RANDOM)
    special = dict(zip(lottery, drawn, strict=False))
    for place, slot in enumerate(slots):
        taken = {each.item for each in special.values()}
        match slot:
            case Slot.HIT:
                found = _hit(candidates, taken)
            case Slot.FRESH:
                tried = sum(each.slot is Slot.FRESH for each in special.values())
                found = _gem_or_fresh(request, candidates, taken, tried, rules)
            case _:
                found = None
        if found is not None:
            special[place] = found
    main = iter(_main(request, candidates, len(slots) - len(special), list(special.values()), rules))
    page = [special.get(place) or next(main, None) for place in range(len(slots))]
    return [each for each in page if each is not None]


def _open(candidates: Scored, taken: set[int], *origins: Origin) -> NDArray[np.intp]:
    rows = np.flatnonzero(candidates.pool.of(*origins))
    items = candidates.pool.items[rows].tolist()
    return rows[[item not in taken for item in items]] if taken else rows


def _once(candidates: Scored, rows: NDArray[np.intp]) -> NDArray[np.intp]:
    """The first row of each item among these."""
    return rows[np.sort(np.unique(candidates.pool.items[rows], return_index=True)[1])]


def _hit(candidates: Scored, taken: set[int]) -> Placed | None:
    """Of the hits the one that the viewer will like best."""
    rows = _open(candidates, taken, Origin.HIT)
    if not len(rows):
        return None
    return Placed(candidates, int(rows[np.argmax(candidates.scores[rows])]), Slot.HIT)


def _gem_or_fresh(
    request: Request, candidates: Scored, taken: set[int], tried: int, rules: SelectionRules
) -> Placed | None:
    """A draw among what may be a gem: Thompson sampling tries each as often as it may be the best.

    tried: fresh items that the page has already
    """
    viewer = request.viewer
    rows = _open(candidates, taken, Origin.GEM, Origin.FRESH)
    pool = candidates.pool.take(rows)
    alpha, beta = posterior(pool, request.showcase.census)
    fits = candidates.scores[rows] >= rules.misfit * alpha / (alpha + beta)
    on_trial = pool.testing & (pool.viewers < rules.explore_per_item)
    may_try = on_trial & (viewer.explored + tried < rules.explore_per_day)
    allowed = may_try | ~pool.of(Origin.FRESH)
    arms = np.flatnonzero(allowed & (fits | viewer.is_new))
    arms = arms[np.unique(pool.items[arms], return_index=True)[1]]  # a gem may still be in its trial
    if not len(arms):
        return None
    chances = win_probabilities(alpha[arms], beta[arms])
    arm = draw(chances, request.rng)
    row = int(rows[arms[arm]])
    slot = Slot.GEM if candidates.pool.origin(row) is Origin.GEM else Slot.FRESH
    return Placed(candidates, row, slot, float(chances[arm]))


def _main(
    request: Request, candidates: Scored, n: int, beside: Sequence[Placed], rules: SelectionRules
) -> list[Placed]:
    """The best by what may be hoped of them and by variety, unlike each other and what stands beside them."""
    taken = {each.item for each in beside}
    rows = _once(candidates, _open(candidates, taken, *Origin))
    hope = 0.0 if request.viewer.is_new else rules.optimism
    pool, scores = candidates.pool, candidates.hopeful(hope, rules.explore_per_item)
    if rules.variety:
        quality = np.exp((scores[rows] - scores[rows].max(initial=0.0)) / rules.temperature)
        others = np.stack([each.scored.pool.vectors[each.row] for each in beside]) if beside else None
        order: Iterable[int] = greedy_dpp(pool.vectors[rows], quality, 2 * n, others)
    else:
        order = np.argsort(-scores[rows], kind="stable").tolist()
    creators = pool.creators[rows].tolist()
    there = [str(each.scored.pool.creators[each.row]) for each in beside]
    best = islice(capped(order, creators, rules.per_creator, there), n)
    return [Placed(candidates, int(rows[i]), Slot.MAIN) for i in best]
