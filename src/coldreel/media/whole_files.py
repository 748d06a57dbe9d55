"""Files that are there whole or not at all."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from coldreel.errors import WorkError
from coldreel.media.room import room_in

LEFTOVER_S = 86_400.0
"""A draft that was not written to for so long is nobody's."""
_PREFIX, _SUFFIX = ".coldreel-", ".part"


@contextmanager
def draft(folder: Path) -> Iterator[Path]:
    """A path in that folder at which a file can be made; what still lies there at the end goes.

    Raises DiskFullError where the block finds the disk full, and whatever else it raises.
    """
    path = folder / f"{_PREFIX}{secrets.token_hex(8)}{_SUFFIX}"
    try:
        with room_in(folder):
            yield path
    finally:
        path.unlink(missing_ok=True)


@contextmanager
def whole(destination: Path) -> Iterator[Path]:
    """An empty file beside the destination, which takes its place when the block ends well, else it goes.

    Raises DiskFullError, WorkError when there is nothing to be written to, and whatever the block raises.
    """
    with draft(destination.parent) as path:
        try:
            path.touch(exist_ok=False)  # not tempfile: others may have to read what it becomes
        except OSError as error:
            raise WorkError(f"{destination.parent} cannot be written to: {error.strerror}.") from error
        yield path
        path.replace(destination)


def sweep(folder: Path, older_than_s: float = LEFTOVER_S) -> int:
    """Remove the drafts below a folder of processes that were killed; returns how many there were."""
    before = time.time() - older_than_s
    swept = 0
    for path in folder.rglob(f"{_PREFIX}*{_SUFFIX}"):
        with suppress(OSError):  # put in its place by now, or not ours to remove
            if path.stat().st_mtime < before:
                path.unlink()
                swept += 1
    return swept
