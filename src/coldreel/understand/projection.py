"""Vectors that are too long for a space are reduced by a fixed projection."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray


def project(vectors: NDArray[np.float32], to: int, seed: int = 0) -> NDArray[np.float32]:
    """Rows in `to` dimensions, of norm one; a zero row stays zero. Rows that fit already are only normed.

    The projection goes onto `to` orthonormal directions, drawn from the seed alone, so that it is the same on
    every machine. Cosines are kept up to a random error of about sqrt(1 / to - 1 / dimensions) (Johnson and
    Lindenstrauss, 1984): 0.026 from 3,072 to 1,000 dimensions.
    """
    rows = np.asarray(vectors, np.float64)
    if rows.shape[1] > to:
        rows = rows @ _directions(rows.shape[1], to, seed)
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(norms > 0, norms, 1), np.float32)


@lru_cache(maxsize=4)
def _directions(dimensions: int, to: int, seed: int) -> NDArray[np.float64]:
    """Shape (dimensions, to), the columns orthonormal: random signs (Achlioptas, 2003), made orthogonal.

    Of the generator only the raw bits are used: NumPy promises that those never change.
    """
    words = np.random.PCG64(seed).random_raw(dimensions * to)
    signs = np.where(words >> np.uint64(63), 1.0, -1.0).reshape(dimensions, to)
    directions: NDArray[np.float64] = np.linalg.qr(signs)[0]
    return directions
