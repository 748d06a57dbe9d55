"""Proxies of many videos: one folder becomes another, file by file, and what is done is not done again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath

from coldreel.errors import ColdreelError, RejectedError, SourceError
from coldreel.ingest.decoding import Children, DecodingRules
from coldreel.ingest.fetching import content_hash, file_name, is_remote, local_file
from coldreel.ingest.listing import Source
from coldreel.media.limits import Limits
from coldreel.media.whole_files import sweep, whole

_HASH_DIGITS = 12
"""Of the content hash in a proxy's name: 48 bits."""
_LONGEST_STEM = 200
"""Bytes of a source's name in a proxy's: file systems take 255 in all."""


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
        uris = [listing.uri for listing in source.listings()]
        if any(source.finds(place_of(uri, source.prefix, destination, b"")) for uri in uris):
            raise SourceError(
                f"{destination} lies within the source: proxies would become sources; name another folder"
            )
        _make_folder(destination)
        sweep(destination)
        on_listed(len(uris))
        with ThreadPoolExecutor(self.side_by_side) as pool:
            waiting = [pool.submit(self._one, uri, source.prefix, destination) for uri in uris]
            try:
                for done in as_completed(waiting):
                    yield done.result()
            except BaseException:  # Ctrl-C: what is in hand is given up
                for each in waiting:
                    each.cancel()
                self.children.close()
                raise

    def _one(self, uri: str, prefix: str, destination: Path) -> Proxied:
        try:
            with local_file(uri, self.rules.limits.max_bytes, destination) as path:
                proxy = place_of(uri, prefix, destination, content_hash(path))
                before = path.stat().st_size
                if proxy.exists():
                    return Proxied(uri, ProxyState.THERE, proxy, before, proxy.stat().st_size)
                self._make(path, proxy)
                return Proxied(uri, ProxyState.MADE, proxy, before, proxy.stat().st_size)
        except RejectedError as error:
            return Proxied(uri, ProxyState.REJECTED, None, reason=error.message)
        except ColdreelError as error:
            return Proxied(uri, ProxyState.FAILED, None, reason=error.message)
        except OSError as error:
            return Proxied(uri, ProxyState.FAILED, None, reason=f"{error.filename}: {error.strerror}")

    def _make(self, path: Path, proxy: Path) -> None:
        rules = self.rules
        proxy.parent.mkdir(parents=True, exist_ok=True)
        with whole(proxy) as part:  # not in the child, which may be killed in the middle of it
            self.children.run(
                write_proxy, path, part, rules.limits, rules.hardware, seconds=rules.decode_seconds
            )


def _make_folder(destination: Path) -> None:
    try:
        destination.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SourceError(f"{destination} cannot be made: {error.strerror}; name another folder") from None


def place_of(uri: str, prefix: str, destination: Path, digest: bytes) -> Path:
    """Where the proxy of a source lies: in its folder below the prefix, under its name and hash."""
    below = uri.removeprefix(prefix)
    below = below.partition("?")[0] if is_remote(uri) else below  # the rest may be a signature
    folders = [part for part in PurePosixPath(below).parent.parts if part not in ("/", "..")]
    stem = PurePosixPath(file_name(uri)).stem.encode()[:_LONGEST_STEM].decode(errors="ignore")
    return destination.joinpath(*folders, f"{stem}.{digest.hex()[:_HASH_DIGITS]}.mp4")


def write_proxy(source: Path, destination: Path, limits: Limits, hardware: bool) -> None:
    """To be run in a child: the parent never loads the decoder."""
    from coldreel.media.proxy import make_proxy

    make_proxy(source, destination, limits, hardware)
