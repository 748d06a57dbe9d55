"""What is learned from events, and kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class ModelKind(StrEnum):
    """What is learned from events."""

    REWARD = "reward"
    """From which share of a video on a view of it is long."""
    RANKER = "ranker"
    """How much each feature counts."""


@dataclass(frozen=True, slots=True)
class Weights:
    """A ranker: the weight of each feature by its name, and what the log calls it."""

    version: str
    values: Mapping[str, float]
