"""Drawing a folder of demo shorts on all cores."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from coldreel.errors import DemoError
from coldreel.media.demo.kinds import KINDS
from coldreel.media.demo.short import DemoShort, plan

COUNT = 60
SEED = 1
LOCK = ".drawing"


def draw(
    folder: Path, count: int = COUNT, seed: int = SEED, on_drawn: Callable[[DemoShort], None] | None = None
) -> list[DemoShort]:
    """Draw short videos into a folder and say what they are: 10 kinds in turn, so 60 are 6 of each.

    The same count and seed give the same files; those that are there already are kept, so that an interrupted
    call goes on where it stopped. `on_drawn` is called with each file as it is finished.
    Raises DemoError when the folder cannot be written or a drawing process dies.
    """
    shorts = [plan(folder, index, seed) for index in range(count)]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if all(short.path.exists() for short in shorts):
            return shorts
        with (folder / LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # two calls on one folder: the second finds the work done
            for stale in folder.glob(".short-*.part"):
                stale.unlink(missing_ok=True)
            missing = {index: short for index, short in enumerate(shorts) if not short.path.exists()}
            _draw_side_by_side(folder, seed, missing, on_drawn)
    except OSError as error:
        raise DemoError(f"The demo shorts cannot be written to {folder}: {error.strerror}") from error
    return shorts


def _draw_side_by_side(
    folder: Path, seed: int, missing: dict[int, DemoShort], on_drawn: Callable[[DemoShort], None] | None
) -> None:
    """Share the work between one process per core; each reports a finished file as a line with its index."""
    reports, answers = os.pipe()
    hands = [hand for hand in _shares(list(missing), os.cpu_count() or 1) if hand]
    painters: list[subprocess.Popen[bytes]] = []
    try:
        with open(reports, "rb") as lines:  # noqa: PTH123 - a pipe has no path
            try:
                painters += [_painter(folder, seed, hand, answers) for hand in hands]
            finally:
                os.close(answers)
            for line in lines:
                if on_drawn:
                    on_drawn(missing[int(line)])
    except BaseException:
        for painter in painters:
            painter.terminate()
        raise
    finally:
        complaints = [(painter.communicate()[1] or b"").decode(errors="replace") for painter in painters]
    if any(painter.returncode for painter in painters):
        last = next((text.strip().splitlines()[-1] for text in complaints if text.strip()), "no word of why")
        raise DemoError(f"Drawing the demo shorts stopped ({last}); check the space on the disk of {folder}")


def _shares(indices: Sequence[int], cores: int) -> list[list[int]]:
    """Equal shares in which every kind occurs about as often: some kinds take longer than others."""
    shares: list[list[int]] = [[] for _ in range(cores)]
    for index in indices:
        shares[(index + index // len(KINDS)) % cores].append(index)
    return shares


def _painter(folder: Path, seed: int, indices: Sequence[int], answers: int) -> subprocess.Popen[bytes]:
    """A process of its own, not a multiprocessing child: those fail in unguarded scripts and on a pipe."""
    # -P: nothing in the current folder can pose as a module
    command = [
        sys.executable,
        "-P",
        "-m",
        "coldreel.media.demo.painter",
        str(folder),
        str(seed),
        *map(str, indices),
    ]
    return subprocess.Popen(  # noqa: S603 - our own module
        command, stdin=subprocess.DEVNULL, stdout=answers, stderr=subprocess.PIPE
    )
