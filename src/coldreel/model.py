"""The nouns of coldreel. Every part takes and returns these."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeAlias
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

Vector: TypeAlias = NDArray[np.float32]
"""One block or one item in a space: shape (dimensions,), float32, norm one unless said otherwise."""


class State(StrEnum):
    """Where a row of the ledger stands."""

    WAITING = "waiting"
    WORKING = "working"
    READY = "ready"
    FAILED = "failed"
    REJECTED = "rejected"


class Stage(StrEnum):
    """A kind of work in the ledger."""

    WATCH = "watch"
    """A source: hash, decode, describe, embed, publish."""
    RENDER = "render"
    """An item that browsers cannot play: transcode a rendition."""
    DESCRIBE = "describe"
    """An item: describe it anew, by another provider."""
    EMBED = "embed"
    """An item: place it in another space."""


class EventKind(StrEnum):
    """What a user did."""

    VIEW = "view"
    """Watched it, and went on to another."""
    AWAY = "away"
    """Watched it, and left the page with it in view: to come back to it, or not, but this is no swipe."""
    LIKE = "like"
    UNLIKE = "unlike"
    SHARE = "share"
    NOT_INTERESTED = "not_interested"
    HIDE_CREATOR = "hide_creator"
    """Wants nothing more of who made it."""


WATCHING = (EventKind.VIEW, EventKind.AWAY)
"""Events that say that an item was shown, and for how long it was watched."""


class Origin(StrEnum):
    """The candidate generator an item came from."""

    INTEREST = "interest"
    COLLABORATIVE = "collaborative"
    SPREAD = "spread"
    BEST = "best"
    HIT = "hit"
    GEM = "gem"
    FRESH = "fresh"
    RANDOM = "random"
    HELD_BACK = "held_back"
    AGAIN = "again"


class Slot(StrEnum):
    """The purpose of a place in a feed."""

    MAIN = "main"
    HIT = "hit"
    GEM = "gem"
    FRESH = "fresh"
    RANDOM = "random"


class Board(StrEnum):
    """A ranked public list."""

    HITS = "hits"
    GEMS = "gems"
    FRESH = "fresh"
    BEST = "best"


class Trial(StrEnum):
    """How far the trial of an item has come."""

    TESTING = "testing"
    GRADUATED = "graduated"
    RESTING = "resting"


class Playback(StrEnum):
    """How a file reaches browsers."""

    AS_IS = "as_is"
    """The file itself plays and says nothing private."""
    REMUX = "remux"
    """The streams play, in another container."""
    TRANSCODE = "transcode"
    """The streams themselves must be made anew."""


# --- from file to vector ----------------------------------------


@dataclass(frozen=True, slots=True)
class MediaFacts:
    """What the container and the streams say, after the first frame was decoded.

    Width and height are of the upright picture, in pixels. `duration_s` is measured from the frames where
    the container is silent about it.
    """

    duration_s: float
    width: int
    height: int
    fps: float
    container: str
    video_codec: str
    pixel_format: str
    audio_codec: str | None


SOUND_RATE = 16_000
"""Samples a second of `Footage.sound`: what speech and sound models take."""


@dataclass(frozen=True, slots=True, eq=False)
class Footage:
    """What was sampled from one file.

    frames: uint8 (n, height, width, 3), RGB, upright, the long side at most 768 px, never upscaled
    times:  float64 (n,), seconds from the first frame
    thumbs: the frames once more, the long side at most 192 px: for what looks at the whole
    sound:  float32 (samples,), 16 kHz mono in [-1, 1]; None without a sound track
    distinct: indices of the frames that are not nearly one of those before: what a model has to see
    poster: a WebP picture
    strip: a WebP of a few of the distinct frames, side by side
    loudness: of the sound, integrated, in LUFS (EBU R 128); None when silent
    speech_share: of the sound, 0 to 1; None when it was not measured
    key_times: seconds at which a frame begins that is coded by itself; encoders put one at each cut
    """

    facts: MediaFacts
    frames: NDArray[np.uint8]
    times: NDArray[np.float64]
    sound: NDArray[np.float32] | None
    poster: bytes
    thumbs: NDArray[np.uint8] = field(default_factory=lambda: np.zeros((0, 0, 0, 3), np.uint8))
    distinct: NDArray[np.intp] = field(default_factory=lambda: np.zeros(0, np.intp))
    strip: bytes = b""
    loudness: float | None = None
    speech_share: float | None = None
    key_times: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Spoken:
    """A stretch of speech in words; the times are seconds from the first frame."""

    start: float
    end: float
    text: str


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was said, and in which language (ISO 639-1), with the recogniser's certainty of that, 0 to 1."""

    language: str
    certainty: float
    spoken: tuple[Spoken, ...]
    model: str

    @property
    def text(self) -> str:
        return " ".join(each.text for each in self.spoken)


@dataclass(frozen=True, slots=True)
class Picture:
    """One frame as a JPEG, and the second at which it is on show."""

    second: float
    jpeg: bytes


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """What of a video is handed out of the decoder child, to a provider that works outside it.

    content_hash: sha256 of the file's bytes
    pictures: of the frames that differ, evenly spread where they are many
    video: the proxy, an MP4 of one frame a second and mono sound
    sound: float32 (samples,), 16 kHz mono in [-1, 1]
    uri: the address of the file
    What a provider does not take, or the file does not have, is absent.
    """

    content_hash: bytes
    facts: MediaFacts
    pictures: tuple[Picture, ...] = ()
    video: bytes | None = None
    sound: NDArray[np.float32] | None = None
    uri: str | None = None
    transcript: Transcript | None = None


@dataclass(frozen=True, slots=True)
class Description:
    """What a provider observed. What it could not see is empty, never guessed.

    Title, tags, genres and description are in English; `original_title` and `original_description` in the
    language of the video, where that is another and the provider knows it.
    """

    title: str
    tags: tuple[str, ...]
    genres: tuple[str, ...]
    description: str
    provider: str
    model: str
    prompt_version: str
    language: str | None = None
    original_title: str = ""
    original_description: str = ""
    on_screen_text: str = ""
    transcript: str = ""
    speech_share: float | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Given:
    """Metadata that a person gave with a file, kept as given beside what was observed."""

    title: str | None = None
    tags: tuple[str, ...] = ()
    creator: str | None = None
    language: str | None = None
    created_at: datetime | None = None
    ref: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Understanding:
    """A description and the vector blocks that a provider measured; a missing block is absent."""

    description: Description
    blocks: Mapping[str, Vector]


@dataclass(frozen=True, slots=True)
class Listing:
    """One file as a listing shows it. `version` changes when its bytes may have changed."""

    uri: str
    version: str
    given: Given = Given()


@dataclass(frozen=True, slots=True)
class Progress:
    """Counts of sources by state, and the seconds that the command took."""

    waiting: int
    working: int
    ready: int
    failed: int
    rejected: int
    rendering: int = 0
    """Of the items that are ready, those that cannot be played until their rendition is made."""
    awaiting: int = 0
    """Of those that wait, the ones whose description was asked for together with others."""
    seconds: float = 0.0

    @property
    def total(self) -> int:
        return self.waiting + self.working + self.ready + self.failed + self.rejected

    @property
    def open(self) -> int:
        return self.waiting + self.working


@dataclass(frozen=True, slots=True)
class Failure:
    """A source that did not become an item, or not one that browsers can play, and why."""

    uri: str
    state: State
    code: str
    reason: str
    source: int
    """The id to ask for another try with."""


# --- items, users and what they are shown ----------------------------------------


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


@dataclass(frozen=True, slots=True)
class FeedItem:
    """One place of a feed and the reason for it."""

    item: Item
    slot: Slot
    origin: Origin
    reason: str
    score: float
    parts: Mapping[str, float]
    again: bool = False
    propensity: float | None = None
    """The probability with which this place held this item; None where it was not drawn at random."""


@dataclass(frozen=True, slots=True)
class Feed:
    """One page for one user."""

    request_id: UUID
    user: str
    items: tuple[FeedItem, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """What one user did with one item. `event_id` is a UUIDv7; sending it twice counts once.

    watched_s: of a view or away: seconds that were played since the one before it with the same request id
    """

    event_id: UUID
    user: str
    item: str
    kind: EventKind
    at: datetime
    watched_s: float | None = None
    request_id: UUID | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Interests:
    """What a user cares about: a few vectors of norm one, each with the weight of its evidence.

    positives: per vector, how many rewards fed it; one that too few have fed is tentative
    aversions: vectors of what the user said it is not interested in, the latest first
    """

    vectors: tuple[Vector, ...] = ()
    weights: tuple[float, ...] = ()
    positives: tuple[int, ...] = ()
    aversions: tuple[Vector, ...] = ()
    updated_at: datetime | None = None

    def in_force(self, founded_by: int) -> Interests:
        """Those to recommend by: fed by so many positives; while there is none, the tentative ones."""
        kept = [i for i, fed in enumerate(self.positives) if fed >= founded_by]
        if not kept:
            return self
        return replace(
            self,
            vectors=tuple(self.vectors[i] for i in kept),
            weights=tuple(self.weights[i] for i in kept),
            positives=tuple(self.positives[i] for i in kept),
        )


@dataclass(frozen=True, slots=True)
class Interaction:
    """All that is between one user and one item. That there is one means that the item was shown."""

    user: int
    item: int
    first_at: datetime
    last_at: datetime
    views: int = 0
    watched_s: float = 0.0
    long_views: int = 0
    skips: int = 0
    shares: int = 0
    loops: int = 0
    liked: bool = False
    not_interested: bool = False

    @property
    def pleased(self) -> bool:
        """The outcome that an item is judged by: one per viewer, however often it was seen."""
        return (self.liked or self.shares > 0 or self.long_views > 0) and not self.not_interested


@dataclass(frozen=True, slots=True)
class ItemStats:
    """The sum over the interactions with one item, or a change of it.

    The fast and slow counts are as of `decayed_at`: a viewer counts one when it first sees the item, and half
    as much after every half-life.
    """

    item: int
    viewers: int = 0
    pleased: int = 0
    views: int = 0
    long_views: int = 0
    skips: int = 0
    likes: int = 0
    shares: int = 0
    not_interested: int = 0
    loops: int = 0
    watched_s: float = 0.0
    fast_viewers: float = 0.0
    fast_pleased: float = 0.0
    slow_viewers: float = 0.0
    slow_pleased: float = 0.0
    decayed_at: datetime | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Standings:
    """Where all items stand that may be recommended: columns of one length, as in `ItemStats` and the arms.

    items, explored: int64; states: of `Trial`; prior: nan where it is not known; the others: float64.
    All counts are as of one moment.
    """

    items: NDArray[np.int64]
    viewers: NDArray[np.float64]
    pleased: NDArray[np.float64]
    fast_viewers: NDArray[np.float64]
    fast_pleased: NDArray[np.float64]
    slow_viewers: NDArray[np.float64]
    slow_pleased: NDArray[np.float64]
    prior: NDArray[np.float64]
    explored: NDArray[np.int64]
    states: NDArray[np.str_]


@dataclass(frozen=True, slots=True)
class Census:
    """The catalogue in figures, as of its last count.

    items: that may be recommended; highest: the largest id; rate: share of pleased viewers to expect of an
    unknown item; strength: of the prior, in viewers; median_viewers: of items that have any; upper_quintile:
    of the posterior means of those that have enough
    """

    counted_at: datetime
    items: int
    highest: int
    rate: float
    strength: float
    median_viewers: float
    upper_quintile: float


class ModelKind(StrEnum):
    """What is learned from events."""

    REWARD = "reward"
    """From which share of a video on a view of it is long."""
    RANKER = "ranker"
    """How much each feature counts."""


@dataclass(frozen=True, slots=True)
class Weights:
    """A ranker: the weight of each feature by its name, and what the log calls it."""

    version: str
    values: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Policy:
    """What may be recommended, by what a deployment or a request asks for."""

    exclude_tags: tuple[str, ...] = ()
    min_age_s: float = 0.0
    """Since it was taken in."""
    with_sound: bool = False
    max_duration_s: float | None = None

    def and_(self, other: Policy) -> Policy:
        """What both allow."""
        longest = [each for each in (self.max_duration_s, other.max_duration_s) if each is not None]
        return Policy(
            exclude_tags=tuple(dict.fromkeys(self.exclude_tags + other.exclude_tags)),
            min_age_s=max(self.min_age_s, other.min_age_s),
            with_sound=self.with_sound or other.with_sound,
            max_duration_s=min(longest, default=None),
        )


EVERYTHING = Policy()
"""The policy that forbids nothing."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """One row of a board, with the numbers that put it there."""

    item: int
    score: float
    evidence: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Refusal:
    """An event that was not taken, and why; the rest of its batch was."""

    event_id: UUID
    code: str
    reason: str
