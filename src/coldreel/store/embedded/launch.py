"""Making a database cluster, and starting the server and its keeper so that they outlive us."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from coldreel.errors import DatabaseError, DataFolderError
from coldreel.store.embedded.binaries import MAJOR, Binaries
from coldreel.store.embedded.folder import Folder
from coldreel.store.embedded.identity import Identity
from coldreel.store.embedded.locks import Lock
from coldreel.store.embedded.postmaster import read_pid_file

DATABASE = "coldreel"
SUPERUSER = "postgres"

_SYNC_METHOD = "syncfs" if sys.platform == "linux" else "fsync"
"""One call for the whole disk rather than one for each of a thousand files: on a busy disk, 3 s less."""

SETTINGS = {
    # A laptop's share of memory; a platform brings its own server.
    "shared_buffers": "128MB",
    "max_wal_size": "1GB",
    "recovery_init_sync_method": _SYNC_METHOD,
    # No replica will ever follow, so the log need not carry what one would need.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    # Compiling a query costs more than these short queries do, and the binaries come without LLVM.
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Errors of statements reach those who made them; the log tells of the server itself, so it stays small.
    "log_min_messages": "log",
    "log_checkpoints": "off",
    # Only by the socket, in a folder that nobody but the server's user (and root) may enter.
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "port": "5432",
}

_INITDB = (
    "--username=" + SUPERUSER, "--auth=trust", "--encoding=UTF8",
    "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
)  # fmt: skip
_FIRST_STATEMENTS = f"create extension vector\ncreate database {DATABASE}\n"
"""Run in the template, so that every database has pgvector."""


def initialise(place: Folder, identity: Identity, binaries: Binaries, server: Lock) -> None:
    """Make the database cluster, unless there is one; it appears whole or not at all.

    The children inherit the server's lock: should we be killed, the next start waits for them.
    Raises DataFolderError or DatabaseError.
    """
    if _is_made(place):
        return
    with place.explained():
        # Left by a start that was interrupted; nobody writes there, for we hold the lock.
        shutil.rmtree(place.unfinished, ignore_errors=True)
        place.unfinished.mkdir(mode=0o700)
        if os.geteuid() == 0:
            os.chown(place.unfinished, identity.uid, identity.gid)
    folder = str(place.unfinished)
    try:
        for command, statements in (
            ([binaries.initdb, "-D", folder, *_INITDB, "--no-sync"], ""),
            ([binaries.postgres, "--single", "-F", "-D", folder, "template1"], _FIRST_STATEMENTS),
            ([binaries.initdb, "-D", folder, "--sync-only", f"--sync-method={_SYNC_METHOD}"], ""),
        ):
            _make(place, identity, command, statements, server)
        with place.explained():
            place.unfinished.rename(place.pgdata)
    finally:
        shutil.rmtree(place.unfinished, ignore_errors=True)


def launch(place: Folder, identity: Identity, binaries: Binaries, server: Lock, connections: int) -> None:
    """Start the server in the background, where it inherits the server's lock; returns before it is ready."""
    sockets = place.socket_folder(identity.uid, identity.gid)
    # The cluster's name stands in the title of each session's process.
    settings = SETTINGS | {
        "unix_socket_directories": f'"{sockets}"',
        "cluster_name": place.name,
        "max_connections": str(connections),
    }
    command = [binaries.postgres, "-D", str(place.pgdata)]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    # As the lock is ours, the pid in a pid file left behind is that of a stranger or of a zombie. PostgreSQL
    # would take it for a living server, but not when it believes that the pid is its own grandparent's.
    stale = read_pid_file(place.pgdata)
    _in_background(place, identity, command, server, {"PG_GRANDPARENT_PID": str(stale.pid)} if stale else {})


def launch_keeper(place: Folder, keeper: Lock, idle_s: float) -> None:
    """Start the keeper in the background, where it inherits the keeper's lock."""
    package = str(Path(__file__).resolve().parents[3])
    # -S and -P: only the standard library and coldreel, whatever the folder that we happen to be in.
    command = [sys.executable, "-S", "-P", "-m", "coldreel.store.embedded.keeper"]
    command += [str(place.root), str(keeper.fd), str(idle_s)]
    ourselves = Identity(os.geteuid(), os.getegid())
    _in_background(place, ourselves, command, keeper, os.environ | {"PYTHONPATH": package})


def _is_made(place: Folder) -> bool:
    with place.explained():
        if not place.pgdata.exists() or not any(place.pgdata.iterdir()):
            return False
        if not (place.pgdata / "PG_VERSION").exists():
            raise DataFolderError(
                f"{place.pgdata} holds something that is not a PostgreSQL database: move it away, "
                "or choose another folder with --data-dir"
            )
        major = (place.pgdata / "PG_VERSION").read_text().strip()
    if major != MAJOR:
        raise DataFolderError(
            f"{place.pgdata} was made by PostgreSQL {major}, and this coldreel brings {MAJOR}: "
            "convert it with pg_upgrade, use the coldreel that made it, or choose another folder "
            "with --data-dir"
        )
    return True


def _make(place: Folder, identity: Identity, command: list[str], statements: str, server: Lock) -> None:
    answer = identity.run(
        command, input=statements.encode(), pass_fds=(server.fd,),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    output = answer.stdout.decode("utf-8", "replace").strip()
    if answer.returncode == 0 and "ERROR:" not in output:
        return
    program = Path(command[0]).name
    tail = "\n".join(output.splitlines()[-12:])
    if place.disk_is_full or "No space left" in output:
        raise DataFolderError(
            f"The disk of {place.root} is too full for a new database (60 MB): free some space, or choose "
            f"another folder with --data-dir. {program} said:\n{tail}"
        )
    raise DatabaseError(
        f"No database could be made in {place.root}: {program} ended with {answer.returncode}:\n{tail}"
    )


def _in_background(
    place: Folder, identity: Identity, command: list[str], lock: Lock, environment: Mapping[str, str]
) -> None:
    log = place.open_log()
    try:
        # The shell ends at once and leaves its child to the system: it is nobody's zombie, and no signal
        # from our terminal finds it in its new session.
        identity.run(
            ["sh", "-c", '"$@" &', "sh", *command], env=environment, pass_fds=(lock.fd,),
            start_new_session=True, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip
    finally:
        os.close(log)
