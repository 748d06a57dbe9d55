"""Decoder children for tests of what surrounds them: nothing is decoded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from store_rows import FACTS, OBSERVED, directions, space_of

from coldreel.ingest.preparation import Prepared, prepare
from coldreel.ingest.workshop import DecodingRules, Workshop
from coldreel.media.derived import DerivedFiles
from coldreel.media.likeness import COLUMNS, ROWS, Fingerprint
from coldreel.media.limits import Limits
from coldreel.model import Playback
from coldreel.store.store import Store


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
        if self.playback is Playback.REMUX or function is not prepare:
            draft.write_bytes(b"what browsers play")
        self.meanwhile()
        return self._prepared() if function is prepare else None

    def close(self) -> None: ...

    def _prepared(self) -> Prepared:
        picture = np.zeros((1, ROWS, COLUMNS), np.uint8)
        return Prepared(
            FACTS, b"poster", b"strip", OBSERVED, "words", directions(1)[0], 0.0, Fingerprint(picture),
            self.playback,
        )  # fmt: skip


def workshop_of(store: Store, folder: Path, children: QuickChildren) -> Workshop:
    """A workshop whose derived files lie in `folder`/media."""
    derived = DerivedFiles(folder / "media")
    received = folder / "uploads"
    return Workshop(store, space_of(store), children, derived, received, "signals", DecodingRules(Limits()))


def made_in(folder: Path) -> list[str]:
    """The names of the derived files, whole or half, without their hash."""
    return sorted(
        "." + path.name.partition(".")[2] for path in (folder / "media").rglob("*") if path.is_file()
    )
