"""The bytes of a source on this machine: local files where they lie, others as a temporary copy."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

import fsspec

from coldreel.errors import DiskFullError, NotAVideoError, TooLargeError, UnreadableError
from coldreel.media.room import room_in
from coldreel.media.whole_files import draft

_CHUNK = 1 << 20


def is_remote(uri: str) -> bool:
    return "://" in uri


def file_name(uri: str) -> str:
    """The last part of an address, without a query, which may hold a signature."""
    return _path(uri).name


def folder_name(uri: str) -> str:
    """The name of the folder that the file lies in; empty for one that lies in none."""
    return _path(uri).parent.name


def _path(uri: str) -> PurePosixPath:
    return PurePosixPath(urlsplit(uri).path if is_remote(uri) else uri)


def needs_a_package(uri: str, error: ImportError) -> str:
    """What to do about an address whose file system is not installed."""
    remedy = "for https, s3 and gs: pip install 'coldreel[remote]'"
    return f"{uri} needs a package that is not installed ({error}); {remedy}"


@contextmanager
def local_file(uri: str, max_bytes: int, scratch: Path) -> Iterator[Path]:
    """A path to the bytes, which are never modified. A copy of what is elsewhere lies in `scratch`, a folder.

    Raises TooLargeError, DiskFullError for the copy, and UnreadableError with the reason.
    """
    if is_remote(uri):
        with _copy(uri, max_bytes, scratch) as path:
            yield path
        return
    path = Path(uri)
    try:
        found = path.stat()
    except OSError as error:
        raise UnreadableError(f"The file cannot be read: {error.strerror}; check that it is there") from None
    if not stat.S_ISREG(found.st_mode):  # a pipe or a device may never end
        raise NotAVideoError("This is a folder, a pipe or a device, not a file")
    _check_size(found.st_size, max_bytes)
    yield path


def content_hash(path: Path) -> bytes:
    """sha256 of a file's bytes. Raises UnreadableError."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError as error:
        reason = f"The file cannot be read: {error.strerror}; check its permissions"
        raise UnreadableError(reason) from None


@contextmanager
def _copy(uri: str, max_bytes: int, scratch: Path) -> Iterator[Path]:
    scratch.mkdir(parents=True, exist_ok=True)
    with draft(scratch) as path:
        try:
            system, name = fsspec.core.url_to_fs(uri)
            _check_size(system.info(name).get("size") or 0, max_bytes)
            with system.open(name, "rb") as remote, path.open("wb") as local:
                while chunk := remote.read(_CHUNK):
                    with room_in(path.parent):
                        local.write(chunk)
                    _check_size(local.tell(), max_bytes)  # servers do not always say how much is to come
        except (TooLargeError, DiskFullError):
            raise
        except ImportError as error:
            raise UnreadableError(needs_a_package(uri, error)) from None
        except Exception as error:  # every file system raises errors of its own
            raise UnreadableError(f"{uri} cannot be fetched: {error or type(error).__name__}") from error
        yield path


def _check_size(size: int, max_bytes: int) -> None:
    if size > max_bytes:
        raise TooLargeError(
            f"The file has {size / 1e9:.1f} GB, the limit is {max_bytes / 1e9:.1f} GB (COLDREEL_MAX_BYTES)"
        )
