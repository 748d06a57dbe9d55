"""Words embedded ahead: many in one call, and then one by one for free."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from coldreel.understand.contract import TextEmbedder


class Ahead:
    """A text embedder that keeps the rows of texts that are going to be asked for, each until it is."""

    def __init__(self, embedder: TextEmbedder) -> None:
        self._embedder = embedder
        self._rows: dict[str, NDArray[np.float32]] = {}

    @property
    def name(self) -> str:
        return self._embedder.name

    @property
    def dimensions(self) -> int:
        return self._embedder.dimensions

    @property
    def floor(self) -> float:
        return self._embedder.floor

    def expect(self, texts: Iterable[str]) -> None:
        """Embed these in one go. Raises what the embedder raises."""
        new = [text for text in dict.fromkeys(texts) if text not in self._rows]
        if new:
            self._rows.update(zip(new, self._embedder.embed(new), strict=True))

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        kept = {text: row for text in texts if (row := self._rows.pop(text, None)) is not None}
        asked = [text for text in dict.fromkeys(texts) if text not in kept]
        if asked:
            kept.update(zip(asked, self._embedder.embed(asked), strict=True))
        return np.stack([kept[text] for text in texts])
