"""Vectors, and how alike two of them are."""

from __future__ import annotations

from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

Vector: TypeAlias = NDArray[np.float32]
"""One block or one item in a space: shape (dimensions,), float32, norm one unless said otherwise."""

Cosines = TypeVar("Cosines", float, NDArray[np.float32], NDArray[np.float64])


def likeness(cosines: Cosines, baseline: float) -> Cosines:
    """How alike items of these cosines are: 1 for the same, 0 for strangers, less for what is further apart.

    baseline: the cosine of strangers, two items of the space taken at random
    """
    return (cosines - baseline) / (1.0 - baseline)


def cosine_at(alike: float, baseline: float) -> float:
    """The cosine of two items that are so much alike."""
    return baseline + (1.0 - baseline) * alike
