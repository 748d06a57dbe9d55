"""A sentence-transformers model: places texts, and pictures where it can."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer

from coldreel.errors import ProviderError
from coldreel.model import Picture
from coldreel.understand.huggingface.describing import opened
from coldreel.understand.huggingface.layout import Layout
from coldreel.understand.huggingface.loading import DEVICE, loading, working


class Embedder:
    """One model in memory."""

    def __init__(self, folder: Path, name: str) -> None:
        """Raises ProviderError for a folder that holds no such model."""
        with loading(name, "COLDREEL_HUGGINGFACE_EMBEDDING_MODEL"):
            self._model = SentenceTransformer(str(folder), local_files_only=True, device=DEVICE)
            dimensions = self._model.get_embedding_dimension()
        if not dimensions:
            raise ProviderError(f"The model {name} does not say how long its vectors are; take another")
        self.layout = Layout(dimensions, self._model.supports("image"))
        self._name = name
        self._turn = Lock()

    def texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Rows as the model gives them, shape (texts, dimensions).

        A text is handed over as one by name: of a bare string that looks like an address or a path of a
        picture, the library would open the picture.
        """
        return self._encoded([{"text": text} for text in texts])

    def pictures(self, pictures: Sequence[Picture]) -> NDArray[np.float32]:
        """Rows as the model gives them, shape (pictures, dimensions)."""
        return self._encoded([{"image": opened(picture.jpeg)} for picture in pictures])

    def _encoded(self, inputs: list[Any]) -> NDArray[np.float32]:
        with self._turn, working(self._name):
            return np.asarray(self._model.encode(inputs, show_progress_bar=False), np.float32)
