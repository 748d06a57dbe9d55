"""Progress bars."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    ProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bar

from coldreel.model import Progress


class _OnTerminal:
    """A bar on a terminal, nothing elsewhere."""

    def __init__(
        self, console: Console, *columns: ProgressColumn, counter: ProgressColumn | None = None
    ) -> None:
        self._bar = Bar(
            TextColumn("[bold]{task.description}"),
            BarColumn(),
            counter or MofNCompleteColumn(),
            *columns,
            console=console,
            disable=not console.is_terminal,
        )

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()


class DrawingProgress(_OnTerminal):
    """The demo shorts as they are drawn."""

    def __init__(self, console: Console, total: int) -> None:
        super().__init__(console, TimeElapsedColumn())
        self._task = self._bar.add_task("drawing", total=total)

    def advance(self, _: object) -> None:
        self._bar.advance(self._task)


class IngestProgress(_OnTerminal):
    """Sources as they are watched, and then the items that browsers cannot play until they are coded anew."""

    def __init__(self, console: Console) -> None:
        refused = TextColumn("[red]{task.fields[bad]}")
        super().__init__(console, refused, TimeElapsedColumn(), TimeRemainingColumn())
        self._task = self._bar.add_task("watching", total=None, bad="")

    def show(self, progress: Progress) -> None:
        bad = progress.failed + progress.rejected
        self._bar.update(
            self._task,
            total=progress.total,
            completed=progress.total - progress.open,
            bad=f"{bad} refused" if bad else "",
            description=_doing(progress),
        )


def _doing(progress: Progress) -> str:
    if progress.awaiting and progress.awaiting == progress.open:
        return "waiting for a batch"
    if progress.open or not progress.rendering:
        return "watching"
    return f"{progress.rendering} being made playable"


class RenewalProgress(_OnTerminal):
    """Items as they are described anew, or placed in another space."""

    def __init__(self, console: Console, doing: str) -> None:
        refused = TextColumn("[red]{task.fields[bad]}")
        super().__init__(console, refused, TimeElapsedColumn(), TimeRemainingColumn())
        self._task = self._bar.add_task(doing, total=None, bad="")

    def show(self, progress: Progress) -> None:
        bad = progress.failed + progress.rejected
        self._bar.update(
            self._task,
            total=progress.total,
            completed=progress.total - progress.open,
            bad=f"{bad} failed" if bad else "",
        )


class PullProgress(_OnTerminal):
    """Bytes of all files that are brought."""

    def __init__(self, console: Console, total: int) -> None:
        super().__init__(console, TimeRemainingColumn(), counter=DownloadColumn())
        self._task = self._bar.add_task("bringing", total=total)
        self._before = 0

    def of(self, size: int) -> Callable[[int], None]:
        """What shows the progress of the next file, of so many bytes."""
        before = self._before
        self._before += size
        return lambda have: self._bar.update(self._task, completed=before + have)


class SimulationProgress(_OnTerminal):
    """Runs of an experiment."""

    def __init__(self, console: Console) -> None:
        super().__init__(console, TimeElapsedColumn(), TimeRemainingColumn())
        self._task = self._bar.add_task("simulating", total=None)

    def show(self, done: int, total: int) -> None:
        self._bar.update(self._task, completed=done, total=total)


class ProxyProgress(_OnTerminal):
    """Proxies as they are made."""

    def __init__(self, console: Console) -> None:
        super().__init__(console, TimeElapsedColumn(), TimeRemainingColumn())
        self._task = self._bar.add_task("reducing", total=None)

    def begin(self, total: int) -> None:
        self._bar.update(self._task, total=total)

    def advance(self) -> None:
        self._bar.advance(self._task)
