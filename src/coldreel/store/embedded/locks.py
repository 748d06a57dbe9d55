"""Locks on files, which the kernel releases whatever happens to their holder."""

from __future__ import annotations

import fcntl
import os
import time
from dataclasses import dataclass
from pathlib import Path

POLL_S = 0.05
"""Pause between two tries at a lock; flock has no time limit of its own."""


@dataclass(slots=True)
class Lock:
    """A lock that is held until `release`, or until the last process that has `fd` is gone."""

    fd: int

    def release(self) -> None:
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1

    def __enter__(self) -> Lock:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def take(path: Path, *, shared: bool = False, wait_s: float = 0.0) -> Lock | None:
    """Lock a file; None when others still hold it after `wait_s` seconds.

    The descriptor is not inherited by children unless it is passed on by name.
    Raises OSError when the file cannot be opened, FileNotFoundError when there is none.
    """
    kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    deadline = time.monotonic() + wait_s
    fd = os.open(path, os.O_RDWR)
    try:
        while True:
            try:
                fcntl.flock(fd, kind | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    os.close(fd)
                    return None
                time.sleep(POLL_S)
            else:
                return Lock(fd)
    except BaseException:
        os.close(fd)
        raise
