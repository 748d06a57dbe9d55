"""Files that are sent in: kept whole or not at all, under a name that means nothing to the file system."""

from __future__ import annotations

import hashlib
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from coldreel.errors import DeletedError, EmptyFileError, TooLargeError
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

    Raises TooLargeError, EmptyFileError and DeletedError, with nothing kept.
    """
    path, digest = _keep(file, name, folder, max_bytes)
    known = store.items.by_hash(digest, 0)
    if known is not None and known.deleted:
        path.unlink()
        raise DeletedError
    stat = path.stat()
    listing = Listing(str(path), f"{stat.st_size}-{stat.st_mtime_ns}", given)
    (source,) = store.sources.enlist([listing], again=(State.FAILED, State.REJECTED))
    return Received(known.ref if known else digest.hex()[:12], source)


def _keep(file: BinaryIO, name: str, folder: Path, max_bytes: int) -> tuple[Path, bytes]:
    """Write it into a folder named by its hash, under its own name; returns the path and the sha256."""
    folder.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".", delete=False) as kept:
        try:
            while chunk := file.read(_CHUNK):
                size += len(chunk)
                if size > max_bytes:
                    raise TooLargeError(
                        f"The file is larger than {max_bytes / 1e6:.0f} MB (COLDREEL_MAX_BYTES)"
                    )
                digest.update(chunk)
                kept.write(chunk)
            if size == 0:
                raise EmptyFileError
        except BaseException:
            Path(kept.name).unlink()
            raise
    home = folder / digest.hexdigest()[:16]
    home.mkdir(exist_ok=True)
    path = home / _file_name(name)
    if path.exists():  # the very same bytes: a new time of change would call for watching them again
        Path(kept.name).unlink()
    else:
        Path(kept.name).replace(path)
    return path, digest.digest()


def _file_name(given: str) -> str:
    """The last part of what the client calls it, with nothing in it that a path could mean."""
    name = re.sub(r"[^\w .()\[\]-]", "_", PurePosixPath(given.replace("\\", "/")).name)
    return name.encode()[-_LONGEST_NAME:].decode(errors="ignore").strip(" .") or "video"
