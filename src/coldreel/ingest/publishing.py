"""From a source to a published item: watch it, or find that its bytes are known."""

from __future__ import annotations

import shutil
from pathlib import Path

from coldreel.errors import DeletedError
from coldreel.ingest.attaching import Kept, find, put, stays
from coldreel.ingest.bench import Bench
from coldreel.ingest.fetching import content_hash, folder_name, is_remote, local_file
from coldreel.ingest.grouping import group
from coldreel.ingest.interpreting import Interpretation
from coldreel.ingest.preparation import Prepared
from coldreel.ingest.receiving import check_kept
from coldreel.model import Given, Playback
from coldreel.store.items import KnownBytes, Serving
from coldreel.store.ledger import Claim
from coldreel.store.sources import given_from_json
from coldreel.understand.text import text_of


def watch(bench: Bench, claim: Claim) -> None:
    """Do it and end the claim as ready; raises what went wrong with nothing written."""
    assert claim.uri is not None  # a row of this stage has a source
    check_kept(bench.received, claim.uri)
    given = given_from_json(claim.given)
    with local_file(claim.uri, bench.rules.limits.max_bytes, bench.derived.root) as path:
        digest = content_hash(path)
        known = bench.store.items.by_hash(digest, bench.space.id)
        if known is not None and known.deleted:
            raise DeletedError
        if known and _is_done(bench, claim, known, digest, given):
            _join(bench, claim, known.id)
        else:
            _take_in(bench, claim, path, digest, given, find(bench, claim, known))


def _is_done(bench: Bench, claim: Claim, known: KnownBytes, digest: bytes, given: Given) -> bool:
    """Whether there is nothing to add to an item. Bytes from elsewhere are always taken in whole: what is
    served of them must lie here."""
    asks_for_nothing = given == Given() and "provider" not in claim.params and not is_remote(claim.uri or "")
    lacks_nothing = known.embedded and bench.derived.are_there(digest, known.playback == "rendition")
    return asks_for_nothing and lacks_nothing


def _join(bench: Bench, claim: Claim, item: int) -> None:
    """The bytes are those of an item that lacks nothing."""
    assert claim.source is not None
    with bench.store.ledger.fenced(claim):
        bench.store.items.hold(item)
        bench.store.sources.set_item(claim.source, item)
        bench.store.queue.render([item])


def _take_in(bench: Bench, claim: Claim, path: Path, digest: bytes, given: Given, kept: Kept | None) -> None:
    """kept: the item whose words stay as they are"""
    assert claim.uri is not None
    describer = None if kept else bench.describer(claim)
    with bench.derived.draft(digest) as draft:
        prepared, understood = bench.interpreter.prepare(
            path, draft, (digest, claim.uri), describer, bench.chosen.makers
        )
        if prepared.playback is Playback.AS_IS and is_remote(claim.uri):
            shutil.copyfile(path, draft)  # what is served must not depend on a bucket's answer
        _publish(bench, claim, digest, prepared, understood, given, draft, kept)


def _publish(
    bench: Bench,
    claim: Claim,
    digest: bytes,
    prepared: Prepared,
    understood: Interpretation,
    given: Given,
    draft: Path,
    kept: Kept | None,
) -> None:
    """Write all in one transaction, the derived files at its end: an item that was deleted gets none."""
    assert claim.source is not None and claim.uri is not None
    store = bench.store
    words = store.items.description(kept.item).description if kept else understood.description
    assert words is not None  # its describer was asked
    vector = None if stays(bench) else bench.chosen.place(understood.blocks, words, given)
    playback = _playback(prepared.playback, draft, bench.derived.rendition(digest))
    row = (digest, prepared.facts, given, folder_name(claim.uri), playback)
    with store.ledger.fenced(claim):
        store.spaces.hold(bench.space)
        item = put(store, kept, *row) if kept else store.items.put(*row).id
        if kept is None or given != Given():
            store.items.describe(item, words, text_of(words, given))
        if vector is not None:
            store.vectors(bench.space).put_anew(item, vector, bench.chosen.space.text_norm(vector))
        store.sources.set_item(claim.source, item)
        group(store, item, prepared.fingerprint)
        store.queue.render([item])
        bench.derived.put_pictures(digest, prepared.poster, prepared.strip)
        if draft.exists():
            bench.derived.put_rendition(digest, draft)


def _playback(decided: Playback, draft: Path, rendition: Path) -> Serving:
    if draft.exists() or rendition.exists():
        return "rendition"
    return "pending" if decided is Playback.TRANSCODE else "source"
