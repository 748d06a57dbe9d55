"""What every provider and every text embedder offers; one contract test holds them all to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from coldreel.model import Footage, Understanding
from coldreel.understand.spaces import Space

ENTRY_POINTS = "coldreel.providers"
"""The entry point group: each entry is a callable without arguments that returns a `Provider`.

Making a provider must be cheap: models are loaded on first use.
"""


class TextEmbedder(Protocol):
    """Places texts so that texts with like words are near each other."""

    @property
    def name(self) -> str: ...

    @property
    def dimensions(self) -> int: ...

    @property
    def floor(self) -> float:
        """A cosine below this says nothing: a search drops such hits."""
        ...

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Rows of norm one, shape (texts, dimensions); a text without any usable word gives a zero row."""
        ...


class Provider(Protocol):
    """Describes footage and measures its vector blocks."""

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str:
        """Changes whenever the same footage would give other words or another vector."""
        ...

    @property
    def text(self) -> TextEmbedder:
        """What fills the text block of `space`, for items and for queries."""
        ...

    @property
    def space(self) -> Space:
        """Where this provider's vectors live."""
        ...

    def understand(self, footage: Footage) -> Understanding:
        """The description, and the measured blocks of `space`, each of norm one.

        What was not measured is absent. So is the text block: `Chosen.place` fills it, since a person's title
        may come later.
        Raises ProviderError.
        """
        ...
