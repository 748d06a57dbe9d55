"""The embedded server as its users see it: enter and it runs, leave and it may go."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from coldreel.errors import ColdreelError, DatabaseError
from coldreel.store.embedded import binaries
from coldreel.store.embedded.folder import Folder
from coldreel.store.embedded.keeper import IDLE_S
from coldreel.store.embedded.launch import launch_keeper
from coldreel.store.embedded.locks import Lock, take
from coldreel.store.embedded.postmaster import postmaster_pid
from coldreel.store.embedded.starting import START_S, bring_up, socket_folder
from coldreel.store.embedded.stopping import AT_ONCE_S, FAST_STOP_S, stop_server

LEAST_CONNECTIONS = 100
"""PostgreSQL's own default."""

KEEPER_S = 10.0
"""The keeper looks twice a second whether its server is gone; it has so long to go too on a busy machine."""


@dataclass(frozen=True, slots=True)
class ServerStatus:
    """What is known of the embedded server without using it.

    `pid` and `socket_dir` are None when it does not run; `version` is that of the binaries, such as 18.4.
    """

    running: bool
    pid: int | None
    version: str
    data_dir: Path
    socket_dir: Path | None
    log: Path


class EmbeddedServer:
    """A PostgreSQL server with pgvector in a data folder, shared by all processes that enter.

    The first to enter starts it; a keeper process stops it `idle_s` seconds after the last has left,
    however that one ended. Children must be spawned: a forked one would count as a user while it lives.

    connections: what all its users may open together; the one who starts the server decides
    """

    def __init__(
        self, data_dir: Path, *, connections: int = LEAST_CONNECTIONS, idle_s: float = IDLE_S
    ) -> None:
        self._place = Folder.at(data_dir)
        self._connections = connections
        self._idle_s = idle_s
        self._user: Lock | None = None

    def __enter__(self) -> str:
        """Start or join the server; returns the connection string of the database `coldreel`.

        Raises DataFolderError when the folder is no use, DatabaseError when the server does not start.
        """
        place = self._place
        place.prepare()
        # While a keeper stops the server, it alone has this lock.
        user = _waited_for(place, place.users, FAST_STOP_S + 2 * AT_ONCE_S, shared=True)
        try:
            os.utime(user.fd)
            with _waited_for(place, place.starting, START_S):
                conninfo = bring_up(place, self._connections)
                self._ensure_keeper()
        except BaseException:
            user.release()
            raise
        self._user = user
        return conninfo

    def __exit__(self, *_: object) -> None:
        """Leave. The server stays for those who are still there, and for the keeper to stop."""
        if self._user is None:
            return
        with suppress(ColdreelError, OSError):
            if postmaster_pid(self._place.pgdata) is not None:
                self._ensure_keeper()
        self._user.release()
        self._user = None

    def _ensure_keeper(self) -> None:
        with self._place.explained():
            keeper = take(self._place.keeper)
        if keeper is not None:
            with keeper:
                launch_keeper(self._place, keeper, self._idle_s)


def stop(data_dir: Path) -> bool:
    """Stop the server now, whoever uses it, and its keeper with it; False when none ran.

    Raises DatabaseError when it does not stop, DataFolderError when the folder is another user's.
    """
    place = Folder.at(data_dir)
    with place.explained():
        if not place.exists:
            return False
        with _waited_for(place, place.starting, START_S):
            gone = take(place.server)
            ran = gone is None
            gone = gone or stop_server(place)
            if gone is None:
                raise DatabaseError(
                    f"The database in {place.root} does not stop: some process of it is stuck, or runs in "
                    f"another container. The log ({place.log}) ends:\n{place.log_since(0)}"
                )
            gone.release()
            if (keeper := take(place.keeper, wait_s=KEEPER_S)) is not None:
                keeper.release()
            return ran


def status(data_dir: Path) -> ServerStatus:
    """Look at the server without touching it. Raises DatabaseError where there are no binaries."""
    place = Folder.at(data_dir)
    with place.explained():
        pid = postmaster_pid(place.pgdata)
    folder = socket_folder(place) if pid is not None else None
    return ServerStatus(
        running=pid is not None,
        pid=pid,
        version=binaries.find().version(),
        data_dir=place.root,
        socket_dir=Path(folder) if folder else None,
        log=place.log,
    )


def _waited_for(place: Folder, path: Path, seconds: float, *, shared: bool = False) -> Lock:
    with place.explained():
        lock = take(path, shared=shared, wait_s=seconds)
    if lock is None:
        raise DatabaseError(
            f"Another process has been busy with the database in {place.root} for {seconds:.0f} s; "
            f"end it and try again. The log ({place.log}) ends:\n{place.log_since(0)}"
        )
    return lock
