"""What lies where in the data folder, and how to say that the folder is no use."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from coldreel.errors import DataFolderError

SOCKET_NAME = ".s.PGSQL.5432"
SOCKET_PATH_BYTES = 103
"""The longest address of a socket (sun_path less its final zero): 107 on Linux, 103 on macOS."""

LOG_BYTES = 1_000_000
"""The log is begun anew when it is longer than this at a start; the one before is kept as postgres.log.1."""

FULL_BYTES = 32_000_000
"""The disk counts as full when two of the server's 16 MB log segments would not fit."""

_LIST_SYNTAX = frozenset(",'\"\\\n\r")
"""These have a meaning of their own in lists of socket folders, the server's or the client's."""


@dataclass(frozen=True, slots=True)
class Folder:
    """The data folder of one embedded server; `root` is absolute and without links."""

    root: Path

    @classmethod
    def at(cls, data_dir: Path) -> Folder:
        return cls(data_dir.resolve())

    @property
    def pgdata(self) -> Path:
        return self.root / "postgres"

    @property
    def unfinished(self) -> Path:
        """Where a new database cluster grows until it is whole."""
        return self.root / "postgres.new"

    @property
    def log(self) -> Path:
        return self.root / "postgres.log"

    @property
    def users(self) -> Path:
        """Lock: shared by every process that uses the server; its time of change is the last arrival."""
        return self.root / "locks" / "users"

    @property
    def starting(self) -> Path:
        """Lock: held by the one process that starts or stops the server."""
        return self.root / "locks" / "starting"

    @property
    def server(self) -> Path:
        """Lock: held by the server's own processes, so free only when not one of them lives."""
        return self.root / "locks" / "server"

    @property
    def keeper(self) -> Path:
        """Lock: held by the keeper."""
        return self.root / "locks" / "keeper"

    @property
    def name(self) -> str:
        """Tells this folder's socket folder and processes from those of others."""
        return f"coldreel-{hashlib.sha256(os.fsencode(self.root)).hexdigest()[:16]}"

    @property
    def exists(self) -> bool:
        return self.users.parent.is_dir()

    def prepare(self) -> None:
        """Make the data folder. Raises DataFolderError."""
        with self.explained():
            self.root.mkdir(parents=True, exist_ok=True)
            owner = self.root.stat()
            make_private(self.users.parent, owner.st_uid, owner.st_gid)
            for lock in (self.users, self.starting, self.server, self.keeper):
                os.close(self._open(lock))

    def socket_folder(self, uid: int, gid: int) -> Path:
        """A folder for the server's socket that only `uid` may enter, short enough for a socket's address."""
        for folder in (self.root / "run", Path(tempfile.gettempdir()).resolve() / self.name):
            if _can_hold_socket(folder):
                with self.explained():
                    make_private(folder, uid, gid)
                return folder
        raise DataFolderError(
            f"{self.root} and {tempfile.gettempdir()} are both too long, or too odd, for the address of "
            "a socket: choose a shorter folder with --data-dir, or set TMPDIR to one"
        )

    def begin_log(self) -> int:
        """Put a long log aside; returns the size of the log in bytes, which the coming start adds to."""
        with self.explained():
            if not self.log.exists():
                return 0
            size = self.log.stat().st_size
            if size <= LOG_BYTES:
                return size
            self.log.replace(self.log.with_name("postgres.log.1"))
            return 0

    def open_log(self) -> int:
        """A descriptor for appending to the log, to be closed by the caller."""
        with self.explained():
            return self._open(self.log)

    def log_since(self, offset: int, lines: int = 12) -> str:
        """The last lines that the log got after its first `offset` bytes."""
        try:
            text = self.log.read_bytes()[offset:].decode("utf-8", "replace").strip()
        except OSError:
            text = ""
        return "\n".join(text.splitlines()[-lines:]) or "(nothing)"

    @property
    def disk_is_full(self) -> bool:
        return shutil.disk_usage(self.root).free < FULL_BYTES

    def _open(self, path: Path) -> int:
        """For appending. What root makes in a user's folder is the user's, who may come back without root."""
        fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        if os.geteuid() == 0:
            owner = self.root.stat()
            os.fchown(fd, owner.st_uid, owner.st_gid)
        return fd

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Turns an OSError into a DataFolderError that says what a person can do."""
        try:
            yield
        except OSError as error:
            raise DataFolderError(f"The data folder {self.root} cannot be used: {_reason(error)}") from error


def make_private(folder: Path, uid: int, gid: int) -> None:
    """A folder that only `uid` may enter; one that is there already must be theirs, or root's to give.

    Raises FileExistsError when somebody else was there first.
    """
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {uid, os.geteuid()}:
        raise FileExistsError(errno.EEXIST, "somebody else made it", str(folder))
    if stat.S_IMODE(found.st_mode) != 0o700:
        folder.chmod(0o700)
    if os.geteuid() == 0 and found.st_uid != uid:
        os.chown(folder, uid, gid, follow_symlinks=False)


def _can_hold_socket(folder: Path) -> bool:
    text = str(folder)
    fits = len(os.fsencode(folder / SOCKET_NAME)) <= SOCKET_PATH_BYTES
    return fits and _LIST_SYNTAX.isdisjoint(text) and text.isprintable() and text == text.strip()


def _reason(error: OSError) -> str:
    elsewhere = "or choose another folder with --data-dir"
    where = f" ({error.filename})" if error.filename else ""
    match error.errno:
        case errno.EACCES | errno.EPERM:
            return f"this user may not write there{where}; run as its owner, {elsewhere}"
        case errno.EROFS:
            return f"it is on a read-only file system{where}; mount it writable, {elsewhere}"
        case errno.ENOSPC | errno.EDQUOT:
            return f"its disk is full{where}; free some space, {elsewhere}"
        case errno.EEXIST | errno.ENOTDIR:
            return f"something else is in its place{where}; move that away, {elsewhere}"
        case _:
            return f"{error.strerror}{where}; see to that, {elsewhere}"
