"""Answers as flat rows: what notebooks and `--json` show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING, Generic, Self, TypeVar
from uuid import UUID

from coldreel.errors import MissingPackageError
from coldreel.model import Description, Feed, FeedItem, Item, SearchHit, SimilarItem
from coldreel.recommend.boards import Entry
from coldreel.store.calls import BillLine
from coldreel.store.vectors import StoredSpace

if TYPE_CHECKING:
    import pandas as pd

Row = TypeVar("Row", bound="SimilarRow | SearchRow | FeedRow | BoardRow")


class Rows(list[Row], Generic[Row]):
    """A list of rows of one kind that can become a data frame."""

    def __init__(self, kind: type[Row], rows: Iterable[Row]) -> None:
        super().__init__(rows)
        self.kind = kind

    def to_pandas(self) -> pd.DataFrame:
        """One column per field. Raises MissingPackageError where pandas is not installed."""
        try:
            import pandas as pd
        except ImportError:
            raise MissingPackageError("Data frames need pandas: pip install 'coldreel[pandas]'") from None
        columns = [field.name for field in fields(self.kind)]
        return pd.DataFrame([asdict(row) for row in self], columns=columns)


@dataclass(frozen=True, slots=True)
class SimilarRow:
    """One line of the table of similar items."""

    ref: str
    file: str
    title: str
    cosine_similarity: float

    @classmethod
    def of(cls, hit: SimilarItem) -> Self:
        return cls(hit.item.ref, hit.item.file, hit.item.title, round(hit.cosine_similarity, 6) + 0.0)


@dataclass(frozen=True, slots=True)
class SearchRow:
    """One line of the answer to a query."""

    ref: str
    file: str
    title: str
    score: float

    @classmethod
    def of(cls, hit: SearchHit) -> Self:
        return cls(hit.item.ref, hit.item.file, hit.item.title, round(hit.score, 6))


@dataclass(frozen=True, slots=True)
class FeedRow:
    """One place of a feed."""

    ref: str
    file: str
    title: str
    slot: str
    origin: str
    reason: str

    @classmethod
    def of(cls, place: FeedItem) -> Self:
        item = place.item
        return cls(item.ref, item.file, item.title, str(place.slot), str(place.origin), place.reason)


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One line of a board; `evidence` holds the numbers that put it there, `because` says them."""

    ref: str
    file: str
    title: str
    score: float
    because: str
    evidence: Mapping[str, float]

    @classmethod
    def of(cls, entry: Entry) -> Self:
        item = entry.item
        score = round(entry.score, 6)
        return cls(item.ref, item.file, item.title, score, entry.because, dict(entry.evidence))


@dataclass(frozen=True, slots=True)
class FeedPage:
    """One page of a feed; `request_id` belongs into the feedback on it."""

    request_id: UUID
    items: Rows[FeedRow]

    @classmethod
    def of(cls, feed: Feed) -> Self:
        return cls(feed.request_id, Rows(FeedRow, map(FeedRow.of, feed.items)))


@dataclass(frozen=True, slots=True)
class SpaceRow:
    """One space: how many of the items in sight it holds, and whether it serves."""

    name: str
    provider: str
    dimensions: int
    items: int
    serves: bool

    @classmethod
    def of(cls, space: StoredSpace, items: int) -> Self:
        provider = str(space.recipe.get("provider", ""))
        return cls(space.name, provider, space.dimensions, items, space.active)


@dataclass(frozen=True, slots=True)
class ItemDetails:
    """All that is known of an item: what is said of it now, what was said before, and what that took."""

    item: Item
    description: Description
    earlier: tuple[tuple[datetime, Description], ...]
    calls: tuple[BillLine, ...]


def similar_rows(hits: Iterable[SimilarItem]) -> Rows[SimilarRow]:
    return Rows(SimilarRow, map(SimilarRow.of, hits))


def search_rows(hits: Iterable[SearchHit]) -> Rows[SearchRow]:
    return Rows(SearchRow, map(SearchRow.of, hits))
