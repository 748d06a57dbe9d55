"""The server's processes: its pid file, and the proof that a pid is the server's and not a stranger's."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from coldreel.store.embedded.processes import all_pids, look, signal_proven


@dataclass(frozen=True, slots=True)
class PidFile:
    """What `postmaster.pid` says; the file outlives a killed server, so none of it is proof."""

    pid: int
    data_dir: str
    socket_dir: str
    status: str

    @property
    def ready(self) -> bool:
        return self.status == "ready"

    @property
    def busy(self) -> bool:
        """The server is starting (recovery can take minutes) or stopping."""
        return self.status in {"starting", "stopping"}


def read_pid_file(pgdata: Path) -> PidFile | None:
    """None when there is no such file, or one that is only half written."""
    try:
        text = os.fsdecode((pgdata / "postmaster.pid").read_bytes())
    except OSError:
        return None
    # PostgreSQL's pidfile.h: pid, data folder, start, port, socket folder, address, shared memory, status.
    lines = [*text.splitlines(), *[""] * 8]
    return PidFile(int(lines[0]), lines[1], lines[4], lines[7].strip()) if lines[0].isdecimal() else None


def postmaster_pid(pgdata: Path) -> int | None:
    """The pid of the live server of this folder; None unless proven."""
    file = read_pid_file(pgdata)
    return file.pid if file is not None and _is_postmaster(file, pgdata) else None


def signal_postmaster(pgdata: Path, number: signal.Signals) -> bool:
    """Signal the live server of this folder; False when there is none."""
    file = read_pid_file(pgdata)
    return file is not None and signal_proven(file.pid, number, lambda: _is_postmaster(file, pgdata))


def end_orphans(pgdata: Path, cluster_name: str) -> None:
    """Ask sessions that outlived a killed postmaster to end.

    Most notice by themselves; one in the middle of a long query does not, and blocks the next start.
    """
    if not pgdata.exists() or postmaster_pid(pgdata) is not None:
        return
    for pid in all_pids():
        signal_proven(pid, signal.SIGTERM, partial(_is_session, pid, pgdata, cluster_name))


def _is_postmaster(file: PidFile, pgdata: Path) -> bool:
    process = look(file.pid)
    if process is None or process.uid != pgdata.stat().st_uid:
        return False
    program, folder, _ = f"{process.command} ".partition(f" -D {file.data_dir} ")
    return bool(folder) and Path(program).name == "postgres"


def _is_session(pid: int, pgdata: Path, cluster_name: str) -> bool:
    process = look(pid)
    return (
        process is not None
        and process.uid == pgdata.stat().st_uid
        and process.command.startswith(f"postgres: {cluster_name}: ")
    )
