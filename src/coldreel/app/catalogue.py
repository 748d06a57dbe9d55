"""An opened catalogue: its settings, its database, and the providers that are at hand."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from coldreel.app import wiring
from coldreel.app.reviving import Reviver
from coldreel.ingest.paying import SharedMeter
from coldreel.media.derived import DerivedFiles
from coldreel.recommend.recommendations import Recommendations
from coldreel.settings import Settings
from coldreel.store.store import Store
from coldreel.understand.choice import Chosen, Rooms


class Catalogue:
    """To be used in a `with` statement.

    data_dir: where the embedded database and derived files are kept; settings: as in `Settings`
    """

    def __init__(self, data_dir: str | Path | None = None, **settings: Any) -> None:
        self.settings = Settings.load(data_dir=data_dir, **settings)
        self._exit = ExitStack()

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The same from settings that were loaded before."""
        reel = cls.__new__(cls)
        reel.settings, reel._exit = settings, ExitStack()
        return reel

    def __enter__(self) -> Self:
        """Open the database, started where need be. Raises DatabaseError and ProviderError."""
        with ExitStack() as stack:
            url = self.settings.database_url or stack.enter_context(wiring.embedded_server(self.settings))
            if not self.settings.database_url:
                stack.enter_context(Reviver(self.settings))
            rules, connections = wiring.ledger_rules(self.settings), wiring.pool_size(self.settings)
            self.store = stack.enter_context(Store.open(url, rules, connections))
            self.rooms = Rooms(self.settings, self._meter(wiring.QUERY_PATIENCE_S))
            self.rooms.check()
            self.recommendations: Recommendations = wiring.recommendations(
                self.settings, self.store, self.rooms
            )
            self._exit = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._exit.__exit__(kind, error, trace)

    @property
    def chosen(self) -> Chosen:
        """Who describes and places what is taken in. Raises ProviderError."""
        return self._choose(self.rooms)

    def _choose(self, rooms: Rooms) -> Chosen:
        serving = self.store.spaces.serving()
        chosen = rooms.choose(None if serving is None else serving.recipe)
        wiring.check_space(serving, chosen)
        return chosen

    def _meter(self, patience_s: float | None = None) -> SharedMeter:
        rules = wiring.meter_rules(self.settings, patience_s)
        return SharedMeter(self.store.calls, rules, threading.Event())

    @property
    def derived(self) -> DerivedFiles:
        return DerivedFiles(self.settings.data_dir.resolve() / "media")

    @property
    def uploads(self) -> Path:
        """Where files that were sent in are kept."""
        return self.settings.data_dir.resolve() / "uploads"
