"""Files that coldreel makes from items: posters, strips and renditions.

They may be deleted: `coldreel ingest --retry` on the videos makes them again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from coldreel.media.room import room_in
from coldreel.media.whole_files import LEFTOVER_S, draft, sweep, whole


@dataclass(frozen=True, slots=True)
class DerivedFiles:
    """A folder of derived files, named by the hash of the bytes they were made from."""

    root: Path

    def poster(self, content_hash: bytes) -> Path:
        return self._path(content_hash, ".webp")

    def strip(self, content_hash: bytes) -> Path:
        return self._path(content_hash, ".strip.webp")

    def rendition(self, content_hash: bytes) -> Path:
        """The file that browsers play, where it is not the source."""
        return self._path(content_hash, ".mp4")

    def are_there(self, content_hash: bytes, with_rendition: bool) -> bool:
        """Whether all that is made of an item is there; not every item needs a rendition."""
        needed = [self.poster(content_hash), self.strip(content_hash)]
        if with_rendition:
            needed.append(self.rendition(content_hash))
        return all(path.is_file() for path in needed)

    @contextmanager
    def draft(self, content_hash: bytes) -> Iterator[Path]:
        """A path at which a rendition can be made; what has not been put in its place at the end goes.

        Raises DiskFullError, also for what is written there within.
        """
        folder = self.rendition(content_hash).parent
        with draft(folder) as path:
            folder.mkdir(parents=True, exist_ok=True)
            yield path

    def put_rendition(self, content_hash: bytes, draft: Path) -> None:
        """Put what was made in its place."""
        draft.replace(self.rendition(content_hash))

    def put_pictures(self, content_hash: bytes, poster: bytes, strip: bytes) -> None:
        """Write poster and strip, each whole or not at all. Raises DiskFullError."""
        with room_in(self.root):
            self._put(self.poster(content_hash), poster)
            self._put(self.strip(content_hash), strip)

    def _put(self, path: Path, picture: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole(path) as part:
            part.write_bytes(picture)

    def sweep(self, older_than_s: float = LEFTOVER_S) -> int:
        """Remove the half-written files of processes that were killed; returns how many there were."""
        return sweep(self.root, older_than_s)

    def remove(self, content_hash: bytes) -> None:
        for suffix in (".webp", ".strip.webp", ".mp4"):
            self._path(content_hash, suffix).unlink(missing_ok=True)

    def _path(self, content_hash: bytes, suffix: str) -> Path:
        name = content_hash.hex()
        return self.root / name[:2] / f"{name}{suffix}"
