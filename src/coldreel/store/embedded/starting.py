"""Bringing the server up, whatever state the last one was left in."""

from __future__ import annotations

import time

import psycopg
from psycopg.conninfo import make_conninfo

from coldreel.errors import DatabaseError, DataFolderError
from coldreel.store.embedded import binaries, identity
from coldreel.store.embedded.folder import Folder
from coldreel.store.embedded.launch import DATABASE, SUPERUSER, initialise, launch
from coldreel.store.embedded.locks import Lock, take
from coldreel.store.embedded.postmaster import end_orphans, postmaster_pid, read_pid_file

START_S = 600.0
"""Longest start: recovery after a crash reads up to 1 GB of log, which takes minutes on a slow disk."""

SILENT_S = 30.0
"""A server that is neither starting nor stopping and has not answered for so long is not going to."""

ORPHANS_S = 2.0
"""Sessions that outlive a killed server get so long to notice, then they are asked to end."""

POLL_S = 0.05


def bring_up(place: Folder, connections: int) -> str:
    """Join the server, or start one for so many connections; returns the connection string.

    The caller holds the lock on starting. One thing decides: the server's lock is free when not one process
    of an earlier server lives. Raises DataFolderError or DatabaseError with the tail of the log.
    """
    log_offset = place.begin_log()
    launched = False
    begun = last_sign = time.monotonic()
    while True:
        with place.explained():
            free = take(place.server)
        if free is not None:
            with free:
                if launched:
                    raise _failure(place, "did not start", log_offset)
                _start(place, free, connections)
            launched, last_sign = True, time.monotonic()
        if (conninfo := _knock(place)) is not None:
            return conninfo
        now = time.monotonic()
        if _is_busy(place):
            last_sign = now
        if now - last_sign > SILENT_S or now - begun > START_S:
            raise _failure(place, "does not answer; stop it with `coldreel stop`", log_offset)
        if now - last_sign > ORPHANS_S:
            end_orphans(place.pgdata, place.name)
        time.sleep(POLL_S)


def socket_folder(place: Folder) -> str | None:
    """Where the server says that it listens; None when it is not ready."""
    file = read_pid_file(place.pgdata)
    return file.socket_dir if file is not None and file.ready else None


def _start(place: Folder, server: Lock, connections: int) -> None:
    programs = binaries.find()
    who = identity.choose(place, programs)
    initialise(place, who, programs, server)
    launch(place, who, programs, server, connections)


def _knock(place: Folder) -> str | None:
    folder = socket_folder(place)
    if folder is None:
        return None
    conninfo = make_conninfo(host=folder, port=5432, user=SUPERUSER, dbname=DATABASE)
    try:
        psycopg.connect(conninfo, connect_timeout=5).close()
    except psycopg.OperationalError:
        return None
    return conninfo


def _is_busy(place: Folder) -> bool:
    file = read_pid_file(place.pgdata)
    return file is not None and file.busy and postmaster_pid(place.pgdata) is not None


def _failure(place: Folder, what: str, log_offset: int) -> DatabaseError:
    tail = f"The log ({place.log}) ends:\n{place.log_since(log_offset)}"
    if place.disk_is_full:
        return DataFolderError(
            f"The database in {place.root} {what}, and the disk is full: free some space, or choose another "
            f"folder with --data-dir. {tail}"
        )
    return DatabaseError(f"The database in {place.root} {what}. {tail}")
