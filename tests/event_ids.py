"""Ids of events as browsers make them."""

from datetime import datetime
from uuid import UUID


def uuid7(at: datetime, salt: int = 0) -> UUID:
    """A UUIDv7 of a moment; another salt gives another one."""
    milliseconds = int(at.timestamp() * 1000)
    return UUID(int=milliseconds << 80 | 0x7 << 76 | 0x8 << 60 | salt)
