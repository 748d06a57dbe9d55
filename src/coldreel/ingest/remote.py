"""Sources elsewhere: whatever fsspec understands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fsspec

from coldreel.errors import SourceError
from coldreel.ingest.fetching import needs_a_package
from coldreel.ingest.patterns import matches
from coldreel.ingest.promising import promising_name
from coldreel.model import Listing


@dataclass(frozen=True, slots=True)
class RemoteSource:
    """An address that fsspec understands: a file, a folder or a glob in a bucket or on a server."""

    url: str

    @property
    def prefix(self) -> str:
        address = self._address()
        return address[: min((address.index(sign) for sign in "*[" if sign in address), default=len(address))]

    def has_lost(self, uri: str) -> bool:
        address = self._address().rstrip("/")
        if any(sign in address for sign in "*["):
            return matches(uri, address)
        return uri == address or uri.startswith(f"{address}/")

    def finds(self, _: Path, /) -> bool:
        return False  # its files are elsewhere

    def listings(self) -> Iterator[Listing]:
        try:
            system, path = fsspec.core.url_to_fs(self.url)
            if any(sign in path for sign in "*["):
                found = system.glob(path, detail=True)
            else:
                found = system.find(path, detail=True)
            # Of a single file, HTTP says nothing unless it is asked.
            entries = [(name, info or system.info(name)) for name, info in sorted(found.items())]
        except ImportError as error:
            raise SourceError(needs_a_package(self.url, error)) from None
        except Exception as error:  # every file system raises errors of its own
            raise SourceError(f"{self.url} cannot be listed: {error or type(error).__name__}") from error
        for name, info in entries:
            if info.get("type") == "file" and (len(entries) == 1 or promising_name(name)):
                yield Listing(system.unstrip_protocol(name), _remote_version(info))

    def _address(self) -> str:
        """The address in the form that the addresses of its files have."""
        try:
            system, path = fsspec.core.url_to_fs(self.url)
        except ImportError as error:
            raise SourceError(needs_a_package(self.url, error)) from None
        except ValueError as error:
            raise SourceError(f"{self.url} is no address that can be listed: {error}") from None
        return str(system.unstrip_protocol(path))


def _remote_version(info: dict[str, Any]) -> str:
    """The entity tag where there is one, else size and time of change."""
    for key in ("ETag", "etag", "md5Hash", "crc32c"):
        if info.get(key):
            return str(info[key]).strip('"')
    changed = (
        info.get("LastModified")
        or info.get("last_modified")
        or info.get("Last-Modified")
        or info.get("updated")
        or info.get("mtime")
        or info.get("created", "")
    )
    return f"{info.get('size')}-{changed}"
