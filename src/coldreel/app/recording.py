"""Events of people who are looked at from Python: what browsers send by themselves."""

from __future__ import annotations

import secrets
from datetime import datetime
from uuid import UUID

from coldreel.errors import InvalidRequestError
from coldreel.model import LONGEST_NAME, Event, EventKind


def named(user: str) -> str:
    """The name of a user. Raises InvalidRequestError for one that could not be asked for over HTTP."""
    if not 0 < len(user) <= LONGEST_NAME:
        raise InvalidRequestError(f"A user's name has 1 to {LONGEST_NAME} letters; this one has {len(user)}")
    return user


def event(
    user: str, item: str, kind: EventKind, at: datetime, watched_s: float | None, request_id: UUID | None
) -> Event:
    """What a user did at a moment, with an id of its own. Raises InvalidRequestError."""
    return Event(_uuid7(at), named(user), item, kind, at, watched_s, request_id)


def _uuid7(at: datetime) -> UUID:
    """RFC 9562, 5.7: milliseconds, then chance; Python has it from 3.14 on."""
    milliseconds = int(at.timestamp() * 1000)
    chance = secrets.randbits(74)
    return UUID(
        int=milliseconds << 80 | 0x7 << 76 | (chance >> 62) << 64 | 0b10 << 62 | chance & (1 << 62) - 1
    )
