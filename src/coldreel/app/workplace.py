"""This process as a worker: settings, store and decoder children put together."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from coldreel.app import wiring
from coldreel.errors import ProviderError
from coldreel.ingest.batching import Batcher
from coldreel.ingest.bench import Bench
from coldreel.ingest.interpreting import Interpreter
from coldreel.ingest.paying import SharedMeter
from coldreel.ingest.worker import Worker
from coldreel.ingest.workshop import Workshop
from coldreel.media.children import ChildPool
from coldreel.media.derived import DerivedFiles
from coldreel.media.whole_files import sweep
from coldreel.model import Stage
from coldreel.settings import Settings
from coldreel.store.store import Store
from coldreel.understand.choice import Chosen, Rooms
from coldreel.understand.contract import MaterialProvider, Provider

Choose = Callable[[Rooms], Chosen]
"""Picks who describes and places, of the providers that are installed."""


@dataclass(frozen=True, slots=True)
class Workplace:
    """uploads: the folder of files that were sent in"""

    settings: Settings
    store: Store
    derived: DerivedFiles
    uploads: Path

    def work(
        self,
        choose: Choose,
        done: Callable[[], bool],
        patient: bool = False,
        stages: tuple[Stage, ...] = tuple(Stage),
    ) -> bool:
        """Work on the ledger's rows of these stages until `done` says so, which is asked twice a second.

        False when the catalogue has moved to another space meanwhile. patient: wait where a budget is spent
        or a key refused; else raises BudgetReachedError and UnauthorisedError.
        """
        self.derived.sweep()
        sweep(self.uploads)
        stopping = threading.Event()
        meter = SharedMeter(self.store.calls, wiring.meter_rules(self.settings), stopping)
        with ChildPool(self.settings.workers, wiring.child_limits(self.settings)) as children:
            bench = self._bench(children, meter, choose, stopping)
            worker = Worker(Workshop(bench), wiring.worker_rules(self.settings, stages))
            services = bench.services()
            with Batcher(
                self.store, services, meter, wiring.batch_rules(), worker.give_up, lambda: worker.is_broke
            ):
                return worker.run(done, patient)

    def _bench(
        self, children: ChildPool, meter: SharedMeter, choose: Choose, stopping: threading.Event
    ) -> Bench:
        settings = self.settings
        rooms = Rooms(settings, meter)
        chosen = choose(rooms)
        return Bench(
            self.store,
            rooms,
            meter,
            chosen,
            self.store.spaces.serving()
            or self.store.spaces.settle(wiring.ensure_space(self.store, chosen.space)),
            Interpreter(
                children,
                settings.without_secrets(),
                wiring.decoding_rules(settings),
                wiring.recogniser(settings),
            ),
            self.derived,
            self.uploads,
            settings.batch,
            stopping,
        )


def check_batch(settings: Settings, provider: Provider) -> None:
    """Raises ProviderError where batches are asked for of a provider that takes none."""
    takes_batches = isinstance(provider, MaterialProvider) and provider.batches is not None
    if settings.batch and not takes_batches:
        raise ProviderError(
            f"Provider {provider.name} takes no batches as it is set up; leave out --batch (COLDREEL_BATCH). "
            "Gemini takes them with an API key, not through Vertex"
        )
