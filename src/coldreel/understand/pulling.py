"""Bringing model files from where they are published. Never unasked."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPException
from pathlib import Path
from typing import BinaryIO

from coldreel.errors import DiskFullError, ProviderError

CHUNK = 1 << 16
SILENCE_S = 30.0
"""A server that sends nothing for so long is given up."""
BY_HAND = "or put the file by hand into the folder that COLDREEL_MODELS_DIR names"
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})

OnProgress = Callable[[int], None]
"""Gets the number of bytes that are there."""


@dataclass(frozen=True, slots=True)
class Pinned:
    """A file that is known to the byte. base: the address that its name is put behind; size: in bytes"""

    name: str
    base: str
    size: int
    sha256: str

    def is_in(self, folder: Path) -> bool:
        """There, and of the right size."""
        try:
            return (folder / self.name).stat().st_size == self.size
        except OSError:
            return False

    def is_whole_in(self, folder: Path) -> bool:
        """There, to the byte: all of it is read."""
        if not self.is_in(folder):
            return False
        with (folder / self.name).open("rb") as file:
            return self.is_held_by(file)

    def is_held_by(self, file: BinaryIO) -> bool:
        file.seek(0)
        digest = hashlib.sha256()
        while chunk := file.read(CHUNK):
            digest.update(chunk)
        return digest.hexdigest() == self.sha256


def pull(
    pinned: Pinned, folder: Path, on_progress: OnProgress = lambda _: None, base: str | None = None
) -> Path:
    """Bring one file, unless it is there; a try that was cut off is gone on with. Returns where it is.

    base: another address than the file's own
    It is written to a draft beside it, which takes its name once the hash is right. Who comes second waits.

    Raises ProviderError when it cannot be had or is not what it should be; DiskFullError.
    """
    address = (base or pinned.base) + pinned.name
    target = folder / pinned.name
    if not pinned.is_whole_in(folder):
        with _writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
            with _draft(folder / f".{pinned.name}.part") as (draft, path):
                if pinned.is_whole_in(folder):  # by now
                    path.unlink()
                else:
                    _download(address, pinned.size, draft, on_progress)
                    _keep(pinned, draft, path, target, address)
    on_progress(pinned.size)
    return target


def _keep(pinned: Pinned, draft: BinaryIO, path: Path, target: Path, address: str) -> None:
    if not pinned.is_held_by(draft):
        path.unlink()
        raise ProviderError(
            f"What {address} gave is not the file that coldreel knows (its sha256 is another), and was "
            f"removed. Try again, {BY_HAND}"
        )
    os.fsync(draft.fileno())
    path.replace(target)


def _download(address: str, size: int, draft: BinaryIO, on_progress: OnProgress) -> None:
    """Until the draft has so many bytes."""
    have = draft.seek(0, os.SEEK_END)
    if have > size:
        have = draft.truncate(0)
    if have == size:
        return
    request = urllib.request.Request(address, headers={"Range": f"bytes={have}-"} if have else {})  # noqa: S310 - ours
    for chunk, afresh in _chunks(request, address):
        if afresh and have:  # a server that knows no ranges
            have = draft.truncate(0)
        have += len(chunk)
        draft.write(chunk)
        on_progress(have)
        if have >= size:
            break
    draft.flush()
    if have < size:
        raise ProviderError(
            f"{address} broke off after {have:,} of {size:,} bytes; "
            "the next `coldreel models pull` goes on from there"
        )


def _chunks(request: urllib.request.Request, address: str) -> Iterator[tuple[bytes, bool]]:
    """What is answered, and with its first part whether that is the beginning of the file."""
    try:
        with urllib.request.urlopen(request, timeout=SILENCE_S) as response:  # noqa: S310 - ours
            afresh = response.status != HTTPStatus.PARTIAL_CONTENT
            while chunk := response.read(CHUNK):
                yield chunk, afresh
                afresh = False
    except urllib.error.HTTPError as error:
        error.close()
        raise ProviderError(
            f"{address} answered {error.code} {error.reason}. Try again later, {BY_HAND}"
        ) from error
    except urllib.error.URLError as error:
        raise ProviderError(
            f"{address} cannot be reached ({error.reason}). Check the network, {BY_HAND}"
        ) from error
    except (HTTPException, ConnectionError, TimeoutError):  # what came before stays in the draft
        return


@contextmanager
def _draft(path: Path) -> Iterator[tuple[BinaryIO, Path]]:
    """The draft, for this process alone; an empty one does not stay."""
    while True:
        with path.open("a+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if not _is_at(file, path):  # the one that was waited for has got its name, or is gone
                continue
            try:
                yield file, path
            finally:
                if os.fstat(file.fileno()).st_size == 0 and _is_at(file, path):
                    path.unlink()
            return


def _is_at(file: BinaryIO, path: Path) -> bool:
    with suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    return False


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise DiskFullError(f"The disk of {folder} is full; make room there") from error
        raise ProviderError(
            f"{folder} cannot be written ({error.strerror}); COLDREEL_MODELS_DIR names another folder"
        ) from error
