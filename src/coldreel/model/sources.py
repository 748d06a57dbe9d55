"""Files as they are listed, and how far the work on them has come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


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


@dataclass(frozen=True, slots=True)
class Given:
    """Metadata that a person gave with a file, kept as given beside what was observed."""

    title: str | None = None
    tags: tuple[str, ...] = ()
    creator: str | None = None
    language: str | None = None
    created_at: datetime | None = None
    ref: str | None = None


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
