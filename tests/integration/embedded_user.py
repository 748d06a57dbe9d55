"""Real processes that use an embedded server, and a look at what runs in a data folder."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import psycopg

from coldreel.store.embedded.server import stop

_SOURCE = str(Path(__file__).resolve().parents[2] / "src")
_PACKAGES = str(Path(psycopg.__file__).parents[1])
_PROGRAM = """
import sys
from pathlib import Path
from coldreel.errors import ColdreelError
from coldreel.store.embedded.server import EmbeddedServer
try:
    with EmbeddedServer(Path(sys.argv[1]), idle_s=float(sys.argv[2])) as conninfo:
        print("in", conninfo, flush=True)
        sys.stdin.read()
except ColdreelError as error:
    print(type(error).__name__, error, flush=True)
"""


class User:
    """A process that enters at once and leaves when told to."""

    def __init__(
        self,
        data_dir: Path,
        *,
        idle_s: float = 60.0,
        uid: int | None = None,
        packages: tuple[str, ...] = (),
        wrapper: tuple[str, ...] = (),
    ) -> None:
        python = sys.executable if uid is None else python_for(uid)
        environment = os.environ | {"PYTHONPATH": python_path(*packages)}
        if uid is not None:
            environment |= {"HOME": str(data_dir.parent)}
        self.process = subprocess.Popen(
            [*wrapper, python, "-c", _PROGRAM, str(data_dir), str(idle_s)],
            env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd="/",
            start_new_session=True, user=uid, group=uid, extra_groups=None if uid is None else [],
        )  # fmt: skip

    @property
    def pid(self) -> int:
        return self.process.pid

    def answer(self) -> tuple[str, str]:
        """`in` and the connection string, or the name of the error and its message."""
        assert self.process.stdout is not None
        word, _, rest = self.process.stdout.readline().strip().partition(" ")
        return word, rest

    def conninfo(self) -> str:
        word, rest = self.answer()
        assert word == "in", rest
        return rest

    def leave(self) -> None:
        self.process.communicate("")

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


@contextmanager
def users(*made: User) -> Iterator[tuple[User, ...]]:
    """They are gone at the end, whatever happens."""
    try:
        yield made
    finally:
        for user in made:
            if user.process.returncode is None:
                user.kill()


@contextmanager
def cleaned(data_dir: Path) -> Iterator[Path]:
    """A data folder in which nothing runs at the end."""
    try:
        yield data_dir
    finally:
        try:
            stop(data_dir)
        finally:
            kill_all(data_dir)


@contextmanager
def open_folder() -> Iterator[Path]:
    """A folder below which everybody may look, unlike pytest's own."""
    with tempfile.TemporaryDirectory(prefix="coldreel-test-") as name:
        Path(name).chmod(0o755)
        with cleaned(Path(name) / "data"):
            yield Path(name)


def running_in(data_dir: Path) -> list[psutil.Process]:
    """The server's processes and the keeper of a folder, zombies left out."""
    root, found = str(data_dir), []
    for process in psutil.process_iter():
        try:
            command = process.cmdline()
            if process.cwd().startswith(f"{root}/") or (
                command[0:1] and root in command[1:] and "-m" in command
            ):
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


def kill_all(data_dir: Path) -> None:
    """All at once, as far as that is possible."""
    for process in running_in(data_dir):
        with suppress(psutil.NoSuchProcess):
            process.kill()


def keepers_of(data_dir: Path) -> list[psutil.Process]:
    keepers = []
    for process in running_in(data_dir):
        with suppress(psutil.NoSuchProcess):  # it may have ended since
            if "-m" in process.cmdline():
                keepers.append(process)
    return keepers


def eventually(holds: Callable[[], bool], seconds: float = 20.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.05)
    return False


def python_path(*more: str) -> str:
    """For an interpreter that knows nothing of our virtual environment."""
    return os.pathsep.join([*more, _SOURCE, _PACKAGES])


def python_for(uid: int) -> str:
    """An interpreter that this user may run; empty when there is none of our version."""
    for python in (sys.executable, f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}"):
        try:
            subprocess.run([python, "-c", ""], user=uid, cwd="/", check=True)
        except (OSError, subprocess.CalledProcessError):
            continue
        return python
    return ""
