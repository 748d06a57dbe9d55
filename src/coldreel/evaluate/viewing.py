"""How a simulated person reacts to a video: pleased or not, and what of that can be seen from outside."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from coldreel.evaluate.world import World

_BITS = 2**64 - 1
_GOLDEN = 0x9E3779B97F4A7C15


@dataclass(frozen=True, slots=True)
class ViewingRules:
    """Fixed like the world: results are never a reason to change these."""

    base: float = -1.5
    """Log-odds that an average item pleases a person of average fit: about one viewer in five."""
    taste: float = 1.0
    """Log-odds per standard deviation of fit."""
    quality: float = 1.0
    """Log-odds per standard deviation of quality."""
    boredom: float = 0.15
    """Log-odds that are lost per video of the same interest watched lately."""
    boredom_minutes: float = 60.0
    """Half-life of what was watched lately."""
    bored: float = 10.0
    """More videos than this do not bore more."""

    finished: float = 0.9
    """Share of the pleased who watch to the end; the others leave somewhere in the middle."""
    again: float = 0.2
    """Probability that who finished watches once more."""
    swiped: float = 0.6
    """Share of the displeased who swipe within two seconds."""
    idle: float = 0.05
    """Share of the displeased who let it play to the end all the same: what is seen is not always what is."""
    like: float = 0.12
    """Of the pleased."""
    share: float = 0.03
    """Of the pleased."""
    not_interested: float = 0.02
    """Of the displeased who say so."""


@dataclass(frozen=True, slots=True)
class Reaction:
    """pleased: hidden, the reward that the simulator counts; the rest can be seen"""

    pleased: bool
    watched_s: float
    like: bool = False
    share: bool = False
    not_interested: bool = False


class Audience:
    """The people of a world. They remember what they watched lately, and nothing of policies.

    A person's chance in front of an item is drawn from the seed and the pair: whichever policy shows it, and
    whenever, the person reacts alike, but for boredom.
    """

    def __init__(self, world: World, rules: ViewingRules) -> None:
        self._world = world
        self._rules = rules
        people, interests = len(world.fit), world.rules.interests[1]
        self._lately = np.zeros((people, interests))
        self._at = np.zeros(people)

    def react(self, person: int, item: int, at: float) -> Reaction:
        """What the person does on being shown the item; at: in days."""
        world, rules = self._world, self._rules
        minutes = (at - self._at[person]) * 1440
        self._lately[person] *= 0.5 ** (minutes / rules.boredom_minutes)
        self._at[person] = at
        interest = world.nearest[person, item]
        tired = min(float(self._lately[person, interest]), rules.bored)
        self._lately[person, interest] += 1.0
        chance = pleasing(float(world.fit[person, item]), float(world.quality[item]), tired, rules)
        dice = chances(world.seed, person, item, 6)
        return _shown(bool(dice[0] < chance), float(world.duration_s[item]), dice[1:], rules)


def pleasing(fit: float, quality: float, tired: float, rules: ViewingRules) -> float:
    """Probability that an item pleases: logistic in fit, quality and boredom."""
    odds = rules.base + rules.taste * fit + rules.quality * quality - rules.boredom * tired
    return 1 / (1 + math.exp(-odds))


def chances(seed: int, person: int, item: int, n: int) -> list[float]:
    """n uniform numbers in [0, 1) that follow from these three (SplitMix64: Steele et al., OOPSLA 2014).

    A numpy generator for each pair would take longer than all the rest of a reaction.
    """
    state = _mixed(_mixed(_mixed(seed) + person) + item)
    return [(_mixed(state + _GOLDEN * (i + 1)) >> 11) * 2.0**-53 for i in range(n)]


def _mixed(state: int) -> int:
    state = (state + _GOLDEN) & _BITS
    state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & _BITS
    state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & _BITS
    return state ^ (state >> 31)


def _shown(pleased: bool, duration_s: float, dice: list[float], rules: ViewingRules) -> Reaction:
    """What can be seen of a reaction. dice: five uniform numbers"""
    how, much, again, like, share = dice
    if pleased:
        played = 0.92 + 0.08 * much if how < rules.finished else 0.2 + 0.5 * much
        if how < rules.finished and again < rules.again:
            played += 1.0
        return Reaction(True, played * duration_s, like < rules.like, share < rules.share)
    unwanted = like < rules.not_interested
    if how < rules.swiped:
        return Reaction(False, 0.3 + 1.6 * much, not_interested=unwanted)
    if how < rules.swiped + rules.idle:
        return Reaction(False, duration_s, not_interested=unwanted)
    return Reaction(False, max(2.0, (0.1 + 0.5 * much**2) * duration_s), not_interested=unwanted)
