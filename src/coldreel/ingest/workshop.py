"""What a worker does with one claim: from a source to a published item, from an item to its rendition."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from coldreel.errors import DeletedError, RenderTooSlowError, TooSlowError, UnreadableError
from coldreel.ingest.fetching import content_hash, folder_name, is_remote, local_file
from coldreel.ingest.grouping import group
from coldreel.ingest.preparation import Prepared, prepare, render
from coldreel.ingest.receiving import check_kept, discard
from coldreel.media.derived import DerivedFiles
from coldreel.media.limits import Limits
from coldreel.model import Given, Playback, Stage
from coldreel.store.items import KnownBytes, Serving
from coldreel.store.ledger import Claim
from coldreel.store.sources import given_from_json
from coldreel.store.store import Store
from coldreel.store.vectors import StoredSpace

Result = TypeVar("Result")


class Children(Protocol):
    """Where hostile files are decoded: not in this process."""

    def run(self, function: Callable[..., Result], *args: Any, seconds: float) -> Result:
        """Call an importable function in a child; raises what it raised, or how the child died."""
        ...

    def close(self) -> None:
        """End all children now, whatever they are at."""
        ...


@dataclass(frozen=True, slots=True)
class DecodingRules:
    limits: Limits
    decode_seconds: float = 120.0
    """Wall-clock limit for decoding and understanding one file."""
    render_seconds: float = 3600.0
    """Wall-clock limit for coding one anew, which takes many times its length where pictures are large."""
    hardware: bool = False
    """Decode on a device, where there is one that decodes as the processor does."""


@dataclass(frozen=True, slots=True)
class Workshop:
    """All that one piece of work needs."""

    store: Store
    space: StoredSpace
    children: Children
    derived: DerivedFiles
    received: Path
    """The folder of files that were sent in."""
    provider: str
    rules: DecodingRules

    def do(self, claim: Claim) -> None:
        """Do the work and end the claim as ready; raises what went wrong with nothing written."""
        match claim.stage:
            case Stage.WATCH:
                self._watch(claim)
            case Stage.RENDER:
                self._render(claim)

    def discard(self, claim: Claim) -> None:
        """Keep nothing of a file that was sent in and is of no use.

        That of an item stays: it may be refused today by limits that were wider when it came.
        """
        if claim.source is not None and claim.uri and not self.store.sources.has_item(claim.source):
            discard(self.received, claim.uri)

    def _watch(self, claim: Claim) -> None:
        assert claim.uri is not None  # a row of this stage has a source
        check_kept(self.received, claim.uri)
        given = given_from_json(claim.given)
        with local_file(claim.uri, self.rules.limits.max_bytes, self.derived.root) as path:
            digest = content_hash(path)
            known = self.store.items.by_hash(digest, self.space.id)
            if known is not None and known.deleted:
                raise DeletedError
            # Bytes from elsewhere are always taken in whole: what is served of them must lie here.
            if known and given == Given() and not is_remote(claim.uri) and self._lacks_nothing(known, digest):
                self._join(claim, known.id)
            else:
                self._take_in(claim, path, digest, given)

    def _lacks_nothing(self, known: KnownBytes, digest: bytes) -> bool:
        return known.embedded and self.derived.are_there(digest, known.playback == "rendition")

    def _join(self, claim: Claim, item: int) -> None:
        """The bytes are those of an item that lacks nothing."""
        assert claim.source is not None
        with self.store.ledger.fenced(claim):
            self.store.items.hold(item)
            self.store.sources.set_item(claim.source, item)
            self.store.queue.render([item])

    def _take_in(self, claim: Claim, path: Path, digest: bytes, given: Given) -> None:
        assert claim.uri is not None
        rules = self.rules
        with self.derived.draft(digest) as draft:
            prepared = self.children.run(
                prepare, path, draft, given, self.provider, rules.limits, rules.hardware,
                seconds=rules.decode_seconds,
            )  # fmt: skip
            if prepared.playback is Playback.AS_IS and is_remote(claim.uri):
                shutil.copyfile(path, draft)  # what is served must not depend on a bucket's answer
            self._publish(claim, digest, prepared, given, draft)

    def _publish(self, claim: Claim, digest: bytes, prepared: Prepared, given: Given, draft: Path) -> None:
        """Write all in one transaction, the derived files at its end: an item that was deleted gets none."""
        assert claim.source is not None and claim.uri is not None
        store = self.store
        playback = self._playback(prepared.playback, draft, self.derived.rendition(digest))
        with store.ledger.fenced(claim):
            creator = folder_name(claim.uri)
            item = store.items.put(digest, prepared.facts, given, creator, playback).id
            store.items.describe(item, prepared.description, prepared.words)
            store.vectors(self.space).put(item, prepared.vector, prepared.text_norm)
            store.sources.set_item(claim.source, item)
            group(store, item, prepared.fingerprint)
            store.queue.render([item])
            self.derived.put_pictures(digest, prepared.poster, prepared.strip)
            if draft.exists():
                self.derived.put_rendition(digest, draft)

    def _render(self, claim: Claim) -> None:
        assert claim.item is not None  # a row of this stage has an item
        digest = self.store.items.hash_of(claim.item)
        if digest is None or claim.uri is None:
            raise UnreadableError("The item has no file any more; it is made playable when the file is back")
        with self.derived.draft(digest) as draft:
            with local_file(claim.uri, self.rules.limits.max_bytes, self.derived.root) as path:
                if content_hash(path) != digest:
                    raise UnreadableError(
                        "The file has changed since it was listed; `coldreel ingest` it again"
                    )
                self._code_anew(path, draft)
            with self.store.ledger.fenced(claim):
                self.store.items.set_playback(claim.item, "rendition")
                self.derived.put_rendition(digest, draft)

    def _code_anew(self, path: Path, draft: Path) -> None:
        rules = self.rules
        try:
            self.children.run(render, path, draft, rules.limits, seconds=rules.render_seconds)
        except TooSlowError:
            raise RenderTooSlowError(
                f"Coding it anew for browsers took longer than the limit of {rules.render_seconds:g} s "
                "(COLDREEL_RENDER_SECONDS)."
            ) from None

    @staticmethod
    def _playback(decided: Playback, draft: Path, rendition: Path) -> Serving:
        if draft.exists() or rendition.exists():
            return "rendition"
        return "pending" if decided is Playback.TRANSCODE else "source"
