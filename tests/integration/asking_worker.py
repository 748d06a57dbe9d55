"""Workers whose children decode nothing: the bytes of a file are the small video that Gemini is shown.

As a script it is one of many: python asking_worker.py DATABASE_URL FOLDER, with settings in the environment.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from store_rows import FACTS

from coldreel.app import wiring
from coldreel.errors import ColdreelError
from coldreel.ingest.batching import Batcher, BatchRules
from coldreel.ingest.bench import Bench
from coldreel.ingest.decoding import DecodingRules
from coldreel.ingest.interpreting import Interpreter
from coldreel.ingest.paying import SharedMeter
from coldreel.ingest.preparation import Prepared, Seen, Wanted, prepare
from coldreel.ingest.worker import Worker, WorkerRules
from coldreel.ingest.workshop import Workshop
from coldreel.media.derived import DerivedFiles
from coldreel.media.likeness import COLUMNS, ROWS, Fingerprint
from coldreel.media.limits import Limits
from coldreel.model import Listing, Material, Playback
from coldreel.settings import Settings
from coldreel.store.ledger import LedgerRules
from coldreel.store.store import Store
from coldreel.understand.choice import Rooms

SLOTS = 4
LEDGER = LedgerRules(lease_s=5.0, pause_s=0.05)
QUICK_BATCHES = BatchRules(poll_s=0.05, recover_s=0.5, look_s=0.05)


class AskingChildren:
    """Hand out a file's bytes as its proxy."""

    def run(self, function: Callable[..., Any], *args: Any, seconds: float) -> Any:
        path, _, wanted, *_ = args
        seen = self._seen(path, wanted)
        if function is not prepare:
            return seen
        picture = np.zeros((1, ROWS, COLUMNS), np.uint8)
        return Prepared(FACTS, b"poster", b"strip", seen, Fingerprint(picture), Playback.AS_IS)

    def close(self) -> None: ...

    @staticmethod
    def _seen(path: Path, wanted: Wanted) -> Seen:
        material = Material(b"", FACTS, video=path.read_bytes()) if wanted.takes else None
        return Seen(None, {}, material)


@dataclass
class Works:
    """A worker on a store, with its batches."""

    store: Store
    folder: Path
    settings: Settings
    stopping: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.meter = SharedMeter(self.store.calls, wiring.meter_rules(self.settings), self.stopping)
        rooms = Rooms(self.settings, self.meter)
        active = self.store.spaces.active()
        chosen = rooms.choose(None if active is None else active.recipe)
        self.bench = Bench(
            self.store, rooms, self.meter, chosen, active or wiring.ensure_space(self.store, chosen.space),
            Interpreter(AskingChildren(), self.settings.without_secrets(), DecodingRules(Limits())),
            DerivedFiles(self.folder / "media"), self.folder / "uploads", self.settings.batch, self.stopping,
        )  # fmt: skip

    def batcher(self, give_up: Callable[[ColdreelError], None] = lambda _: None) -> Batcher:
        return Batcher(self.store, self.bench.services(), self.meter, QUICK_BATCHES, give_up)

    def worker(self) -> Worker:
        return Worker(Workshop(self.bench), WorkerRules(SLOTS, poll_s=0.05, room_s=0.05))

    def until_done(self) -> None:
        """Raises what ends the work before all is done."""
        with self.batcher():
            self.worker().run(lambda: not self.store.ledger.has_open(), patient=False)

    def until_parked(self) -> None:
        """Until all that is left waits for answers; nothing is sent."""
        self.worker().run(lambda: not self.store.ledger.busy(["gemini"]), patient=False)


def films(store: Store, folder: Path, count: int) -> list[bytes]:
    """So many different files, enlisted; returns their bytes."""
    folder.mkdir(exist_ok=True)
    contents = [f"film {number}".encode() for number in range(count)]
    paths = [folder / f"{number}.mp4" for number in range(count)]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)
    store.sources.enlist([Listing(str(path), "1") for path in paths])
    return contents


def main() -> None:
    url, folder = sys.argv[1:]
    with Store.open(url, LEDGER) as store:
        Works(store, Path(folder), Settings.load()).until_done()


if __name__ == "__main__":
    main()
