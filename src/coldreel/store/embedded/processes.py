"""What the system says about a process, and signals that cannot reach the wrong one."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc/self/status")


@dataclass(frozen=True, slots=True)
class Process:
    """A process that runs: its effective user and its command line as one text."""

    uid: int
    command: str


def look(pid: int) -> Process | None:
    """The process of that pid; None when there is none, or only a zombie of one."""
    return _from_proc(pid) if _PROC.exists() else _from_ps(pid)


def all_pids() -> list[int]:
    """Of every process that this user may see."""
    if _PROC.exists():
        return [int(entry.name) for entry in Path("/proc").glob("[0-9]*")]
    return [int(word) for word in _ps("-ax", "-o", "pid=").split()]


def signal_proven(pid: int, number: signal.Signals, proof: Callable[[], bool]) -> bool:
    """Send a signal if the proof holds. On Linux a process that takes over the pid in between gets none."""
    try:
        handle = os.pidfd_open(pid) if hasattr(os, "pidfd_open") else None
    except ProcessLookupError:
        return False
    except OSError:  # a kernel or a sandbox without pidfd
        handle = None
    try:
        if not proof():
            return False
        if handle is None:
            os.kill(pid, number)
        else:
            signal.pidfd_send_signal(handle, number)
    except ProcessLookupError:
        return False
    finally:
        if handle is not None:
            os.close(handle)
    return True


def _from_proc(pid: int) -> Process | None:
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace")
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return None
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    if fields["State"][0] in "ZX":
        return None
    words = command.rstrip(b"\0").split(b"\0")
    return Process(int(fields["Uid"].split()[1]), os.fsdecode(b" ".join(words)))


def _from_ps(pid: int) -> Process | None:
    words = _ps("-ww", "-o", "uid=,state=,command=", "-p", str(pid)).split(maxsplit=2)
    if len(words) < 3 or words[1].startswith("Z"):
        return None
    return Process(int(words[0]), words[2])


def _ps(*options: str) -> str:
    answer = subprocess.run(["/bin/ps", *options], capture_output=True, check=False)  # noqa: S603 - no user's text
    return os.fsdecode(answer.stdout).strip()
