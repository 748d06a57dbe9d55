"""Spaces in words: "text 0.6, tiny.look 0.3, tiny.sound 0.1"."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

from coldreel.errors import ProviderError, SettingsError
from coldreel.understand.contract import Provider
from coldreel.understand.spaces import TEXT, Block, Space, Template

_FORM = 'such as "text 0.6, tiny.look 0.3, tiny.sound 0.1"'


def parse(words: str, provider: Provider, open_provider: Callable[[str], Provider]) -> Space:
    """The space of blocks and weights that the words name; the provider's own where they are its name.

    Raises SettingsError for words that name no space, ProviderError for providers that cannot be used.
    """
    if words == provider.space.name:
        return provider.space
    makers = {provider.name: provider}
    blocks = []
    for part in words.split(","):
        name, weight = _parted(part, words)
        maker, dot, _ = name.partition(".")
        if name != TEXT and not dot:
            raise SettingsError(
                f"COLDREEL_SPACE (--space) names the block {name!r}; blocks are {TEXT}, or "
                f"a provider's, {_FORM}"
            )
        if name != TEXT and maker not in makers:
            makers[maker] = open_provider(maker)
        own = _block(name, provider, makers)
        blocks.append(replace(own, weight=weight))
    named = ", ".join(f"{block.name} {block.weight:g}" for block in blocks)
    versions = " ".join(f"{each.name}-{each.version}" for each in makers.values())
    embedder = provider.text.name if any(block.name == TEXT for block in blocks) else ""
    name = f"{named} ({' '.join(filter(None, [versions, embedder]))})"
    template = next((each.space.template for each in makers.values()), Template.DESCRIBED)
    return Space(name, tuple(blocks), template, provider.name, embedder)


def check(space: Space, provider: Provider, makers: Sequence[Provider]) -> None:
    """Raises ProviderError where what fills a space is not what filled it before."""
    offered = {block.measure for maker in makers for block in maker.space.blocks}
    for block in space.blocks:
        if block.name != TEXT and block.measure not in offered:
            raise ProviderError(
                f"The block {block.name} {block.version} of the space {space.name} is not measured here any "
                "more; `coldreel reembed` moves the catalogue to one that is"
            )
    if space.embedder and space.embedder != provider.text.name:
        raise ProviderError(
            f"The words of the space {space.name} are embedded by {space.embedder}, and {provider.name} now "
            f"uses {provider.text.name}; vectors of two models cannot be compared. Set the model as it was, "
            "or `coldreel reembed` moves the catalogue to the new one"
        )


def _block(name: str, provider: Provider, makers: dict[str, Provider]) -> Block:
    if name == TEXT:
        return Block(TEXT, provider.text.dimensions, 1.0)
    maker = makers[name.partition(".")[0]]
    offered = {block.name: block for block in maker.space.blocks if block.name != TEXT}
    if name not in offered:
        names = ", ".join([TEXT, *offered])
        raise SettingsError(f"COLDREEL_SPACE (--space) names the block {name!r}; {maker.name} offers {names}")
    return offered[name]


def _parted(part: str, words: str) -> tuple[str, float]:
    """The block and its weight."""
    try:
        name, weight = part.split()
        if not 0 < float(weight) < math.inf:
            raise ValueError(weight)
        return name, float(weight)
    except ValueError:
        raise SettingsError(
            f"COLDREEL_SPACE (--space) is {words!r}; it must be blocks with weights above zero, {_FORM}"
        ) from None
