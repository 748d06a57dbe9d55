"""From what the models measure to the blocks of the vector."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from coldreel.model import Vector
from coldreel.understand.tiny import networks
from coldreel.understand.tiny.directions import directions
from coldreel.understand.tiny.provider import LOOK_DIMENSIONS, SOUND_DIMENSIONS

CENTRES = "centres.npz"
"""Written by benchmarks/fit_tiny.py: the mean of what is placed, `look` (FEATURES,) and `sound`
(SOUND_CLASSES,). Less what all videos share, cosines tell them apart."""


def look_block(features: NDArray[np.float32], models: Path) -> Vector:
    """Of the mean features (FEATURES,), along the directions that tell things apart; norm one."""
    return _unit((features - _centres()["look"]) @ _look_directions(models))


def sound_block(scores: NDArray[np.float32], models: Path) -> Vector:
    """Of the scores (stretches, SOUND_CLASSES), along the directions in which sounds differ; norm one."""
    return _unit((pooled(scores) - _centres()["sound"]) @ _sound_directions(models))


def pooled(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """One row: half the mean and half the most of the square roots, so that a short sound counts too."""
    roots = np.sqrt(np.maximum(scores, 0))
    return np.asarray((roots.mean(axis=0) + roots.max(axis=0)) / 2, np.float32)


@cache
def _look_directions(models: Path) -> NDArray[np.float32]:
    return directions(networks.pictures(models).weights, LOOK_DIMENSIONS)


@cache
def _sound_directions(models: Path) -> NDArray[np.float32]:
    return directions(networks.sounds(models).weights.T, SOUND_DIMENSIONS)


@cache
def _centres() -> dict[str, NDArray[np.float32]]:
    with files(__package__).joinpath(CENTRES).open("rb") as file, np.load(file) as stored:
        return {name: stored[name].astype(np.float32) for name in stored.files}


def _unit(values: NDArray[np.floating]) -> Vector:
    return np.asarray(values / max(float(np.linalg.norm(values)), 1e-9), np.float32)
