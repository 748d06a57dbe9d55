"""Files that coldreel makes from items: posters and renditions. They can be deleted and made again."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

LEFTOVER_S = 3600.0
"""A half-written file that has not grown for so long is nobody's."""


@dataclass(frozen=True, slots=True)
class DerivedFiles:
    """A folder of derived files, named by the hash of the bytes they were made from."""

    root: Path

    def poster(self, content_hash: bytes) -> Path:
        return self._path(content_hash, ".webp")

    def strip(self, content_hash: bytes) -> Path:
        return self._path(content_hash, ".strip.webp")

    def rendition(self, content_hash: bytes) -> Path:
        """Where the file that browsers play is or will be; its folder is there."""
        path = self._path(content_hash, ".mp4")
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def put_pictures(self, content_hash: bytes, poster: bytes, strip: bytes) -> None:
        """Write poster and strip, each whole or not at all."""
        self._put(self.poster(content_hash), poster)
        self._put(self.strip(content_hash), strip)

    def _put(self, path: Path, picture: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", suffix=".webp", delete=False) as file:
            file.write(picture)
        Path(file.name).replace(path)

    def sweep(self, older_than_s: float = LEFTOVER_S) -> int:
        """Remove the half-written files of processes that were killed; returns how many there were."""
        before = time.time() - older_than_s
        stale = [path for path in self.root.glob("*/.*") if path.stat().st_mtime < before]
        for path in stale:
            path.unlink(missing_ok=True)
        return len(stale)

    def remove(self, content_hash: bytes) -> None:
        for suffix in (".webp", ".strip.webp", ".mp4"):
            self._path(content_hash, suffix).unlink(missing_ok=True)

    def _path(self, content_hash: bytes, suffix: str) -> Path:
        name = content_hash.hex()
        return self.root / name[:2] / f"{name}{suffix}"
