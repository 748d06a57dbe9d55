"""What a user cares about: a few vectors that rewards pull closer and push away, and that time fades.

One reward begins a tentative interest, a second one founds it. A tentative one is recommended by while there
is no other (`Interests.in_force`), so that the very first like changes the next page.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

import numpy as np

from coldreel.model import Interests, Vector, cosine_at


@dataclass(frozen=True, slots=True)
class InterestRules:
    """coldreel's own numbers."""

    most: int = 4
    """Interests kept per user."""
    founded_by: int = 2
    """Positive rewards that make an interest one; it is tentative until then."""
    tentative: int = 2
    """Tentative ones kept beside them."""
    join: float = 0.45
    """Likeness from which an item belongs to an interest instead of founding its own: a cosine, where that of
    strangers is 0."""
    rate: float = 0.35
    """How far one full reward moves an interest of weight one towards an item."""
    heaviest: float = 5.0
    """Cap of an interest's weight, so that a new taste is not drowned by an old one."""
    half_life_days: float = 14.0
    """Time in which an interest that nothing feeds loses half its weight."""
    least: float = 0.05
    """Interests lighter than this are forgotten."""
    aversions: int = 8
    """Items kept of those that a user said it is not interested in, the latest ones."""

    def in_space(self, baseline: float) -> Self:
        """The same rules where strangers have this cosine."""
        return replace(self, join=cosine_at(self.join, baseline))


@dataclass(frozen=True, slots=True, eq=False)
class _Interest:
    vector: Vector
    weight: float
    positives: int


def faded(interests: Interests, now: datetime, rules: InterestRules) -> Interests:
    """The interests as they are at `now`, the faintest forgotten."""
    if interests.updated_at is None:
        return replace(interests, updated_at=now)
    days = max((now - interests.updated_at).total_seconds(), 0.0) / 86_400
    left = 0.5 ** (days / rules.half_life_days)
    kept = [replace(interest, weight=interest.weight * left) for interest in _unpacked(interests)]
    return _packed(kept, replace(interests, updated_at=max(now, interests.updated_at)), rules)


def moved(
    interests: Interests,
    item: Vector,
    reward: float,
    now: datetime,
    rules: InterestRules,
    *,
    unwanted: bool = False,
) -> Interests:
    """The interests after a reward in [-1, 1] for an item.

    A positive reward pulls the nearest interest towards the item, or begins a tentative one where none is
    near; a negative one pushes the nearest away and makes it lighter. Of what is `unwanted` the vector is
    kept too.
    """
    current = faded(interests, now, rules)
    if unwanted:
        current = replace(current, aversions=(item, *current.aversions)[: rules.aversions])
    if reward == 0.0:
        return current
    held = _unpacked(current)
    fits = [float(interest.vector @ item) for interest in held]
    nearest = int(np.argmax(fits)) if fits else -1
    if nearest >= 0 and fits[nearest] >= rules.join:
        old = held[nearest]
        pull = rules.rate * reward / max(old.weight, 1.0)
        held[nearest] = _Interest(
            _unit(old.vector + pull * item, old.vector),
            min(old.weight + reward, rules.heaviest),
            old.positives + (reward > 0),
        )
        held = _with_room_for(nearest, held, rules)
    elif reward > 0:
        held.append(_Interest(item, reward, 1))
        held = _with_room_for(len(held) - 1, held, rules)
    return _packed(held, current, rules)


def _with_room_for(index: int, held: list[_Interest], rules: InterestRules) -> list[_Interest]:
    """Of its kind the lightest other gives way where there are too many, or a new taste would never find a
    place."""
    kept = held[index]
    is_founded = kept.positives >= rules.founded_by
    others = [i for i in held if i is not kept and (i.positives >= rules.founded_by) == is_founded]
    if len(others) < (rules.most if is_founded else rules.tentative):
        return held
    lightest = min(others, key=lambda interest: interest.weight)
    return [interest for interest in held if interest is not lightest]


def _unpacked(interests: Interests) -> list[_Interest]:
    triples = zip(interests.vectors, interests.weights, interests.positives, strict=True)
    return [_Interest(*triple) for triple in triples]


def _packed(held: list[_Interest], current: Interests, rules: InterestRules) -> Interests:
    """Founded ones first, the heavier before the lighter.

    Weights are rounded to what is stored, so that it makes no difference where a batch of events ends.
    """
    held = [replace(interest, weight=float(np.float32(interest.weight))) for interest in held]
    held = [interest for interest in held if interest.weight >= rules.least]
    held.sort(key=lambda i: (i.positives < rules.founded_by, -i.weight))
    return replace(
        current,
        vectors=tuple(i.vector for i in held),
        weights=tuple(i.weight for i in held),
        positives=tuple(i.positives for i in held),
    )


def _unit(vector: Vector, otherwise: Vector) -> Vector:
    norm = float(np.linalg.norm(vector))
    return (vector / norm).astype(np.float32) if norm > 1e-6 else otherwise
