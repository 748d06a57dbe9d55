"""Proxies of many videos: one folder becomes another, file by file, and what is done is not done again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath

from coldreel.errors import ColdreelError, RejectedError, SourceError
from coldreel.ingest.fetching import content_hash, is_remote, local_file
from coldreel.ingest.listing import Source
from coldreel.ingest.workshop import Children, DecodingRules
from coldreel.media.limits import Limits

_HASH_DIGITS = 12
"""Of the content hash in a proxy's name: 48 bits."""


class ProxyState(StrEnum):
    MADE = "made"
    THERE = "there"
    REJECTED = "rejected"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Proxied:
    """What became of one file. `proxy` is its path, None when there is none; `reason` says why."""

    uri: str
    state: ProxyState
    proxy: Path | None
    bytes_before: int = 0
    bytes_after: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Proxying:
    """Makes proxies in children, `side_by_side` at once.

    A proxy is named after its source and the hash of its bytes, as in `holiday.3f2a9c01b5d7.mp4`: so it is
    known without a list what is done, however often a run was interrupted, and two files of one name do not
    get in each other's way. Folders below the source are kept.
    """

    children: Children
    rules: DecodingRules
    side_by_side: int

    def run(
        self, source: Source, destination: Path, on_listed: Callable[[int], None] = lambda _: None
    ) -> Iterator[Proxied]:
        """One result per file, in the order in which they are done. Raises SourceError."""
        self._check(source, destination)
        uris = [listing.uri for listing in source.listings()]
        on_listed(len(uris))
        with ThreadPoolExecutor(self.side_by_side) as pool:
            waiting = [pool.submit(self._one, uri, source.prefix, destination) for uri in uris]
            try:
                for done in as_completed(waiting):
                    yield done.result()
            except BaseException:  # Ctrl-C: what is in hand is given up, and nothing half-written stays
                for each in waiting:
                    each.cancel()
                self.children.close()
                raise

    def _check(self, source: Source, destination: Path) -> None:
        if not is_remote(source.prefix) and f"{destination}/".startswith(source.prefix):
            raise SourceError(
                f"{destination} lies within the source: proxies would become sources; name another folder"
            )
        try:
            destination.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SourceError(
                f"{destination} cannot be made: {error.strerror}; name another folder"
            ) from None

    def _one(self, uri: str, prefix: str, destination: Path) -> Proxied:
        try:
            with local_file(uri, self.rules.limits.max_bytes) as path:
                proxy = self._place(uri, prefix, destination, content_hash(path))
                before = path.stat().st_size
                if proxy.exists():
                    return Proxied(uri, ProxyState.THERE, proxy, before, proxy.stat().st_size)
                self._make_folder(proxy.parent)
                rules = self.rules
                self.children.run(
                    make_proxy, path, proxy, rules.limits, rules.hardware, seconds=rules.decode_seconds
                )
                return Proxied(uri, ProxyState.MADE, proxy, before, proxy.stat().st_size)
        except RejectedError as error:
            return Proxied(uri, ProxyState.REJECTED, None, reason=error.message)
        except ColdreelError as error:
            return Proxied(uri, ProxyState.FAILED, None, reason=error.message)

    @staticmethod
    def _place(uri: str, prefix: str, destination: Path, digest: bytes) -> Path:
        below = uri.removeprefix(prefix).lstrip("/")
        within = PurePosixPath(below).parent if below else PurePosixPath()
        name = f"{PurePosixPath(uri).stem}.{digest.hex()[:_HASH_DIGITS]}.mp4"
        return destination.joinpath(*within.parts, name)

    @staticmethod
    def _make_folder(folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SourceError(f"{folder} cannot be made: {error.strerror}; make room or change it") from None


def make_proxy(source: Path, destination: Path, limits: Limits, hardware: bool) -> None:
    """To be run in a child: the parent never loads the decoder."""
    from coldreel.media.proxy import make_proxy

    make_proxy(source, destination, limits, hardware)
