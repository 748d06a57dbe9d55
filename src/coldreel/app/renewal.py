"""The whole catalogue anew: described by another provider, or moved to another space."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from coldreel.app import wiring
from coldreel.errors import NothingToDoError, NotMovedError
from coldreel.learn.feedback import FeedbackRules
from coldreel.learn.rebuilding import rebuild_interests
from coldreel.model import Progress, Stage
from coldreel.store.store import Store
from coldreel.store.vectors import StoredSpace
from coldreel.understand.choice import Chosen

_REASONS_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Moved:
    """space: where the catalogue lives now; placed: items that were placed there by this call"""

    space: str
    placed: int
    lost: int
    """Items that could not be placed and are out of sight until they are."""


@dataclass(frozen=True, slots=True)
class Mover:
    """Fills a space beside the one that serves, and lets it serve when every item is in it.

    Killed at any moment, it goes on from there when it is called again: what is placed stays placed.
    """

    store: Store
    work: Callable[[Callable[[], bool]], object]
    """Works on the ledger's rows of stage `embed` until it is told to stop."""

    def move(self, chosen: Chosen, skip_failed: bool, on_progress: Callable[[Progress], None]) -> Moved:
        """Raises NotMovedError where an item cannot be placed, unless `skip_failed`."""
        space = wiring.ensure_space(self.store, chosen.space)
        if space.active:
            return Moved(space.name, 0, 0)
        begun, placed, lost = datetime.now(UTC), 0, 0
        while True:
            placed += self._fill(space, chosen.provider.name, on_progress)
            lost = len(self.store.spaces.lacking(space))
            if lost and not skip_failed:
                raise NotMovedError(self._why(space, lost))
            rebuild_interests(self.store, space, FeedbackRules())
            if self.store.spaces.switch(space, lost):
                break
        # What people did while the others were rebuilt.
        rebuild_interests(self.store, space, FeedbackRules(), since=begun)
        return Moved(space.name, placed, lost)

    def _fill(self, space: StoredSpace, provider: str, on_progress: Callable[[Progress], None]) -> int:
        lacking = self.store.spaces.lacking(space)
        self.store.queue.embed(lacking, provider, space.id)

        def done() -> bool:
            on_progress(self.store.ledger.progress_of_stage(Stage.EMBED))
            return self.store.ledger.open_of(Stage.EMBED) == 0

        if not done():
            self.work(done)
        return len(lacking) - len(self.store.spaces.lacking(space))

    def _why(self, space: StoredSpace, lost: int) -> str:
        failed = list(self.store.ledger.failed_of(Stage.EMBED, _REASONS_SHOWN).items())
        reasons = "; ".join(f"{ref}: {reason}" for ref, reason in failed)
        return (
            f"{lost} items could not be placed in {space.name}, so the catalogue stays where it is "
            f"({reasons}). The same command tries them again; --skip-failed moves without them"
        )


@dataclass(frozen=True, slots=True)
class Described:
    """asked: items and files that were to be described; failed: the reason by ref of those that were not"""

    asked: int
    failed: dict[str, str]


@dataclass(frozen=True, slots=True)
class Redescriber:
    """Has items described anew. What an interrupted call has left is done first: nothing is paid twice."""

    store: Store
    work: Callable[[Callable[[], bool]], object]
    """Works on the ledger's rows of stages `describe` and `watch` until it is told to stop."""

    def redescribe(
        self, provider: str, failed: bool, query: str | None, on_progress: Callable[[Progress], None]
    ) -> Described:
        """All items, those whose words answer a query, or files and items whose description has failed.

        Raises NothingToDoError.
        """
        store = self.store
        sources: list[int] = []
        if (left := store.ledger.open_of(Stage.DESCRIBE)) == 0:
            items, sources = self._wanted(failed, query)
            left = len(items)
            store.calls.forget_current(items, provider)
            store.queue.describe(items, provider)
            store.queue.watch(sources, provider)
        if not left and not sources:
            raise NothingToDoError("There is nothing to describe anew")

        def done() -> bool:
            on_progress(_sum(store.ledger.progress_of_stage(Stage.DESCRIBE), store.ledger.progress(sources)))
            return not store.ledger.open_of(Stage.DESCRIBE) and not store.ledger.has_open(sources)

        if not done():
            self.work(done)
        reasons = store.ledger.failed_of(Stage.DESCRIBE)
        reasons |= {failure.uri: failure.reason for failure in store.ledger.failures(sources)}
        return Described(left + len(sources), reasons)

    def _wanted(self, failed: bool, query: str | None) -> tuple[list[int], list[int]]:
        if failed:
            refs = self.store.ledger.failed_of(Stage.DESCRIBE)
            items = [each.id for each in self.store.items.durations(list(refs)).values()]
            return items, self.store.ledger.failed_sources()
        return self.store.items.answering(query), []


def _sum(one: Progress, other: Progress) -> Progress:
    return Progress(
        one.waiting + other.waiting,
        one.working + other.working,
        one.ready + other.ready,
        one.failed + other.failed,
        one.rejected + other.rejected,
    )
