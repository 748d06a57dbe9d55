"""Who is pleased by this is pleased by that: a random walk over items, in closed form.

From an item the walk goes to somebody whom it pleased, and on to another item that pleased them; now and then
it goes to an item of like content instead, and where nobody was pleased yet it always does. So an item that
nobody has seen has relations too. After a few such steps the probability to be at an item says how much it is
related to the first one, but for what everybody likes: that is held down by a small power of its audience.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Matrix: TypeAlias = "csr_array[np.float32, tuple[int, int]]"
Floats = NDArray[np.float32]

_TINY = np.finfo(np.float32).tiny
_BLOCK = 1_000
"""Items walked from at once: a block of the product is in memory, never all of it."""


@dataclass(frozen=True, slots=True)
class WalkRules:
    """Chosen on the validation split of the TikTok set (benchmarks/collaborative.py), and rounded."""

    steps: int = 3
    content: float = 2.0
    """Pleased viewers that content counts as: after n of them a step goes by content with probability
    content / (n + content)."""
    alike: int = 10
    """Items that are nearest in content."""
    likeness: float = 4.0
    """An item of like content counts by its likeness to this power."""
    popularity: float = 0.1
    """Power of its audience that an item's probability is divided by: with 0 what everybody likes is related
    to everything, with 1 what nobody else likes is."""
    links: int = 300
    """Likeliest items that are kept of each after every step; what is dropped is as good as nothing."""
    most_links: int = 10_000_000
    """Of all items together: in a large catalogue fewer are kept of each, and about a minute is enough."""
    kept: int = 50
    """Related items of each in the end."""
    doubt: float = 3.0
    """Pleased viewers with whom half of the score is believed."""
    by_content: float = 0.25
    """How much is believed of the score of an item that pleased nobody yet."""


def walked(pleased: Matrix, alike: Matrix, rules: WalkRules) -> Matrix:
    """How much each item (row) is related to each one (column): (items, items), of any scale, not symmetric.

    pleased: (users, items), 1 where the item pleased the user
    alike: (items, items), likeness of the nearest by content, 0 elsewhere; may be empty

    With R = pleased, U and D diagonal of the sums of its rows and columns, C = `alike` to the power
    `likeness` times the square roots of audiences, brought to rows of sum one, and c_i = m / (d_i + m) with
    m = `content`, a step is P = (1 - c) D^-1 R' U^-1 R + c C, and the score of j for i is
    (P^steps)_ij / d_j^popularity.

    One step without content is RP3beta (Paudel et al., Updatable, Accurate, Diverse, and Scalable
    Recommendations for Interactive Applications, TiiS 2017); P is similar to the normalised
    D^-1/2 R' U^-1 R D^-1/2, whose powers are low-pass filters (Shen et al., How Powerful is Graph Convolution
    for Recommendation?, CIKM 2021). Content as viewers, the pruning and the numbers are coldreel's own.
    """
    few = max(rules.most_links // max(pleased.shape[1], 1), rules.kept)
    rules = replace(rules, links=min(rules.links, few))
    step = _step(pleased, alike, rules)
    audience = np.maximum(_sums(pleased, 0), 1.0) ** -rules.popularity
    return _stacked(_scaled_columns(block, audience) for block in _powers(step, rules))


def related(pleased: Matrix, alike: Matrix, rules: WalkRules) -> Matrix:
    """The `kept` most related items of each, scores in [0, 1): (items, items).

    The most related item of each has 1, times what is believed of it: b + (1 - b) n / (n + doubt) with n
    viewers whom the item pleased and b = `by_content`.
    """
    scores = walked(pleased, alike, rules)
    scores.setdiag(0.0)
    scores.eliminate_zeros()
    kept = _strongest(scores, rules.kept)
    viewers = _sums(pleased, 0)
    believed = rules.by_content + (1.0 - rules.by_content) * viewers / (viewers + rules.doubt)
    most = np.maximum(kept.max(axis=1).toarray().ravel(), _TINY)
    return _scaled_rows(kept, believed / most)


def _step(pleased: Matrix, alike: Matrix, rules: WalkRules) -> Matrix:
    users, items = _sums(pleased, 1), _sums(pleased, 0)
    alike = _scaled_columns(alike.power(rules.likeness), np.sqrt(np.maximum(items, 1.0)))
    likeness = _sums(alike, 1)
    by_content = np.where(likeness > 0, rules.content / np.maximum(items + rules.content, _TINY), 0.0)
    back = _scaled_rows(pleased.T.tocsr(), (1.0 - by_content) * _inverse(items))
    forth = _scaled_rows(pleased, _inverse(users))
    near = _scaled_rows(alike, by_content * _inverse(likeness))
    return _stacked(
        _strongest(back[rows] @ forth + near[rows], rules.links) for rows in _blocks(pleased.shape[1])
    )


def _powers(step: Matrix, rules: WalkRules) -> Iterator[Matrix]:
    for rows in _blocks(step.shape[0]):
        block = step[rows]
        for _ in range(rules.steps - 1):
            block = _strongest(block @ step, rules.links)
        yield block


def _strongest(matrix: Matrix, k: int) -> Matrix:
    """The k largest entries of each row."""
    matrix = matrix.tocsr()
    starts = matrix.indptr
    kept = np.ones(matrix.nnz, np.bool_)
    for row in np.flatnonzero(np.diff(starts) > k):
        values = matrix.data[starts[row] : starts[row + 1]]
        kept[starts[row] + np.argpartition(values, -k)[:-k]] = False
    matrix.data[~kept] = 0.0
    matrix.eliminate_zeros()
    return matrix


def _blocks(items: int) -> Iterator[slice]:
    for start in range(0, items, _BLOCK):
        yield slice(start, start + _BLOCK)


def _sums(matrix: Matrix, axis: int) -> Floats:
    return np.asarray(matrix.sum(axis=axis), np.float32).ravel()


def _inverse(sums: Floats) -> Floats:
    return np.divide(1.0, sums, out=np.zeros_like(sums), where=sums > 0)


def _scaled_rows(matrix: Matrix, factors: NDArray[np.floating]) -> Matrix:
    scaled = matrix.astype(np.float32)
    scaled.data *= np.repeat(factors.astype(np.float32), np.diff(scaled.indptr))
    return scaled


def _scaled_columns(matrix: Matrix, factors: NDArray[np.floating]) -> Matrix:
    matrix.data *= factors.astype(np.float32)[matrix.indices]
    return matrix


def _stacked(blocks: Iterator[Matrix]) -> Matrix:
    from scipy.sparse import vstack

    return vstack(list(blocks), format="csr")
