"""Which provider is used. Providers are found by entry points, so other packages can bring their own."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from coldreel.errors import ProviderError
from coldreel.model import Description, Given, Vector
from coldreel.settings import Settings
from coldreel.understand import imported, recipes
from coldreel.understand.contract import ENTRY_POINTS, Provider, Room, TextEmbedder
from coldreel.understand.metering import Meter, Unmetered
from coldreel.understand.spaces import TEXT, Space
from coldreel.understand.text import NOTHING_GIVEN, text_for

AUTO = "auto"
BY_MERIT = ("gemini", "openai", "huggingface", "tiny", "signals")
"""What `auto` tries, best first."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Who describes, where vectors live and who measures their blocks, and a sentence that says why."""

    provider: Provider
    text: TextEmbedder
    space: Space
    makers: tuple[Provider, ...]
    """Of the blocks of `space`, but for the text block."""
    why: str

    def place(
        self, blocks: Mapping[str, Vector], description: Description, given: Given = NOTHING_GIVEN
    ) -> Vector:
        """The item's vector in `space`: its measured blocks, and the embedded words that the template names.

        Blocks that the space lacks are left out. Raises ProviderError when nothing at all was measured.
        """
        names = {block.name for block in self.space.blocks}
        own = {name: block for name, block in blocks.items() if name in names}
        if TEXT in names:
            own[TEXT] = self.query(text_for(self.space.template, description, given))
        return self.space.combine(own)

    def query(self, words: str) -> Vector:
        """The text block of a query, of norm one; zero when no word is usable."""
        query: Vector = self.text.embed([words])[0]
        return query


class Rooms:
    """The providers that are installed, and what is needed to make them. Each is made once."""

    def __init__(self, settings: Settings, meter: Meter | None = None) -> None:
        self.settings = settings
        self.meter: Meter = meter or Unmetered()
        self._made: dict[str, Provider] = {}
        self._making = threading.RLock()

    def check(self) -> None:
        """Raises ProviderError where the settings name a provider that is not installed."""
        if self.settings.provider != AUTO:
            _room(self.settings.provider)

    def ready(self) -> list[str]:
        """The providers that can be used right now."""
        return [name for name in known() if self.lacks(name) is None]

    def lacks(self, name: str) -> str | None:
        """What has to be done before a provider can be used; None when it is ready."""
        try:
            return _room(name).lacks(self.settings)
        except ProviderError as error:
            return error.message
        except Exception as error:  # a package that another has written may raise anything
            return f"its package is broken ({type(error).__name__}: {error}); update or remove it"

    def open(self, name: str) -> Provider:
        """Raises ProviderError with what it lacks, or with the names known."""
        with self._making:
            if name not in self._made:
                room = _room(name)
                if (lacking := self.lacks(name)) is not None:
                    raise ProviderError(f"Provider {name} is not ready: {lacking}")
                self._made[name] = room.open(self.settings, self.meter)
            return self._made[name]

    def choose(self, catalogue: Mapping[str, Any] | None = None) -> Chosen:
        """The provider that the settings name, or with `auto` the one of the catalogue, or the best ready.

        catalogue: the recipe of the space that a catalogue lives in; its items stay with who made them
        Raises ProviderError.
        """
        if (
            catalogue is not None
            and catalogue["provider"] == imported.NAME
            and self.settings.provider == AUTO
        ):
            stand_in = imported.Imported(catalogue)
            why = f"nobody was taken: {imported.WHAT_TO_DO[0].lower()}{imported.WHAT_TO_DO[1:]}"
            return Chosen(stand_in, stand_in.text, stand_in.space, (), why)
        name, why = self._named(catalogue)
        provider = self.open(name)
        if self.settings.space is not None:
            space = recipes.parse(self.settings.space, provider, self.open)
        elif catalogue is not None and catalogue["provider"] == name:
            space = Space.from_recipe(catalogue)
        else:
            space = provider.space
        return self._with(provider, space, why)

    def of_space(self, space: Space) -> Chosen:
        """Who fills a space that is there. Raises ProviderError where its vectors could not be made alike."""
        if space.provider == imported.NAME:
            raise ProviderError(imported.WHAT_TO_DO)
        return self._with(self.open(space.provider), space, f"{space.provider} made the space {space.name}")

    def _with(self, provider: Provider, space: Space, why: str) -> Chosen:
        makers = tuple(provider if name == provider.name else self.open(name) for name in space.makers)
        recipes.check(space, provider, makers)
        return Chosen(provider, provider.text, space, makers, why)

    def _named(self, catalogue: Mapping[str, Any] | None) -> tuple[str, str]:
        name = self.settings.provider
        if name != AUTO:
            return name, f"{name} was taken: it was asked for"
        if catalogue is not None:
            name = str(catalogue["provider"])
            return name, f"{name} was taken: the catalogue was made with it"
        entries = known()
        name = next((best for best in BY_MERIT if best in entries and self.lacks(best) is None), AUTO)
        return name, " ".join(
            filter(None, [f"{name} was taken: {_MERITS.get(name, '')}.", self._advice(name)])
        )

    def _advice(self, name: str) -> str:
        """The one command that makes the choice better, where there is one."""
        if name == "signals" and "tiny" in known():
            return f"To have things and sounds recognised: {self.lacks('tiny')}"
        return ""


_MERITS = {
    "gemini": "its key or project is set",
    "openai": "its model is set",
    "huggingface": "its model is set",
    "tiny": "its small models are on disk",
    "signals": "it needs no model, key or network, and nothing better is set up",
}


def known() -> dict[str, EntryPoint]:
    """The providers installed here, by name; nothing is loaded."""
    return {entry.name: entry for entry in sorted(entry_points(group=ENTRY_POINTS))}


def _room(name: str) -> Room:
    entries = known()
    if name not in entries:
        may_be = f"COLDREEL_PROVIDER or --provider may be {', '.join([AUTO, *entries])}"
        raise ProviderError(
            f"There is no provider {name}; {may_be if entries else 'nor any other: install coldreel again'}"
        )
    try:
        room: Room = entries[name].load()
    except Exception as error:  # of a package that another has written
        raise ProviderError(f"Provider {name} cannot be loaded: {type(error).__name__}: {error}") from error
    return room
