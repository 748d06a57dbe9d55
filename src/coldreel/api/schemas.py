"""What goes over the wire."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Annotated, Self
from urllib.parse import quote
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    Field,
    PlainValidator,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from coldreel.api.problems import what_is_wrong
from coldreel.ingest.fetching import file_name
from coldreel.model import (
    WATCHING,
    Board,
    Event,
    EventKind,
    Failure,
    FeedItem,
    Item,
    Origin,
    Progress,
    Refusal,
    Slot,
    State,
)
from coldreel.recommend.boards import Entry


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _storable(text: str) -> str:
    """PostgreSQL keeps no zero byte, and no half of a character."""
    if any(letter == "\0" or "\ud800" <= letter <= "\udfff" for letter in text):
        raise ValueError("it holds a character that cannot be kept")
    return text


def _forward(interval: tuple[float, float]) -> tuple[float, float]:
    start, end = interval
    if end < start:
        raise ValueError(f"it ends at {end:g} before it begins at {start:g}")
    return interval


LONGEST_S = 86_400
"""Seconds that one event may say were watched: a day."""
_Second = Annotated[float, Field(ge=0, le=LONGEST_S, allow_inf_nan=False)]
Interval = Annotated[tuple[_Second, _Second], AfterValidator(_forward)]


class ItemOut(BaseModel):
    ref: str
    file: str
    title: str
    description: str
    original_title: str = Field(description="In the language of the video, where that is not English")
    original_description: str
    language: str | None
    tags: list[str]
    genres: list[str]
    creator: str
    awaits_file: bool = Field(
        description="Whether it was imported from a table and its file has not come yet: what only the file "
        "can tell is null then, and so are the addresses below; it is not recommended, and events about it "
        "are refused"
    )
    duration_s: float | None
    width: int | None
    height: int | None
    has_sound: bool | None
    published_at: datetime
    duplicate_of: str | None = Field(
        None, description="The ref of the item that this is a re-upload of; only that one is recommended"
    )
    video: str | None
    poster: str | None
    strip: str | None = Field(
        description="At most six pictures of the video side by side, each of its shape, in their order"
    )
    liked: bool = False

    @classmethod
    def of(cls, item: Item, liked: Collection[int] = (), **more: object) -> Self:
        """An item as it is sent; `liked` holds the ids that the user likes."""
        media = None if item.awaits_file else f"/media/{quote(item.ref, safe='')}"
        return cls.model_validate(
            {
                "ref": item.ref,
                "file": item.file,
                "title": item.title,
                "description": item.description,
                "original_title": item.original_title,
                "original_description": item.original_description,
                "language": item.language,
                "tags": item.tags,
                "genres": item.genres,
                "creator": item.creator,
                "awaits_file": item.awaits_file,
                "duration_s": None if item.duration_s is None else round(item.duration_s, 3),
                "width": item.width,
                "height": item.height,
                "has_sound": item.has_sound,
                "published_at": item.published_at,
                "duplicate_of": item.duplicate_of,
                "video": media and f"{media}/video",
                "poster": media and f"{media}/poster",
                "strip": media and f"{media}/strip",
                "liked": item.id in liked,
                **more,
            }
        )


class ItemsOut(BaseModel):
    items: list[ItemOut]
    next: int | None = Field(None, description="`before` of the next page; null at the end")


class SimilarOut(ItemOut):
    cosine_similarity: float


class SimilarsOut(BaseModel):
    items: list[SimilarOut]


class SearchHitOut(ItemOut):
    score: float


class SearchOut(BaseModel):
    items: list[SearchHitOut]


class FeedItemOut(ItemOut):
    slot: Slot = Field(description="What the place is for")
    origin: Origin = Field(description="How the item was found")
    reason: str = Field(description="Why it is shown, in a sentence")
    again: bool = Field(description="Seen before: nothing new is left")

    @classmethod
    def at(cls, place: FeedItem, liked: Collection[int]) -> Self:
        return cls.of(
            place.item, liked, slot=place.slot, origin=place.origin, reason=place.reason, again=place.again
        )


class FeedOut(BaseModel):
    request_id: UUID
    user: str
    items: list[FeedItemOut]


class EntryOut(ItemOut):
    score: float
    evidence: dict[str, float] = Field(description="The numbers that put it there")
    because: str = Field(description="The same in a sentence")

    @classmethod
    def on(cls, entry: Entry) -> Self:
        return cls.of(
            entry.item, score=round(entry.score, 6), evidence=dict(entry.evidence), because=entry.because
        )


class BoardOut(BaseModel):
    board: Board
    counted_at: datetime | None = Field(description="When it was made; null before the first count")
    items: list[EntryOut] = Field(description="The best first; of fresh items what may be the best")


class EventIn(BaseModel):
    event_id: UUID = Field(description="A UUIDv7; sending the same again counts once")
    item: Annotated[str, AfterValidator(_storable)] = Field(
        min_length=1, max_length=200, description="The item's ref"
    )
    kind: EventKind = Field(
        description="view: watched, and went on; away: watched, and left the page; from hide_creator there "
        "is no way back but to erase the user"
    )
    at: Annotated[datetime, AfterValidator(_aware)]
    watched_s: float | None = Field(
        None,
        ge=0,
        le=LONGEST_S,
        description="Of a view or away: seconds that were played, loops counted, since the one before it",
    )
    intervals: list[Interval] | None = Field(
        None,
        max_length=1_000,
        description="Of a view or away, instead of `watched_s`: the stretches that were played, each from a "
        "second of the video to another; what was played twice is in two of them",
    )
    request_id: UUID | None = Field(
        None,
        description="The page of the feed on which it was shown; without it counts and tastes move, but "
        "rankers do not learn from it",
    )

    @field_validator("intervals")
    @classmethod
    def _stand_for_watched_s(
        cls, intervals: list[Interval] | None, before: ValidationInfo
    ) -> list[Interval] | None:
        if intervals is not None:
            if before.data.get("kind") not in WATCHING:
                raise ValueError("only a view or away has them")
            if before.data.get("watched_s") is not None:
                raise ValueError("watched_s says the same; give one of the two")
            if _played_s(intervals) > LONGEST_S:
                raise ValueError(f"together they are longer than {LONGEST_S} seconds")
        return intervals

    def by(self, user: str) -> Event:
        watched_s = self.watched_s if self.intervals is None else _played_s(self.intervals)
        return Event(self.event_id, user, self.item, self.kind, self.at, watched_s, self.request_id)


def _played_s(intervals: list[Interval]) -> float:
    return sum(end - start for start, end in intervals)


class RefusalOut(BaseModel):
    event_id: UUID | None = Field(description="null where it could not be read")
    code: str
    reason: str

    @classmethod
    def of(cls, refusal: Refusal) -> Self:
        return cls(event_id=refusal.event_id, code=refusal.code, reason=refusal.reason)


def _read_event(sent: object) -> EventIn | RefusalOut:
    """An event that cannot be read is refused alone: its batch may hold what a browser has kept for days."""
    try:
        return EventIn.model_validate(sent)
    except ValidationError as error:
        return RefusalOut(event_id=_id_of(sent), code="invalid_event", reason=what_is_wrong(error.errors()))


def _id_of(sent: object) -> UUID | None:
    try:
        return UUID(sent["event_id"]) if isinstance(sent, dict) else None
    except (KeyError, ValueError, TypeError, AttributeError):
        return None


class FeedbackIn(BaseModel):
    events: list[
        Annotated[EventIn | RefusalOut, PlainValidator(_read_event, json_schema_input_type=EventIn)]
    ] = Field(max_length=1_000)

    def read(self) -> list[EventIn]:
        return [event for event in self.events if isinstance(event, EventIn)]

    def refused(self) -> list[RefusalOut]:
        """Those that could not be read."""
        return [event for event in self.events if isinstance(event, RefusalOut)]


class ReceiptOut(BaseModel):
    accepted: int
    duplicates: int
    refused: list[RefusalOut]
    clamped: int = Field(
        description="Of those accepted, how many had an impossible time, ahead of ours or before 2000, "
        "and were given the nearest possible one"
    )


class FailureOut(BaseModel):
    source: int = Field(description="The id for /api/ingest/{source}/retry")
    uri: str = Field(description="The file's name; with its folders for who may write")
    state: State
    code: str
    reason: str

    @classmethod
    def of(cls, failure: Failure, whole: bool) -> Self:
        """`whole`: with the folders, which are nobody's business but the owner's."""
        uri = failure.uri if whole else file_name(failure.uri)
        return cls(
            source=failure.source,
            uri=uri,
            state=failure.state,
            code=failure.code,
            reason=failure.reason.replace(failure.uri, uri),
        )


class ProgressOut(BaseModel):
    waiting: int
    working: int
    ready: int
    failed: int
    rejected: int
    rendering: int = Field(
        description="Of those that are ready, how many wait for a rendition to be recommended"
    )
    awaiting_files: int = Field(
        description="Imported items whose files have not come yet; no other count has them"
    )
    per_minute: int = Field(description="Sources that became ready within the last minute")
    failures: list[FailureOut] = Field(
        description="The first of them; `failed` and `rejected` count all sources"
    )

    @classmethod
    def of(
        cls, progress: Progress, awaiting_files: int, per_minute: int, failures: list[Failure], whole: bool
    ) -> Self:
        """`whole`: failures name their files with the folders."""
        return cls(
            waiting=progress.waiting, working=progress.working, ready=progress.ready, failed=progress.failed,
            rejected=progress.rejected, rendering=progress.rendering,
            awaiting_files=awaiting_files, per_minute=per_minute,
            failures=[FailureOut.of(failure, whole) for failure in failures],
        )  # fmt: skip


class UploadOut(BaseModel):
    ref: str = Field(description="The item that this becomes, at /api/items/{ref}")
    source: int


class PastEventOut(BaseModel):
    event_id: UUID
    item: str
    kind: str
    watched_s: float | None
    request_id: UUID | None
    at: datetime
    said_at: datetime | None = Field(
        description="The time that the client gave, where that was impossible; `at` is the nearest possible"
    )


class UserOut(BaseModel):
    user: str
    created_at: datetime
    hidden_creators: list[str] = Field(description="Whose videos the user wants no more of")
    events: list[PastEventOut]


class ProblemOut(BaseModel):
    type: str
    title: str
    status: int
    code: str
    detail: str
