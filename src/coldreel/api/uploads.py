"""Uploaded files: kept whole or not at all, under a name that means nothing to the file system."""

from __future__ import annotations

import hashlib
import re
import tempfile
from pathlib import Path, PurePosixPath

from fastapi import UploadFile

from coldreel.errors import EmptyFileError, TooLargeError

_CHUNK = 1 << 20
_LONGEST_NAME = 200
"""Bytes; file systems take 255."""


def keep(file: UploadFile, folder: Path, max_bytes: int) -> tuple[Path, bytes]:
    """Write an upload into a folder named by its hash, under its own name; returns the path and the sha256.

    Raises TooLargeError and EmptyFileError, with nothing written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".", delete=False) as kept:
        try:
            while chunk := file.file.read(_CHUNK):
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
    path = home / _file_name(file.filename or "")
    if path.exists():  # the very same bytes: a new time of change would call for watching them again
        Path(kept.name).unlink()
    else:
        Path(kept.name).replace(path)
    return path, digest.digest()


def _file_name(given: str) -> str:
    """The last part of what the client calls it, with nothing in it that a path could mean."""
    name = re.sub(r"[^\w .()\[\]-]", "_", PurePosixPath(given.replace("\\", "/")).name)
    return name.encode()[-_LONGEST_NAME:].decode(errors="ignore").strip(" .") or "video"
