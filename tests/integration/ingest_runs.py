"""Catalogues made from demo shorts, and coldreel's own processes run on them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import psutil
from embedded_user import cleaned, eventually

from coldreel.media.demo import DemoShort
from coldreel.store.embedded.server import EmbeddedServer
from coldreel.store.store import Store

END_S = 60.0
"""Nothing here takes longer, even on a busy machine."""


def shorts_in(folder: Path, shorts: Sequence[DemoShort], count: int) -> Path:
    """A folder with so many different films: where the shorts are too few, copies with a box of padding."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        padding = b"" if number < len(shorts) else (8).to_bytes(4) + b"free"
        film = shorts[number % len(shorts)].path.read_bytes()
        (folder / f"{number:03}.mp4").write_bytes(film + padding * (number // len(shorts)))
    return folder


def start(*words: object, data_dir: Path, log: Path | None = None, **settings: Any) -> subprocess.Popen[str]:
    """`coldreel …` as a process, in a session of its own; with `log`, what it says goes there."""
    environment = os.environ | {"COLDREEL_DATA_DIR": str(data_dir)}
    environment |= {f"COLDREEL_{name.upper()}": str(value) for name, value in settings.items()}
    command = [sys.executable, "-m", "coldreel", *map(str, words)]
    out: IO[str] | int = log.open("a") if log else subprocess.PIPE
    try:
        return subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out, text=True,
            start_new_session=True,
        )  # fmt: skip
    finally:
        if not isinstance(out, int):
            out.close()


def run(*words: object, data_dir: Path, **settings: Any) -> subprocess.CompletedProcess[str]:
    """`coldreel …` from its start to its end."""
    process = start(*words, data_dir=data_dir, **settings)
    out, err = process.communicate(timeout=END_S)
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


@contextmanager
def catalogue(data_dir: Path, idle_s: float = 60.0) -> Iterator[Store]:
    """The database of a data folder, whose server is kept up meanwhile and gone at the end."""
    with cleaned(data_dir), EmbeddedServer(data_dir, idle_s=idle_s) as url, Store.open(url) as store:
        yield store


def family(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """A process and all that came from it, parents first."""
    try:
        parent = psutil.Process(process.pid)
        return [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def processes_for(data_dir: Path) -> list[psutil.Process]:
    """Everything that was started for a data folder by `start`, however many parents ago."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("COLDREEL_DATA_DIR") == str(data_dir):
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


def kill(processes: Sequence[psutil.Process]) -> int:
    """kill -9; returns how many were still there for it."""
    killed = 0
    for process in processes:
        try:
            process.send_signal(signal.SIGKILL)
            killed += 1
        except psutil.NoSuchProcess:
            continue
    return killed


def all_gone(processes: Sequence[psutil.Process], seconds: float = 15.0) -> bool:
    def gone(process: psutil.Process) -> bool:
        try:
            return process.status() == psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return True

    return eventually(lambda: all(gone(process) for process in processes), seconds)
