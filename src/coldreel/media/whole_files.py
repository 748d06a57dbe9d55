"""Files that are there whole or not at all."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from coldreel.errors import WorkError
from coldreel.media.room import room_in

LEFTOVER_S = 3600.0
"""A half-written file that has not grown for so long is nobody's."""
_SUFFIX = ".part"


@contextmanager
def whole(destination: Path) -> Iterator[Path]:
    """A path beside the destination to write to; it takes its place when the block ends well, else it goes.

    Raises DiskFullError, WorkError when there is nothing to be written to, and whatever the block raises.
    """
    part = destination.with_name(f".{secrets.token_hex(8)}{_SUFFIX}")
    try:
        # Not tempfile: its files are for their owner alone, and others may have to read these.
        with room_in(destination.parent):
            os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    except OSError as error:
        raise WorkError(f"{destination.parent} cannot be written to: {error.strerror}.") from error
    try:
        with room_in(destination.parent):
            yield part
            part.replace(destination)
    finally:
        part.unlink(missing_ok=True)


def sweep(folder: Path, older_than_s: float = LEFTOVER_S) -> int:
    """Remove the half-written files below a folder of processes that were killed; returns how many."""
    before = time.time() - older_than_s
    swept = 0
    for path in folder.rglob(f".*{_SUFFIX}"):
        try:
            if path.stat().st_mtime < before:
                path.unlink()
                swept += 1
        except FileNotFoundError:  # whole by now
            continue
    return swept
