"""Files that are sent in: kept whole or not at all, under a name that means nothing to the file system."""

from __future__ import annotations

import hashlib
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from coldreel.errors import DeletedError, EmptyFileError, NotKeptError, TooLargeError
from coldreel.media.room import room_in
from coldreel.media.whole_files import draft
from coldreel.model import Given, Listing, State
from coldreel.store.store import Store

_CHUNK = 1 << 20
_LONGEST_NAME = 200
"""Bytes; file systems take 255."""


@dataclass(frozen=True, slots=True)
class Received:
    """ref: the item that the file becomes; source: its row"""

    ref: str
    source: int


def receive(store: Store, folder: Path, file: BinaryIO, name: str, given: Given, max_bytes: int) -> Received:
    """Keep a file that was sent in, and enlist it.

    It comes into its place within the transaction that enlists it: nothing is kept of one that is refused.
    Raises TooLargeError, EmptyFileError, DeletedError and DiskFullError.
    """
    with room_in(folder):
        folder.mkdir(parents=True, exist_ok=True)
    with draft(folder) as arrived:
        digest = _write(file, arrived, max_bytes)
        known = store.items.by_hash(digest, 0)
        if known is not None and known.deleted:
            raise DeletedError
        path = folder / digest.hex()[:16] / _file_name(name)
        is_new = not path.exists()  # else the very same bytes, which a new time of change would have watched
        stat = (arrived if is_new else path).stat()
        listing = Listing(str(path), f"{stat.st_size}-{stat.st_mtime_ns}", given)
        with store.database.transaction():
            (source,) = store.sources.enlist([listing], again=(State.FAILED, State.REJECTED))
            if is_new:
                path.parent.mkdir(exist_ok=True)
                arrived.replace(path)
    becomes = known or store.awaited.of(path.name)
    return Received(becomes.ref if becomes else digest.hex()[:12], source)


def check_kept(folder: Path, uri: str) -> None:
    """Raises NotKeptError for a file that was sent in and discarded."""
    path = Path(uri)
    if path.is_relative_to(folder) and not path.exists():
        raise NotKeptError


def discard(folder: Path, uri: str) -> None:
    """Remove a file that was sent in; any other stays."""
    path = Path(uri)
    if path.is_relative_to(folder):
        path.unlink(missing_ok=True)
        with suppress(OSError):  # another name of the same bytes lies beside it
            path.parent.rmdir()


def _write(file: BinaryIO, path: Path, max_bytes: int) -> bytes:
    """Write the bytes there; returns their sha256."""
    digest, size = hashlib.sha256(), 0
    with path.open("xb") as kept:
        while chunk := file.read(_CHUNK):
            size += len(chunk)
            if size > max_bytes:
                raise TooLargeError(f"The file is larger than {max_bytes / 1e6:.0f} MB (COLDREEL_MAX_BYTES)")
            digest.update(chunk)
            kept.write(chunk)
    if size == 0:
        raise EmptyFileError
    return digest.digest()


def _file_name(given: str) -> str:
    """The last part of what the client calls it, with nothing in it that a path could mean."""
    name = re.sub(r"[^\w .()\[\]-]", "_", PurePosixPath(given.replace("\\", "/")).name)
    return name.encode()[-_LONGEST_NAME:].decode(errors="ignore").strip(" .") or "video"
