"""What an embedding model on this machine gives to a space."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from coldreel.errors import ProviderError
from coldreel.model import Picture, Vector
from coldreel.understand.huggingface.layout import Layout, layout
from coldreel.understand.huggingface.weights import called, fingerprint
from coldreel.understand.projection import project
from coldreel.understand.spaces import MAX_DIMENSIONS

if TYPE_CHECKING:
    from coldreel.understand.huggingface.embedding import Embedder

VERSION = "1"
"""Of how texts and pictures are placed."""


class HuggingFaceText:
    """A text embedder, and the same model's look at pictures. It is loaded on first use.

    Text and look share a space, so that vectors of a model that gives both may have half as many dimensions
    as a space; longer ones are projected, which the name says.
    floor: zero, since nothing is known of a model that may be any
    """

    floor = 0.0

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._model = folder, name

    @cached_property
    def name(self) -> str:
        size = self.layout.dimensions
        reduced = f"-to-{self.dimensions}" if self.dimensions < size else ""
        return f"huggingface-{VERSION}-{called(self._model)}-{fingerprint(self._folder)}-{size}{reduced}"

    @property
    def dimensions(self) -> int:
        return min(self.layout.dimensions, MAX_DIMENSIONS // 2 if self.layout.sees else MAX_DIMENSIONS)

    @cached_property
    def layout(self) -> Layout:
        return layout(self._folder) or self._embedder.layout

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Rows of norm one, shape (texts, dimensions); zero for a text without any letter or digit."""
        rows = np.zeros((len(texts), self.layout.dimensions), np.float32)
        usable = [i for i, text in enumerate(texts) if any(map(str.isalnum, text))]
        if usable:
            rows[usable] = self._embedder.texts([texts[i] for i in usable])
        return project(rows, self.dimensions)

    def look(self, pictures: Sequence[Picture]) -> Vector:
        """The mean over pictures, of norm one, shape (dimensions,)."""
        mean = self._embedder.pictures(pictures).mean(axis=0, keepdims=True)
        vector: Vector = project(mean, self.dimensions)[0]
        return vector

    @cached_property
    def _embedder(self) -> Embedder:
        from coldreel.understand.huggingface.embedding import Embedder  # torch: not for who only asks
        from coldreel.understand.huggingface.loading import once

        loaded = once(Embedder, self._folder, self._model)
        if (read := layout(self._folder)) not in (None, loaded.layout):
            raise ProviderError(
                f"The files of the model {self._model} say {read}, but it is {loaded.layout}; get it anew"
            )
        return loaded
