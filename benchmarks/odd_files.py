"""Broken, odd and unusual files: what becomes of each, how long it takes and what memory its decoder needs.

    python benchmarks/odd_files.py [--quick] [--json]

Every file of the test data is taken in by itself, through the ledger, by a decoder process of its own,
so that its peak of memory is the file's. Seconds are those of the wall, and noise on a shared machine.
"""

from __future__ import annotations

import argparse
import csv
import json
import tempfile
import threading
import time
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from coldreel import Coldreel
from coldreel.model import State
from coldreel.store.embedded.server import stop
from test_data import ODD_FILES, require

LOOK_S = 0.01
"""Pause between two looks at a decoder's memory, whose own high mark is read."""


@dataclass(frozen=True, slots=True)
class Outcome:
    file: str
    state: str
    reason: str
    seconds: float
    peak_mb: int


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="every fourth file")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    require(ODD_FILES)
    with (ODD_FILES / "manifest.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))[:: 4 if given.quick else 1]
    with tempfile.TemporaryDirectory() as name:
        try:
            with Coldreel(data_dir=name, workers=1, max_errors=1) as reel:
                outcomes = [_outcome(reel, ODD_FILES / row["file"]) for row in rows]
        finally:
            stop(Path(name))
    _print(outcomes)
    if given.json:
        print(json.dumps({"files": [asdict(outcome) for outcome in outcomes]}))


def _outcome(reel: Coldreel, path: Path) -> Outcome:
    with _MemoryOfChildren() as memory:
        start = time.monotonic()
        enlisted = reel.enlist(path)
        found = reel.finish(enlisted)
        seconds = time.monotonic() - start
    failures = reel.failures(enlisted.sources)
    state = State.READY if found.ready else failures[0].state
    reason = f"{failures[0].code}: {failures[0].reason}" if failures else ""
    return Outcome(path.name, str(state), reason, round(seconds, 2), memory.peak_mb)


class _MemoryOfChildren:
    """Looks at the decoders of this process until the block ends."""

    def __init__(self) -> None:
        self.peak_mb = 0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> _MemoryOfChildren:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(LOOK_S):
            for child in psutil.Process().children():
                self.peak_mb = max(self.peak_mb, _high_mark_mb(child.pid))


def _high_mark_mb(pid: int) -> int:
    try:
        told = Path(f"/proc/{pid}/status").read_text()
        decodes = b"coldreel.media.child" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:  # it has just ended
        return 0
    marks = [int(line.split()[1]) // 1024 for line in told.splitlines() if line.startswith("VmHWM:")]
    return marks[0] if marks and decodes else 0


def _print(outcomes: list[Outcome]) -> None:
    table = Table("file", "state", "reason", "seconds", "peak MB")
    for one in outcomes:
        table.add_row(one.file, one.state, one.reason, f"{one.seconds:.2f}", str(one.peak_mb))
    console = Console()
    console.print(table)
    counts = Counter(one.state for one in outcomes)
    console.print(
        f"{len(outcomes)} files: {', '.join(f'{count} {state}' for state, count in sorted(counts.items()))}; "
        f"the slowest took {max(one.seconds for one in outcomes):.1f} s, "
        f"the largest decoder {max(one.peak_mb for one in outcomes)} MB"
    )


if __name__ == "__main__":
    main()
