"""Room on a disk. That there is none says nothing of the file at hand."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from coldreel.errors import DiskFullError

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


@contextmanager
def room_in(folder: Path) -> Iterator[None]:
    """Raises DiskFullError where the block finds that the folder's disk is full."""
    try:
        yield
    except Exception as error:  # FFmpeg's errors have a number too, and are no OSError
        if getattr(error, "errno", None) not in _FULL:
            raise
        raise DiskFullError(f"The disk of {folder} is full; make room there") from error
