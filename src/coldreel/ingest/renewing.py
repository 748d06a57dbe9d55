"""An item is described anew, or placed in another space."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from coldreel.errors import ProviderError, UnreadableError, WorkError
from coldreel.ingest.bench import Bench
from coldreel.ingest.fetching import content_hash, local_file
from coldreel.ingest.interpreting import Interpretation
from coldreel.model import Vector
from coldreel.store.ledger import Claim
from coldreel.store.vectors import StoredSpace
from coldreel.understand.ahead import Ahead
from coldreel.understand.choice import Chosen
from coldreel.understand.contract import Provider
from coldreel.understand.spaces import TEXT, Space
from coldreel.understand.text import text_for, text_of


def describe(bench: Bench, claim: Claim) -> None:
    """Another description, by the provider that the claim names; the older one stays as history."""
    assert claim.item is not None
    store, item = bench.store, claim.item
    kept = _blocks(bench, bench.space, item)
    # What has no vector yet, after a move without it, gets its blocks by the way.
    looked = _look(bench, claim, bench.describer(claim), bench.chosen.makers if kept is None else ())
    described, given = looked.description, store.items.given(item)
    assert described is not None  # its describer was asked
    vector = bench.chosen.place(looked.blocks if kept is None else kept, described, given)
    with store.ledger.fenced(claim):
        store.spaces.hold(bench.space)
        store.items.hold(item)
        store.items.describe(item, described, text_of(described, given))
        store.vectors(bench.space).put_anew(item, vector, bench.chosen.space.text_norm(vector))


def embed(bench: Bench, claim: Claim) -> None:
    """A vector in the space that the claim names, of the description that is current."""
    assert claim.item is not None
    store, item = bench.store, claim.item
    target, chosen = bench.target(claim)
    current, given = store.items.description(item), store.items.given(item)
    vector = chosen.place(_measured(bench, claim, chosen), current.description, given)
    with store.ledger.fenced(claim):
        store.items.hold(item)
        if store.items.description(item).id != current.id:
            raise WorkError("The item was described anew meanwhile; it is tried again")
        store.vectors(target).put(item, vector, chosen.space.text_norm(vector))


def needs_words_alone(bench: Bench, claim: Claim) -> bool:
    """Whether the space that a claim names has no block that would have to be measured."""
    try:
        _, chosen = bench.target(claim)
    except ProviderError:  # which is said when it is placed
        return False
    known = {block.measure for block in Space.from_recipe(bench.space.recipe).blocks}
    return all(block.name == TEXT or block.measure in known for block in chosen.space.blocks)


def expect(bench: Bench, claims: Sequence[Claim]) -> None:
    """Embed the words of these items, all of stage `embed`, in one go, before they are placed one by one."""
    for claim in claims[:1]:  # all are on their way to one space, or else the others ask by themselves
        _, chosen = bench.target(claim)
        if isinstance(chosen.text, Ahead):
            chosen.text.expect(_words(bench, chosen, claims))


def _words(bench: Bench, chosen: Chosen, claims: Sequence[Claim]) -> Iterator[str]:
    for claim in claims:
        assert claim.item is not None
        said, given = bench.store.items.description(claim.item), bench.store.items.given(claim.item)
        yield text_for(chosen.space.template, said.description, given)


def _measured(bench: Bench, claim: Claim, chosen: Chosen) -> Mapping[str, Vector]:
    """The blocks of a space: taken over from the one that serves where it has the same, else measured."""
    assert claim.item is not None
    kept = _blocks(bench, bench.space, claim.item)
    serving = Space.from_recipe(bench.space.recipe)
    known = {block.measure for block in serving.blocks} if kept is not None else set()
    lacking = {
        block.name for block in chosen.space.blocks if block.name != TEXT and block.measure not in known
    }
    if not lacking:  # what is missing then is missing in the video
        return kept or {}
    if bench.store.awaited.has(claim.item):  # its words alone place it, until its file comes
        return kept or {}
    makers = [maker for maker in chosen.makers if any(_maker(name) == maker.name for name in lacking)]
    return {**(kept or {}), **_look(bench, claim, None, makers).blocks}


def _maker(block: str) -> str:
    return block.partition(".")[0]


def _blocks(bench: Bench, space: StoredSpace, item: int) -> dict[str, Vector] | None:
    """The blocks of an item in a space, without that of its words; None where it has no vector there."""
    stored = bench.store.vectors(space).of([item]).get(item)
    if stored is None:
        return None
    blocks = Space.from_recipe(space.recipe).blocks_of(stored)
    return {name: block for name, block in blocks.items() if name != TEXT}


def _look(
    bench: Bench, claim: Claim, describer: Provider | None, makers: Sequence[Provider]
) -> Interpretation:
    digest, uri = bench.bytes_of(claim)
    root = bench.derived.root
    root.mkdir(parents=True, exist_ok=True)
    with local_file(uri, bench.rules.limits.max_bytes, root) as path:
        if content_hash(path) != digest:
            raise UnreadableError("The file has changed since it was listed; `coldreel ingest` it again")
        return bench.interpreter.look_again(path, root, (digest, uri), describer, makers)
