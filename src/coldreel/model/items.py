"""Videos in the catalogue, and what is like them or answers a query."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Item:
    """A video in the catalogue, as people see it.

    One that came from a table awaits its file: it has no address, and what only the file can tell is None.
    """

    id: int
    ref: str
    file: str
    uri: str
    title: str
    description: str
    tags: Sequence[str]
    genres: Sequence[str]
    creator: str
    duration_s: float | None
    width: int | None
    height: int | None
    has_sound: bool | None
    published_at: datetime
    duplicate_of: str | None = None
    """The ref of the item that this is a re-upload of."""
    original_title: str = ""
    original_description: str = ""
    language: str | None = None
    """Of the video (ISO 639-1); the two above are in it, where it is another than English."""

    @property
    def awaits_file(self) -> bool:
        """Whether only a table has told of it so far: there is nothing to play, and no picture."""
        return self.duration_s is None


@dataclass(frozen=True, slots=True)
class SimilarItem:
    """A neighbour and its exact cosine similarity, computed in float32."""

    item: Item
    cosine_similarity: float


@dataclass(frozen=True, slots=True)
class SearchHit:
    """An item that answers a query; `score` is the reciprocal-rank fusion of text and vector ranks."""

    item: Item
    score: float
