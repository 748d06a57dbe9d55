"""Which user runs the server. PostgreSQL refuses root, so root lends it to an account without rights."""

from __future__ import annotations

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coldreel.errors import DataFolderError
from coldreel.store.embedded.binaries import Binaries
from coldreel.store.embedded.folder import Folder

ACCOUNTS = ("postgres", "_postgres", "nobody")
"""Accounts without rights that systems have, the most fitting first."""

_CAPABILITIES = ("dac_read_search", "dac_override")
"""Either lets an account pass through closed folders. The weaker comes first; containers often lack it."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A user to run programs as; `capability` helps it through private folders above its own."""

    uid: int
    gid: int
    capability: str | None = None

    def run(self, command: list[str], **options: Any) -> subprocess.CompletedProcess[bytes]:
        """`subprocess.run` as this user, with no more of our environment than the programs need."""
        if self.capability is not None:
            command = [*self._with_capability(self.capability), *command]
        elif os.geteuid() == 0:
            options |= {"user": self.uid, "group": self.gid, "extra_groups": []}
        environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"} | options.pop("env", {})
        return subprocess.run(  # noqa: S603 - our own binaries, and no text of others goes through a shell
            command, cwd="/", env=environment, umask=0o077, check=False, **options
        )

    def _with_capability(self, name: str) -> list[str]:
        return [
            "setpriv", f"--reuid={self.uid}", f"--regid={self.gid}", "--clear-groups",
            f"--inh-caps=+{name}", f"--ambient-caps=+{name}",
            # Without this bit access(2), with which PostgreSQL checks its binaries, ignores capabilities.
            "--securebits=+no_setuid_fixup",
            "--",
        ]  # fmt: skip


def choose(place: Folder, binaries: Binaries) -> Identity:
    """The user who runs the server: ourselves, or for root the folder's owner, or an account without rights.

    Raises DataFolderError when that user can reach the folder or the binaries by no means.
    """
    if os.geteuid() != 0:
        return Identity(os.geteuid(), os.getegid())
    uid, gid = _owner(place) or _account()
    for capability in (None, *_CAPABILITIES):
        identity = Identity(uid, gid, capability)
        if _reaches(identity, place.root, binaries):
            return identity
    raise DataFolderError(
        f"PostgreSQL does not run as root but as user {uid}, who cannot reach {place.root} or "
        f"{binaries.folder}, not even with setpriv: install util-linux, choose another folder with "
        "--data-dir, or run as another user"
    )


def _owner(place: Folder) -> tuple[int, int] | None:
    for folder in (place.pgdata, place.root):
        if folder.exists() and folder.stat().st_uid != 0:
            return folder.stat().st_uid, folder.stat().st_gid
    return None


def _account() -> tuple[int, int]:
    for name in ACCOUNTS:
        try:
            account = pwd.getpwnam(name)
        except KeyError:
            continue
        if account.pw_uid != 0:
            return account.pw_uid, account.pw_gid
    raise DataFolderError(
        f"PostgreSQL does not run as root, and this system has none of the users {', '.join(ACCOUNTS)}: "
        "run as another user, or give the data folder to one (chown)"
    )


def _reaches(identity: Identity, folder: Path, binaries: Binaries) -> bool:
    script = 'cd "$1" && exec "$2" --version'
    try:
        answer = identity.run(["sh", "-c", script, "sh", str(folder), binaries.postgres], capture_output=True)
    except OSError:
        return False
    return answer.returncode == 0
