"""What coldreel can be pointed at: a file, a folder, a glob or any fsspec address."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from coldreel.errors import SourceError
from coldreel.ingest.local import GLOB_SIGNS, FileSource, FolderSource, GlobSource, resolved
from coldreel.ingest.remote import RemoteSource
from coldreel.model import Listing


class Source(Protocol):
    """What `coldreel ingest` and `up` are pointed at."""

    @property
    def prefix(self) -> str:
        """Every address that it can list begins with this."""
        ...

    def has_lost(self, uri: str) -> bool:
        """Whether a file that was listed before, and is not listed now, has vanished."""
        ...

    def finds(self, path: Path, /) -> bool:
        """Whether a video of this machine would be listed."""
        ...

    def listings(self) -> Iterator[Listing]:
        """What is there now. Raises SourceError when it cannot be looked at."""
        ...


def parse(text: str) -> Source:
    """The source that a person means. Raises SourceError for a path that is not there."""
    if "://" in text and not text.startswith("file://"):
        return RemoteSource(text)
    try:
        path = Path(text.removeprefix("file://")).expanduser()
        if path.is_dir():
            return FolderSource(path.resolve())
        if path.exists():
            # The folder's links are followed, the file's own is not: as when the folder is listed.
            return FileSource(path.parent.resolve() / path.name)
    except (OSError, RuntimeError) as error:
        raise SourceError(f"{text} cannot be looked at: {error}; check the path") from None
    if GLOB_SIGNS.intersection(text):
        return GlobSource(resolved(path))
    raise SourceError(f"There is no file or folder {text}; check the path")
