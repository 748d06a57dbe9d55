"""Which provider is used. Providers are found by entry points, so other packages can bring their own."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points

from coldreel.errors import ProviderError
from coldreel.model import Given, Understanding, Vector
from coldreel.understand.contract import ENTRY_POINTS, Provider, TextEmbedder
from coldreel.understand.spaces import TEXT, Space
from coldreel.understand.text import NOTHING_GIVEN, text_for

AUTO = "auto"
BY_MERIT = ("signals",)
"""What `auto` tries, best first."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A provider with its text embedder and space, and a sentence that says why it was taken."""

    provider: Provider
    text: TextEmbedder
    space: Space
    why: str

    def place(self, understanding: Understanding, given: Given = NOTHING_GIVEN) -> Vector:
        """The item's vector in `space`: the measured blocks, and the embedded words that its template names.

        Raises ProviderError when nothing at all was measured.
        """
        words = text_for(self.space.template, understanding.description, given)
        return self.space.combine({**understanding.blocks, TEXT: self.text.embed([words])[0]})

    def query(self, words: str) -> Vector:
        """The text block of a query, of norm one; zero when no word is usable."""
        query: Vector = self.text.embed([words])[0]
        return query


def known() -> dict[str, EntryPoint]:
    """The providers installed here, by name; nothing is loaded."""
    return {entry.name: entry for entry in sorted(entry_points(group=ENTRY_POINTS))}


def choose(name: str = AUTO) -> Chosen:
    """The provider of that name, or with `auto` the best that is set up.

    Raises ProviderError with the names known, or why one cannot be loaded.
    """
    entries = known()
    if name == AUTO:
        name = next((best for best in BY_MERIT if best in entries), AUTO)
        why = f"{name} was taken: it needs no model, key or network, and nothing better is set up"
    else:
        why = f"{name} was taken: it was asked for"
    if name not in entries:
        may_be = f"COLDREEL_PROVIDER or --provider may be {', '.join([AUTO, *entries])}"
        raise ProviderError(
            f"There is no provider {name}; {may_be if entries else 'nor any other: install coldreel again'}"
        )
    try:
        provider: Provider = entries[name].load()()
    except ImportError as error:
        raise ProviderError(f"Provider {name} cannot be loaded: {error}") from error
    return Chosen(provider, provider.text, provider.space, why)
