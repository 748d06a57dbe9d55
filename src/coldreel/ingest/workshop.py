"""What a worker does with one claim, by its stage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from coldreel.errors import RenderTooSlowError, TooSlowError, UnreadableError
from coldreel.ingest import publishing, renewing
from coldreel.ingest.bench import Bench
from coldreel.ingest.fetching import content_hash, local_file
from coldreel.ingest.preparation import render
from coldreel.ingest.receiving import discard
from coldreel.model import Stage
from coldreel.store.ledger import Claim


@dataclass(frozen=True, slots=True)
class Workshop:
    bench: Bench

    def do(self, claim: Claim) -> None:
        """Do the work and end the claim as ready; raises what went wrong with nothing written."""
        match claim.stage:
            case Stage.WATCH:
                publishing.watch(self.bench, claim)
            case Stage.RENDER:
                _render(self.bench, claim)
            case Stage.DESCRIBE:
                renewing.describe(self.bench, claim)
            case Stage.EMBED:
                renewing.embed(self.bench, claim)

    def is_cheaper_together(self, claim: Claim) -> bool:
        """Whether items that are to be placed need nothing but their words embedded."""
        return renewing.needs_words_alone(self.bench, claim)

    def expect(self, claims: Sequence[Claim]) -> None:
        """Do together what is cheaper so, before these are done one by one. Raises what went wrong."""
        if claims and claims[0].stage == Stage.EMBED:
            renewing.expect(self.bench, claims)

    def discard(self, claim: Claim) -> None:
        """Keep nothing of a file that was sent in and is of no use.

        That of an item stays: it may be refused today by limits that were wider when it came.
        """
        store = self.bench.store
        if claim.source is not None and claim.uri and not store.sources.has_item(claim.source):
            discard(self.bench.received, claim.uri)


def _render(bench: Bench, claim: Claim) -> None:
    """Make the rendition of an item."""
    assert claim.item is not None  # a row of this stage has an item
    digest, uri = bench.bytes_of(claim)
    rules = bench.rules
    with bench.derived.draft(digest) as draft:
        with local_file(uri, rules.limits.max_bytes, bench.derived.root) as path:
            if content_hash(path) != digest:
                raise UnreadableError("The file has changed since it was listed; `coldreel ingest` it again")
            try:
                bench.children.run(render, path, draft, rules.limits, seconds=rules.render_seconds)
            except TooSlowError:
                raise RenderTooSlowError(
                    f"Coding it anew for browsers took longer than the limit of {rules.render_seconds:g} s "
                    "(COLDREEL_RENDER_SECONDS)."
                ) from None
        with bench.store.ledger.fenced(claim):
            bench.store.items.set_playback(claim.item, "rendition")
            bench.derived.put_rendition(digest, draft)
