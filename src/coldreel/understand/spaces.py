"""Spaces: named recipes that put weighted blocks together into one vector.

An item's vector is the concatenation of its blocks, each of norm one and scaled by the square root of its
weight. The inner product of two items that have every block is then the weighted sum of their blocks'
cosines. A block that an item lacks is zero, and its weight goes to the item's other blocks in proportion.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self

import numpy as np

from coldreel.errors import ProviderError
from coldreel.model import Vector

MAX_DIMENSIONS = 1000
"""A float32 vector of so many dimensions fits half a database page; the agreement of the design."""

TEXT = "text"
"""The block that a text query is compared with."""


class Template(StrEnum):
    """Which words of an item go into the text block."""

    DESCRIBED = "described"
    """All of them: "title. genres. description tags", given ones and on-screen text included."""
    READ = "read"
    """Only the words of people: the given title and tags, the text on the screen, what is said."""


@dataclass(frozen=True, slots=True)
class Block:
    """One part of a vector. `weight` is its share of the inner product, relative to the other blocks.

    name: TEXT, or "provider.what" of the provider that measures it
    version: of that provider; blocks of two versions are never compared
    """

    name: str
    dimensions: int
    weight: float
    version: str = ""

    @property
    def measure(self) -> tuple[str, int, str]:
        """Blocks are of one measure when these agree."""
        return self.name, self.dimensions, self.version


@dataclass(frozen=True, slots=True)
class Space:
    """A named, ordered list of blocks. Vectors of two spaces are never compared.

    provider: who describes what is placed here
    embedder: the name of what embeds the words of the text block; empty without that block
    Raises ProviderError for a recipe that makes no sense.
    """

    name: str
    blocks: tuple[Block, ...]
    template: Template = Template.DESCRIBED
    provider: str = ""
    embedder: str = ""

    def __post_init__(self) -> None:
        names = [block.name for block in self.blocks]
        if not names or len(set(names)) != len(names):
            raise ProviderError(f"Space {self.name} needs blocks with different names, not {names}")
        for block in self.blocks:
            if block.dimensions < 1 or not (0 < block.weight < math.inf):
                raise ProviderError(
                    f"Block {block.name} of space {self.name} needs a size and a weight above zero"
                )
            if "." in block.name and not block.version:
                raise ProviderError(
                    f"Block {block.name} of space {self.name} needs the version of who measures it"
                )
        if self.dimensions > MAX_DIMENSIONS:
            raise ProviderError(
                f"Space {self.name} has {self.dimensions} dimensions; at most {MAX_DIMENSIONS}"
            )

    @property
    def dimensions(self) -> int:
        return sum(block.dimensions for block in self.blocks)

    @classmethod
    def from_recipe(cls, recipe: Mapping[str, Any]) -> Self:
        """What `recipe` gave."""
        return cls(
            recipe["name"],
            tuple(Block(**block) for block in recipe["blocks"]),
            Template(recipe["template"]),
            recipe["provider"],
            recipe["embedder"],
        )

    def place_of(self, name: str) -> slice:
        """Where a block lies in the vector; empty for a block that the space lacks."""
        start = 0
        for block in self.blocks:
            if block.name == name:
                return slice(start, start + block.dimensions)
            start += block.dimensions
        return slice(0, 0)

    def combine(self, blocks: Mapping[str, Vector]) -> Vector:
        """The item's vector, float32 (dimensions,), norm one. A missing or zero block passes its weight on.

        Raises ProviderError when a block is unknown, of the wrong size or not finite, or none has a value.
        """
        vector = np.zeros(self.dimensions, np.float32)
        weights = {block.name: block.weight for block in self.blocks}
        for name, values in blocks.items():
            place = self.place_of(name)
            if name not in weights or values.shape != (place.stop - place.start,):
                raise ProviderError(f"Space {self.name} has no block {name} of shape {values.shape}")
            norm = float(np.linalg.norm(values.astype(np.float64)))
            if not math.isfinite(norm):
                raise ProviderError(f"Block {name} holds values that are not finite")
            if norm > 0:
                vector[place] = values * (math.sqrt(weights[name]) / norm)
        norm = float(np.linalg.norm(vector.astype(np.float64)))
        if norm == 0:
            raise ProviderError(f"Not one block of space {self.name} has a value")
        return (vector / norm).astype(np.float32)

    def text_norm(self, vector: Vector) -> float:
        """The norm of an item's text block: zero when the item has no words."""
        return float(np.linalg.norm(vector[self.place_of(TEXT)]))

    @property
    def makers(self) -> tuple[str, ...]:
        """The providers that measure the blocks, each once; the text block has none."""
        names = (block.name.partition(".")[0] for block in self.blocks if block.name != TEXT)
        return tuple(dict.fromkeys(names))

    def blocks_of(self, vector: Vector) -> dict[str, Vector]:
        """The blocks that an item has, each of norm one again."""
        found = {}
        for block in self.blocks:
            values = vector[self.place_of(block.name)]
            norm = float(np.linalg.norm(values))
            if norm > 0:
                found[block.name] = (values / norm).astype(np.float32)
        return found

    def recipe(self) -> dict[str, Any]:
        """The space as plain JSON values, to be stored with its vectors."""
        return {
            "name": self.name,
            "provider": self.provider,
            "embedder": self.embedder,
            "template": self.template.value,
            "blocks": [asdict(block) for block in self.blocks],
        }
