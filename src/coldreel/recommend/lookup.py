"""Similar items and search: questions that know no user."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from coldreel.model import Item, SearchHit, SimilarItem, Vector
from coldreel.recommend.spelling import alternatives
from coldreel.store.items import Items
from coldreel.store.vectors import Vectors
from coldreel.store.vocabulary import Vocabulary

RRF_K = 60
"""Cormack, Clarke and Büttcher, "Reciprocal Rank Fusion", SIGIR 2009."""
DEPTH = 50
"""Results taken from each ranking before they are fused."""


@dataclass(frozen=True, slots=True)
class TextProbe:
    """A query in words: the words, and their place in the space."""

    words: str
    vector: Vector | None
    """A text block of norm one; None when no word of the query can be embedded."""
    floor: float
    """Cosine of text blocks below which two texts have nothing in common."""


def similar(items: Items, vectors: Vectors, item: Item, k: int) -> list[SimilarItem]:
    """The item itself and then its nearest: k in all, with exact cosines."""
    own = vectors.of([item.id]).get(item.id)
    if own is None:
        return []
    neighbours = vectors.similar(own, k + 1)
    others = [n for n in neighbours if n.item != item.id][: max(k - 1, 0)]
    cosines = {n.item: n.similarity for n in others} | {item.id: 1.0}
    cards = items.cards([item.id, *(n.item for n in others)][:k])
    return [SimilarItem(card, cosines[card.id]) for card in cards]


def search(
    items: Items, vocabulary: Vocabulary, vectors: Vectors, probe: TextProbe, k: int
) -> list[SearchHit]:
    """The k items that answer best, by full text and by text vector, fused by reciprocal rank.

    Where too few have the very words, those that have nearly the same follow. Neither ranking has an item
    without a word or enough letters in common, so nonsense finds nothing.
    """
    by_words = items.full_text(probe.words, DEPTH)
    if len(by_words) < k and (near := alternatives(vocabulary, probe.words)):
        by_words = list(dict.fromkeys(by_words + vocabulary.meaning(near, DEPTH)))[:DEPTH]
    by_vector = (
        [n.item for n in vectors.text_similar(probe.vector, DEPTH, probe.floor)]
        if probe.vector is not None
        else []
    )
    scores = fuse([by_words, by_vector])
    best = sorted(scores, key=lambda item: (-scores[item], item))[:k]
    return [SearchHit(card, scores[card.id]) for card in items.cards(best)]


def fuse(rankings: Sequence[Sequence[int]]) -> dict[int, float]:
    """Per item the sum over rankings of 1 / (RRF_K + rank), ranks from 1."""
    scores: dict[int, float] = {}
    for ranking in rankings:
        for rank, item in enumerate(ranking, start=1):
            scores[item] = scores.get(item, 0.0) + 1 / (RRF_K + rank)
    return scores
