"""The life of a decoder child: bound itself, then answer one call after another until the parent is gone."""

from __future__ import annotations

import errno
import os
import pickle
import resource
import signal
import sys
import threading
import time
import traceback
from contextlib import suppress
from dataclasses import dataclass
from typing import BinaryIO

from coldreel.errors import ColdreelError, OutOfMemoryError, WorkError
from coldreel.media.messages import Call, read_message, write_message

_MIB = 2**20
_OPENCV_NO_MEMORY = -4
"""cv::Error::StsNoMem."""


@dataclass(frozen=True, slots=True)
class ChildLimits:
    """What the kernel grants one child."""

    memory_mb: int = 2048
    """Address space, not pages in use: libraries map 0.55 GB that they hardly touch, so a child stays below
    1.5 GB of memory. The largest pictures that are let in, 4096 x 2304 in 4:4:4 and 10 bit, take 0.75 GB."""
    device: bool = False
    """The driver of a device reserves far more address space than it uses: then `memory_mb` bounds the memory
    that a child can write to."""
    file_mb: int = 4096
    """Largest file that a child writes: twice the largest that it reads."""
    open_files: int = 256
    jobs: int = 200
    """Calls before a child gives way to a fresh one, so that leaks and fragments end."""


def main(lifeline: int, limits: ChildLimits) -> None:
    """Serve calls from stdin to stdout. `lifeline` is a pipe that the parent holds open while it lives."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent to decide
    calls, replies = _take_over_streams()
    _bound(limits)
    threading.Thread(target=_die_with_parent, args=(lifeline,), daemon=True).start()
    while (message := read_message(calls)) is not None:
        write_message(replies, _answer(message))


def _take_over_streams() -> tuple[BinaryIO, BinaryIO]:
    """Keep stdin and stdout for messages alone: whatever a library prints goes to stderr."""
    calls, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    with open(os.devnull, "rb") as nothing:  # noqa: PTH123
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    return calls, replies


def _bound(limits: ChildLimits) -> None:
    for kind, value in (
        (resource.RLIMIT_DATA if limits.device else resource.RLIMIT_AS, limits.memory_mb * _MIB),
        (resource.RLIMIT_FSIZE, limits.file_mb * _MIB),
        (resource.RLIMIT_NOFILE, limits.open_files),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(kind)
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        with suppress(ValueError, OSError):  # macOS knows no RLIMIT_AS
            resource.setrlimit(kind, (value, value))


def _die_with_parent(lifeline: int) -> None:
    # Not PR_SET_PDEATHSIG: that fires when the *thread* ends which started this child.
    os.read(lifeline, 1)
    os.killpg(0, signal.SIGKILL)


def _answer(message: bytes) -> bytes:
    try:
        call: Call = pickle.loads(message)  # noqa: S301 - from the parent
        # A backstop for a parent that is frozen itself: the kernel ends the child by SIGXCPU.
        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time() + call.seconds) + 2, hard))
        return pickle.dumps((True, call.function(*call.args)), pickle.HIGHEST_PROTOCOL)
    except BaseException as error:
        return pickle.dumps((False, _told(error)), pickle.HIGHEST_PROTOCOL)


def _told(error: BaseException) -> ColdreelError:
    """The error as the parent gets it: one of coldreel's own, with the child's traceback as a note."""
    if isinstance(error, ColdreelError):
        return error
    if _is_out_of_memory(error):
        return OutOfMemoryError()
    told = WorkError(f"{type(error).__name__}: {error}")
    told.add_note("".join(traceback.format_exception(error)))
    return told


def _is_out_of_memory(error: BaseException) -> bool:
    return (
        isinstance(error, MemoryError)
        or getattr(error, "errno", None) == errno.ENOMEM
        or getattr(error, "code", None) == _OPENCV_NO_MEMORY
        or "bad_alloc" in str(error)
    )


if __name__ == "__main__":
    sys.exit("This module is started by coldreel.media.children.")
