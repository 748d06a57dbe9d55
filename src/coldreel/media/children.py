"""Long-lived child processes in which hostile files are decoded, so that the parent never does."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self, TypeVar, cast

from coldreel.errors import ChildDiedError
from coldreel.media.child import ChildLimits
from coldreel.media.child_process import ChildProcess
from coldreel.media.messages import Call

__all__ = ["ChildLimits", "ChildPool"]

Result = TypeVar("Result")

_CLOSED = "The decoder processes were closed."


class ChildPool:
    """A fixed number of children that run functions for any number of threads.

        with ChildPool(slots=2) as pool:
            footage = pool.run(watch, path, Limits(), seconds=120)

    A child starts with the first call that needs it (about 0.2 s), serves `limits.jobs` calls, and dies with
    the parent, however that ends.
    """

    def __init__(self, slots: int, limits: ChildLimits | None = None) -> None:
        self._slots = slots
        self._limits = limits or ChildLimits()
        self._lock = threading.Lock()
        self._closed = False
        self._alive: set[ChildProcess] = set()
        # Last in, first out: a warm child before a new one.
        self._idle: queue.LifoQueue[ChildProcess | None] = queue.LifoQueue()
        for _ in range(slots):
            self._idle.put(None)

    def run(self, function: Callable[..., Result], *args: Any, seconds: float) -> Result:
        """What `function(*args)` returns in a child. Waits for a free one; then the clock starts.

        The function must be importable by its name; arguments and result are pickled. A function that takes
        longer than `seconds` is killed with its child and all that it started.

        Raises the ColdreelError that the function raised, WorkError for any other exception, TooSlowError,
        OutOfMemoryError, ChildDiedError (also when the pool is closed).
        """
        child = self._idle.get()
        try:
            if child is None:
                child = self._start()
            return cast("Result", child.run(Call(function, args, seconds)))
        except ChildDiedError:
            if self._closed:
                raise ChildDiedError(_CLOSED) from None
            raise
        finally:
            if child is not None and child.spent:
                self._end(child)
                child = None
            self._idle.put(child)

    def close(self) -> None:
        """End all children now, busy or idle; calls in other threads get ChildDiedError."""
        with self._lock:
            self._closed = True
            for child in self._alive:
                child.kill()
        for _ in range(self._slots):  # busy ones come back at once, dead
            if (left := self._idle.get()) is not None:
                self._end(left)
        for _ in range(self._slots):
            self._idle.put(None)

    def _start(self) -> ChildProcess:
        with self._lock:
            if self._closed:
                raise ChildDiedError(_CLOSED)
            child = ChildProcess(self._limits)
            self._alive.add(child)
            return child

    def _end(self, child: ChildProcess) -> None:
        with self._lock:
            self._alive.discard(child)
        child.bury()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
