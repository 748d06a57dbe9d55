"""Text vectors from a server."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from coldreel.errors import ProviderError
from coldreel.settings import Settings
from coldreel.understand.metering import EMBED, Meter, Order, Reply
from coldreel.understand.openai import prices
from coldreel.understand.projection import project
from coldreel.understand.spaces import MAX_DIMENSIONS

if TYPE_CHECKING:
    from coldreel.understand.openai.server import Server

VERSION = "1"
"""Of how texts are sent."""
BATCH = 100
"""Texts of one request."""
RESIZED = "text-embedding-3"
"""Models whose names begin so are asked for the dimensions that are set; others have one size."""
_CHARACTERS = 2
"""Of one token, at least: what a call should take is estimated with it, rather too high."""


class OpenAIText:
    """A text embedder. Vectors longer than a space are projected, which its name says.

    floor: zero, since nothing is known of a model that may be any
    """

    floor = 0.0

    def __init__(self, settings: Settings, meter: Meter) -> None:
        self._settings, self._meter = settings, meter
        self._model = settings.openai_embedding_model or ""
        self._size = settings.openai_embedding_dimensions

    @property
    def name(self) -> str:
        reduced = f"-to-{MAX_DIMENSIONS}" if self._size > MAX_DIMENSIONS else ""
        return f"openai-{VERSION}-{self._model}-{self._size}{reduced}"

    @property
    def dimensions(self) -> int:
        return min(self._size, MAX_DIMENSIONS)

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Rows of norm one, shape (texts, dimensions); zero for a text without any letter or digit.

        Raises BadAnswerError when not every text got a vector, ProviderError when they have another size than
        the settings say.
        """
        rows = np.zeros((len(texts), self._size), np.float32)
        usable = [
            i for i, text in enumerate(texts) if any(map(str.isalnum, text))
        ]  # servers take no empty text
        for start in range(0, len(usable), BATCH):
            places = usable[start : start + BATCH]
            vectors = self._bought([texts[i] for i in places])
            if any(len(vector) != self._size for vector in vectors):
                raise ProviderError(
                    f"COLDREEL_OPENAI_EMBEDDING_DIMENSIONS is {self._size}, and {self._model} gives vectors "
                    f"of {len(vectors[0])}; set it to {len(vectors[0])}"
                )
            rows[places] = vectors
        return project(rows, MAX_DIMENSIONS)

    def _bought(self, texts: Sequence[str]) -> list[list[float]]:
        def send() -> Reply:
            wanted = self._size if self._model.startswith(RESIZED) else None
            vectors, usage = self._server.embed(texts, wanted)
            return Reply({"vectors": vectors}, usage)

        tokens = sum(len(text) for text in texts) // _CHARACTERS + 1
        expected = prices.embedding(self._settings, tokens)
        order = Order("openai", self._model, EMBED, VERSION, None, expected)
        vectors: list[list[float]] = self._meter.buy(order, send)["vectors"]
        return vectors

    @cached_property
    def _server(self) -> Server:
        from coldreel.understand.openai.server import Server  # the SDK: not for who only asks

        return Server(self._settings)
