"""What any two items of a space have in common: the cosine of strangers, from which on others are alike.

In some spaces, of texts most of all, all vectors lie close together: a cosine that tells of kinship in one is
that of strangers in another. What strangers have is measured, and taken off (Ethayarajh, "How Contextual are
Contextualized Word Representations?", EMNLP 2019, calls it the baseline of anisotropy).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from coldreel.model import Vector
from coldreel.store.store import Store
from coldreel.store.vectors import StoredSpace


@dataclass(frozen=True, slots=True)
class BaselineRules:
    """coldreel's own numbers."""

    least: int = 20
    """Items without which nothing is measured: the baseline is 0 until then."""
    most: int = 1_000
    """Items of a sample: half a million pairs tell what strangers have in common to a hundredth."""
    growth: float = 2.0
    """How often as many items there must be for another look before the sample has been full."""
    move: float = 0.02
    """A smaller change is none: what follows from a baseline is derived anew when it moves."""
    highest: float = 0.95


def common(vectors: Vector) -> float:
    """The mean cosine of two different ones of these vectors of norm one, (n, dimensions), n at least 2."""
    n, total = len(vectors), vectors.sum(axis=0, dtype=np.float64)
    own = float(np.square(vectors, dtype=np.float64).sum())
    return (float(total @ total) - own) / (n * (n - 1))


def is_due(space: StoredSpace, items: int, rules: BaselineRules) -> bool:
    """Whether there are so many more items than the baseline was measured on that it is out of date."""
    return space.baseline_of < rules.most and items >= max(rules.least, rules.growth * space.baseline_of)


def measured(store: Store, space: StoredSpace, rules: BaselineRules) -> StoredSpace:
    """The space with its baseline by what it holds now. Where that moves in the space that serves, what was
    derived from events is owed anew."""
    sample = store.vectors(space).sample(rules.most)
    if len(sample) < rules.least:
        return space
    baseline = float(np.clip(common(sample), 0.0, rules.highest))
    moves = abs(baseline - space.baseline) >= rules.move
    with store.database.transaction():
        if moves and space.active:
            store.models.owe_rebuild()
        found = replace(space, baseline=baseline if moves else space.baseline, baseline_of=len(sample))
        store.spaces.note_baseline(found)
    return found
