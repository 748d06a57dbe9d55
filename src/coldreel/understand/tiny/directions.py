"""Fewer dimensions for what a classifier measures, from the classifier's own weights: nothing is fitted."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

TURNS = 3
"""Of the power iteration. More of them change the figures of benchmarks/similar.py by less than a query."""


def directions(weights: NDArray[np.float32], dimensions: int) -> NDArray[np.float32]:
    """The directions along which a linear classifier tells its classes apart.

    weights: (classes, features). Returns orthonormal columns, (features, dimensions).
    The range finder of Halko, Martinsson and Tropp (2011, algorithm 4.3) on the weights of the classes, less
    their mean. It starts from fixed signs, so the same weights give the same columns on every machine, but
    for rounding; a singular value decomposition would leave each column's sign to the library.
    """
    own = weights - weights.mean(axis=0)
    power = own.T @ own
    power /= np.trace(power) / len(power)
    columns = _signs(len(power), dimensions)
    for _ in range(TURNS):
        columns = power @ columns
    return np.asarray(np.linalg.qr(columns)[0], np.float32)


def _signs(rows: int, columns: int) -> NDArray[np.float32]:
    """Of the bits of a hash: a random generator's stream may change with its library."""
    bits = np.frombuffer(hashlib.shake_256(b"coldreel").digest(rows * columns // 8 + 1), np.uint8)
    return (np.unpackbits(bits)[: rows * columns].reshape(rows, columns) * 2.0 - 1.0).astype(np.float32)
