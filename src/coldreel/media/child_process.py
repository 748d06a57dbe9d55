"""One decoder child, as its parent holds it."""

from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import threading
from contextlib import ExitStack, suppress
from dataclasses import asdict
from typing import IO, Any, BinaryIO, cast

from coldreel.errors import ChildDiedError, ColdreelError, OutOfMemoryError, TooSlowError, WorkError
from coldreel.media.child import ChildLimits
from coldreel.media.messages import Call, answer, read_message, write_message

# Not multiprocessing: its children import the parent's main script.
_START = (
    "import json, sys; given = json.loads(sys.argv[1]); sys.path[:] = given['path'];"
    "from coldreel.media.child import ChildLimits, main;"
    "main(given['lifeline'], ChildLimits(**given['limits']))"
)

_ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENCV_FOR_THREADS_NUM": "1",
    "MALLOC_ARENA_MAX": "2",
}
"""A child has one core; every further thread would only take address space."""

_SECRET_WORDS = ("KEY", "TOKEN", "SECRET", "PASSWORD", "CREDENTIALS", "DATABASE_URL")
"""A variable whose name ends in one of these is not for a process that may be taken over by a file."""

_LAST_WORDS = 2000
"""Bytes of a dead child's stderr that are looked at."""
_NO_MEMORY_SIGNS = ("bad_alloc", "MemoryError", "Cannot allocate memory", "failed to map segment")


class ChildProcess:
    """One process. `kill` is for any thread, the rest for the one that holds the slot.

    `spent`: this child must not be given another call.
    """

    def __init__(self, limits: ChildLimits) -> None:
        """Raises WorkError when the machine does not allow another process."""
        self.spent = False
        self._jobs_left = limits.jobs
        self._lock = threading.Lock()
        self._reaped = False
        self._overdue = False
        self._status = 0
        self._words = ""
        try:
            with ExitStack() as opened:  # to be closed by bury, or now
                self._stderr = opened.enter_context(tempfile.TemporaryFile())
                inherited, self._lifeline = os.pipe()
                opened.callback(os.close, self._lifeline)
                self._process = _started(limits, inherited, self._stderr)
                opened.pop_all()
        except OSError as error:
            raise WorkError(f"A process for decoding cannot be started: {error.strerror}") from error
        self._calls = cast("BinaryIO", self._process.stdin)
        self._replies = cast("BinaryIO", self._process.stdout)

    def run(self, call: Call) -> Any:
        message = pickle.dumps(call, pickle.HIGHEST_PROTOCOL)
        clock = threading.Timer(call.seconds, self._time_out)
        clock.daemon = True
        clock.start()
        try:
            reply = self._exchange(message)
        except BaseException:  # an interrupt: what the child is at now is nobody's
            self.spent = True
            raise
        finally:
            clock.cancel()
            clock.join()
        if reply is None:
            self.spent = True
            raise self._cause_of_death(call.seconds)
        self._jobs_left -= 1
        self.spent = self._overdue or self._jobs_left <= 0
        try:
            return answer(reply)
        except ColdreelError as error:
            # After a failed allocation only a fresh child is a known one.
            self.spent = self.spent or isinstance(error, OutOfMemoryError)
            raise
        except Exception as error:  # any bytes at all may have come
            self.spent = True
            raise ChildDiedError(
                f"The process that decoded the file answered with what is no answer ({error}); "
                "the file may be made to attack"
            ) from None

    def kill(self) -> None:
        """End the process and all that it started."""
        with self._lock:
            if not self._reaped:  # afterwards the number may be another's
                with suppress(ProcessLookupError):
                    os.killpg(self._process.pid, signal.SIGKILL)

    def bury(self) -> tuple[int, str]:
        """Kill, wait, and let go of everything; the exit status and the end of stderr."""
        self.kill()
        with self._lock:
            if not self._reaped:
                self._status = self._process.wait()
                self._reaped = True
                os.close(self._lifeline)
                self._words = self._last_words()
                for stream in (self._calls, self._replies, self._stderr):
                    with suppress(BrokenPipeError):  # what it did not read any more
                        stream.close()
        return self._status, self._words

    def _time_out(self) -> None:
        self._overdue = True
        self.kill()

    def _exchange(self, message: bytes) -> bytes | None:
        try:
            write_message(self._calls, message)
            return read_message(self._replies)
        except (BrokenPipeError, ConnectionResetError, pickle.UnpicklingError):
            return None

    def _cause_of_death(self, seconds: float) -> ColdreelError:
        status, words = self.bury()
        if self._overdue or status == -signal.SIGXCPU:
            return TooSlowError(
                f"Decoding took longer than the limit of {seconds:g} s (COLDREEL_DECODE_SECONDS)."
            )
        if any(sign in words for sign in _NO_MEMORY_SIGNS):
            return OutOfMemoryError()
        how = signal.Signals(-status).name if status < 0 else f"exit status {status}"
        last_line = words.strip().rpartition("\n")[2]
        return ChildDiedError(
            f"The process that decoded the file died ({how}); the file may be broken. {last_line}".strip()
        )

    def _last_words(self) -> str:
        end = self._stderr.seek(0, os.SEEK_END)
        self._stderr.seek(max(0, end - _LAST_WORDS))
        return self._stderr.read().decode(errors="replace")


def _started(limits: ChildLimits, lifeline: int, stderr: IO[bytes]) -> subprocess.Popen[bytes]:
    given = {"path": sys.path, "lifeline": lifeline, "limits": asdict(limits)}
    try:
        return subprocess.Popen(  # noqa: S603 - this interpreter, our own words
            [sys.executable, "-c", _START, json.dumps(given)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            env=_environment(),
            pass_fds=(lifeline,),
            start_new_session=True,
        )
    finally:
        os.close(lifeline)


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.upper().endswith(_SECRET_WORDS)}
    return kept | _ONE_THREAD
