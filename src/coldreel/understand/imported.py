"""Spaces whose vectors came from a table: nobody here can make another one like them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coldreel.errors import ProviderError
from coldreel.model import Footage, Understanding
from coldreel.understand.contract import FootageProvider, Medium
from coldreel.understand.spaces import TEXT, Block, Space
from coldreel.understand.text import IMPORTED

NAME = IMPORTED
"""Who describes what came from a table, as far as coldreel knows."""

WHAT_TO_DO = (
    "The catalogue's vectors were imported, and nobody here can make more like them; "
    "`coldreel reembed --provider …` moves the catalogue to a provider's space, which takes new videos in"
)


def space(embedder: str, dimensions: int) -> Space:
    """The space of a table's vectors: the embedded words alone. Raises ProviderError for a size too large."""
    words = (Block(TEXT, dimensions, 1.0),)
    return Space(f"{embedder}-{dimensions} (imported)", words, provider=NAME, embedder=embedder)


@dataclass(frozen=True, slots=True)
class Unknown:
    """The model that made the vectors of a table: known by its name alone."""

    name: str
    dimensions: int
    floor: float = 1.0

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:  # noqa: ARG002
        raise ProviderError(WHAT_TO_DO)


class Imported(FootageProvider):
    """Stands where a provider would, for a catalogue that was imported: its items may yet get their files."""

    name, version, model = NAME, "1", ""
    takes: frozenset[Medium] = frozenset()

    def __init__(self, recipe: Mapping[str, Any]) -> None:
        self.space = Space.from_recipe(recipe)
        self.text = Unknown(self.space.embedder, self.space.dimensions)

    def understand(self, footage: Footage) -> Understanding:  # noqa: ARG002
        raise ProviderError(WHAT_TO_DO)
