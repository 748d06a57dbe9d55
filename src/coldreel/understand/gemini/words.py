"""Text vectors by Gemini."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from coldreel.errors import BadAnswerError
from coldreel.understand.gemini.connection import Connection
from coldreel.understand.gemini.tokens import Prices, of_words
from coldreel.understand.metering import EMBED, Meter, Order, Reply

EMBEDDING_SETTING = "COLDREEL_GEMINI_EMBEDDING_MODEL"

MOST_TEXTS = 100
"""Of one call: more are refused ("at most 100 requests can be in one batch")."""

DIMENSIONS = 768
"""Of the 3072 that the model makes. It is trained to be cut, and Google recommends this size among others; a
space has at most 1,000."""

FLOOR = 0.5
"""Not measured: the cosines of this model lie high, those of unrelated texts are said to be about here."""

TASK = "SEMANTIC_SIMILARITY"
"""Of the tasks that the model can be told of this one is the same for both sides. Items are compared with
items more often than with queries, and all of them live in one space."""

TAKES_TASK = ("gemini-embedding-001", "text-")
"""Models that can be told of a task, by how their names begin; later ones take it as words, if at all."""

VERSION = "1"
"""Of how texts are embedded here."""


class GeminiText:
    """Rows are cut to `DIMENSIONS` by Google and brought back to norm one here."""

    dimensions = DIMENSIONS
    floor = FLOOR

    def __init__(self, connection: Connection, meter: Meter) -> None:
        self._connection, self._meter = connection, meter
        self.model = connection.settings.gemini_embedding_model
        self.name = f"{self.model}-{DIMENSIONS}"

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Rows of norm one, shape (texts, dimensions). A text without a letter or digit gives a zero row, and
        is not sent.

        Raises BadAnswerError, RateLimitedError, UnauthorisedError, UnavailableError, ProviderError, and
        BudgetReachedError.
        """
        rows = np.zeros((len(texts), self.dimensions), np.float32)
        sent = [i for i, text in enumerate(texts) if any(letter.isalnum() for letter in text)]
        for start in range(0, len(sent), MOST_TEXTS):
            places = sent[start : start + MOST_TEXTS]
            rows[places] = self._buy([texts[i] for i in places])
        return rows

    def _buy(self, texts: list[str]) -> NDArray[np.float32]:
        prices = Prices.of_embedding(self._connection.settings)
        expected = prices.usage(sum(of_words(text) for text in texts))
        order = Order("gemini", self.model, EMBED, VERSION, None, expected)
        vectors = np.asarray(self._meter.buy(order, lambda: self._ask(texts, order))["vectors"], np.float64)
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.asarray(vectors / norms, np.float32)

    def _ask(self, texts: list[str], order: Order) -> Reply:
        from google.genai.types import Content, EmbedContentConfig, Part

        config = EmbedContentConfig(
            output_dimensionality=self.dimensions,
            task_type=TASK if self.model.startswith(TAKES_TASK) else None,
        )
        # A list of plain texts would be taken for one text of many parts by gemini-embedding-2.
        contents = [Content(parts=[Part(text=text)]) for text in texts]
        with self._connection.asking(EMBEDDING_SETTING) as client:
            response = client.models.embed_content(model=self.model, contents=contents, config=config)
        vectors = [embedding.values or [] for embedding in response.embeddings or ()]
        counted = response.usage_metadata.prompt_token_count if response.usage_metadata is not None else None
        usage = order.expected
        if counted is not None:
            usage = Prices.of_embedding(self._connection.settings).usage(counted)
        return Reply({"vectors": vectors}, usage, self._fault(vectors, len(texts)))

    def _fault(self, vectors: list[list[float]], count: int) -> BadAnswerError | None:
        if len(vectors) != count:
            return BadAnswerError(f"Gemini gave {len(vectors)} vectors for {count} texts; it is asked again")
        if any(len(vector) != self.dimensions for vector in vectors):
            return BadAnswerError(
                f"Gemini gave vectors of another size than {self.dimensions}; check {EMBEDDING_SETTING}"
            )
        norms = np.linalg.norm(np.asarray(vectors, np.float64), axis=1)
        if not np.isfinite(norms).all() or not norms.all():
            return BadAnswerError("Gemini gave vectors that are zero or not finite; it is asked again")
        return None
