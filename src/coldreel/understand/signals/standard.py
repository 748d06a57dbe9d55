"""From raw measurements to blocks: fixed means and deviations, so that one video alone can be placed."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from coldreel.errors import ProviderError
from coldreel.model import Vector

LARGEST = 1.5
"""Deviations: larger values are cut, so that no single dimension decides (benchmarks/similar.py)."""
CONSTANTS = "standard.npz"
"""Written by benchmarks/fit_signals.py: for each descriptor two rows, mean and deviation."""


def standard(name: str, raw: NDArray[np.float64]) -> Vector:
    """The block of a descriptor's raw vector: standardised, cut, norm one.

    Raises ProviderError when the constants are of another size than the measurement.
    """
    constants = _constants().get(name)
    if constants is None or constants.shape != (2, len(raw)):
        raise ProviderError(
            f"No constants for {name} with {len(raw)} dimensions; run benchmarks/fit_signals.py"
        )
    mean, deviation = constants
    values = np.clip((raw - mean) / deviation, -LARGEST, LARGEST)
    return np.asarray(values / max(float(np.linalg.norm(values)), 1e-9), np.float32)


@cache
def _constants() -> dict[str, NDArray[np.float64]]:
    with files(__package__).joinpath(CONSTANTS).open("rb") as file, np.load(file) as stored:
        return {name: stored[name].astype(np.float64) for name in stored.files}
