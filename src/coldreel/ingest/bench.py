"""The bench: what every kind of work on a video needs."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field, replace
from pathlib import Path

from coldreel.errors import ProviderError, UnreadableError
from coldreel.ingest.batching import InBatches
from coldreel.ingest.decoding import Children, DecodingRules
from coldreel.ingest.interpreting import Interpreter
from coldreel.ingest.paying import SharedMeter
from coldreel.media.derived import DerivedFiles
from coldreel.store.ledger import Claim
from coldreel.store.store import Store
from coldreel.store.vectors import StoredSpace
from coldreel.understand.ahead import Ahead
from coldreel.understand.choice import Chosen, Rooms
from coldreel.understand.contract import BatchService, MaterialProvider, Provider
from coldreel.understand.spaces import Space

log = logging.getLogger("coldreel.worker")


@dataclass(frozen=True, slots=True)
class Bench:
    """stopping: set when no more work is taken and whoever waits is to give up."""

    store: Store
    rooms: Rooms
    meter: SharedMeter
    chosen: Chosen
    """Who describes and places what nobody has said otherwise of."""
    space: StoredSpace
    """The space of `chosen` in the database, which serves."""
    interpreter: Interpreter
    derived: DerivedFiles
    received: Path
    """The folder of files that were sent in."""
    batch: bool = False
    """Ask in batches where the provider offers that."""
    stopping: threading.Event = field(default_factory=threading.Event)
    _fillers: dict[int, Chosen] = field(default_factory=dict, init=False, repr=False)
    _can_fill: dict[int, bool] = field(default_factory=dict, init=False, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    @property
    def children(self) -> Children:
        return self.interpreter.children

    @property
    def rules(self) -> DecodingRules:
        return self.interpreter.rules

    def describer(self, claim: Claim) -> Provider:
        """Who is to describe. Raises ProviderError."""
        named = claim.params.get("provider", self.chosen.provider.name)
        provider = self.chosen.provider if named == self.chosen.provider.name else self.rooms.open(named)
        if self.batch and isinstance(provider, MaterialProvider) and provider.batches is not None:
            return InBatches(provider, provider.batches, self.meter, self.store)
        return provider

    def services(self) -> dict[str, BatchService]:
        """Who answers in batches here; asked of what was sent before, too."""
        found = {}
        for name in self.rooms.ready():
            try:
                provider = self.rooms.open(name)
                service = provider.batches if isinstance(provider, MaterialProvider) else None
            except Exception as error:  # of a provider that nobody has asked for
                log.warning("provider %s cannot be asked for batches: %s", name, error)
                continue
            if service is not None:
                found[name] = service
        return found

    def target(self, claim: Claim) -> tuple[StoredSpace, Chosen]:
        """The space that an item is to be placed in, and who fills it. Raises ProviderError."""
        space = self.store.spaces.of(claim.params["space"])
        if space is None:
            raise ProviderError("The space to move to is there no more; `coldreel reembed` makes it again")
        with self._lock:  # else one would take away what another has embedded ahead
            if space.id not in self._fillers:
                chosen = self.rooms.of_space(Space.from_recipe(space.recipe))
                self._fillers[space.id] = replace(chosen, text=Ahead(chosen.text))
        return space, self._fillers[space.id]

    def fillable(self) -> list[int]:
        """The spaces that can be filled here, as this worker is set up."""
        spaces = self.store.spaces.all()
        for space in spaces:
            if space.id not in self._can_fill:
                self._can_fill[space.id] = self._could_fill(space)
        return [space.id for space in spaces if self._can_fill[space.id]]

    def _could_fill(self, space: StoredSpace) -> bool:
        try:
            self.rooms.of_space(Space.from_recipe(space.recipe))
        except Exception as error:  # of a recipe or a provider that another has written
            log.info("the space %s is not filled here: %s", space.name, error)
            return False
        return True

    def bytes_of(self, claim: Claim) -> tuple[bytes, str]:
        """Content hash and address of an item's file. Raises UnreadableError where there is none."""
        assert claim.item is not None  # a row of such a stage has an item
        digest = self.store.items.hash_of(claim.item)
        if digest is None or claim.uri is None:
            raise UnreadableError("The item has no file any more; it goes on when the file is back")
        return digest, claim.uri
