"""Sources on this machine: a file, a folder, a glob."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from coldreel.errors import SourceError
from coldreel.ingest.patterns import matches
from coldreel.ingest.promising import pass_over, promising
from coldreel.model import Listing

GLOB_SIGNS = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class FileSource:
    """One file, whatever its name."""

    path: Path

    @property
    def prefix(self) -> str:
        return str(self.path)

    def has_lost(self, uri: str) -> bool:
        return uri == str(self.path) and _is_gone(uri)

    def finds(self, path: Path, /) -> bool:
        return path == self.path

    def listings(self) -> Iterator[Listing]:
        yield from _local(self.path)


@dataclass(frozen=True, slots=True)
class FolderSource:
    """A folder and all below it; hidden files and folders are passed over."""

    path: Path

    @property
    def prefix(self) -> str:
        return str(self.path).rstrip("/") + "/"

    def has_lost(self, uri: str) -> bool:
        return _is_gone(uri)

    def finds(self, path: Path, /) -> bool:
        below = str(path).removeprefix(self.prefix)
        return below != str(path) and not any(part.startswith(".") for part in below.split("/"))

    def listings(self) -> Iterator[Listing]:
        if not self.path.is_dir():
            raise SourceError(f"The folder {self.path} has vanished; nothing was changed")
        for folder, folders, files in os.walk(self.path, onerror=self._cannot_read):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(files):
                path = Path(folder) / name
                if not name.startswith(".") and promising(path):
                    yield from _local(path)

    def _cannot_read(self, error: OSError) -> None:
        folder = Path(os.fsdecode(error.filename))
        if folder == self.path:
            raise SourceError(f"The folder {self.path} cannot be read: {error.strerror}")
        pass_over(folder, f"it cannot be read ({error.strerror})")


@dataclass(frozen=True, slots=True)
class GlobSource:
    """Local files that match a pattern; `**` reaches into folders."""

    pattern: str

    @property
    def prefix(self) -> str:
        fixed = self.pattern[: min(self.pattern.index(sign) for sign in GLOB_SIGNS if sign in self.pattern)]
        return fixed[: fixed.rindex("/") + 1]

    def has_lost(self, uri: str) -> bool:
        return _is_gone(uri)

    def finds(self, path: Path, /) -> bool:
        return matches(str(path), self.pattern)

    def listings(self) -> Iterator[Listing]:
        # `**/**` finds a file more than once.
        for name in sorted(set(glob.iglob(self.pattern, recursive=True))):  # noqa: PTH207 - it is absolute
            if promising(Path(name)):
                yield from _local(Path(name))


def _local(path: Path) -> Iterator[Listing]:
    """The file, unless it has vanished since it was found or has a name that no database can hold."""
    try:
        str(path).encode()
        stat = path.stat()
    except FileNotFoundError:
        return
    except UnicodeEncodeError:
        pass_over(path, "its name is not UTF-8; rename it")
        return
    yield Listing(str(path), f"{stat.st_size}-{stat.st_mtime_ns}")


def _is_gone(uri: str) -> bool:
    """Not merely out of reach, or of another kind than listings look for."""
    try:
        os.stat(uri)  # noqa: PTH116 - Path.exists takes what is out of reach for gone
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


def resolved(pattern: Path) -> str:
    """A pattern with the links of its fixed folders followed."""
    parts = pattern.absolute().parts
    fixed = next(n for n, part in enumerate(parts) if GLOB_SIGNS.intersection(part))
    return str(Path(*parts[:fixed]).resolve().joinpath(*parts[fixed:]))
