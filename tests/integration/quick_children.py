"""Decoder children for tests of what surrounds them: nothing is decoded."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from store_rows import FACTS, OBSERVED, SPACE, directions, space_of

from coldreel.ingest.bench import Bench
from coldreel.ingest.decoding import DecodingRules
from coldreel.ingest.interpreting import Interpreter
from coldreel.ingest.paying import MeterRules, SharedMeter
from coldreel.ingest.preparation import Prepared, Seen, prepare, render
from coldreel.ingest.workshop import Workshop
from coldreel.media.derived import DerivedFiles
from coldreel.media.likeness import COLUMNS, ROWS, Fingerprint
from coldreel.media.limits import Limits
from coldreel.model import Footage, Playback, Understanding
from coldreel.settings import Settings
from coldreel.store.store import Store
from coldreel.understand.choice import Chosen, Rooms
from coldreel.understand.contract import FootageProvider, Medium
from coldreel.understand.hashing import Hashing


class Quick(FootageProvider):
    """Stands for the provider whose children nobody starts."""

    name, version, model = "test", "1", "none"
    takes = frozenset({Medium.FRAMES})
    text, space = Hashing(2), SPACE

    def understand(self, footage: Footage) -> Understanding:
        raise AssertionError("nothing is decoded")


QUICK = Chosen(Quick(), Quick.text, SPACE, (Quick(),), "it is quick")


class QuickChildren:
    """Every file is the same short; `playback` is how it reaches browsers.

    `meanwhile` runs when a child has done its part; `done` has the names of what was asked for.
    """

    def __init__(self, playback: Playback = Playback.AS_IS) -> None:
        self.playback = playback
        self.meanwhile: Callable[[], object] = lambda: None
        self.done: list[str] = []

    def run(self, function: Callable[..., Any], *args: Any, seconds: float) -> Any:
        draft: Path = args[1]
        self.done.append(function.__name__)
        if self.playback is Playback.REMUX or function is render:
            draft.write_bytes(b"what browsers play")
        self.meanwhile()
        if function is render:
            return None
        return self._prepared() if function is prepare else self._seen()

    def close(self) -> None: ...

    def _prepared(self) -> Prepared:
        picture = np.zeros((1, ROWS, COLUMNS), np.uint8)
        return Prepared(FACTS, b"poster", b"strip", self._seen(), Fingerprint(picture), self.playback)

    def _seen(self) -> Seen:
        return Seen(
            OBSERVED, {"test.look": directions(1, 14)[0], "signals.colour": directions(1, 108)[0]}, None
        )


def workshop_of(store: Store, folder: Path, children: QuickChildren) -> Workshop:
    """A workshop whose derived files lie in `folder`/media."""
    active, stopping, settings = store.spaces.active(), threading.Event(), Settings.load()
    meter = SharedMeter(store.calls, MeterRules(), stopping)
    rooms = Rooms(settings, meter)
    chosen = QUICK if active is None or active.name == SPACE.name else rooms.choose(active.recipe)
    interpreter = Interpreter(children, settings, DecodingRules(Limits()))
    derived, received = DerivedFiles(folder / "media"), folder / "uploads"
    space = active or space_of(store)
    return Workshop(
        Bench(store, rooms, meter, chosen, space, interpreter, derived, received, stopping=stopping)
    )


def made_in(folder: Path) -> list[str]:
    """The names of the derived files, whole or half, without their hash."""
    return sorted(
        "." + path.name.partition(".")[2] for path in (folder / "media").rglob("*") if path.is_file()
    )
