"""The whole catalogue anew: described by another provider, or moved to another space."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from coldreel.app import wiring
from coldreel.errors import NothingToDoError, NotMovedError
from coldreel.learn.baseline import BaselineRules, measured
from coldreel.learn.feedback import rules_in_use
from coldreel.learn.rebuilding import rebuild_interests
from coldreel.model import Progress, Stage
from coldreel.store.store import Store
from coldreel.store.vectors import StoredSpace
from coldreel.understand.choice import Chosen

_REASONS_SHOWN = 3
_BESIDE_ANOTHER = "Another move is going on; wait for it, or stop it first"

Work = Callable[[Callable[[], bool]], bool]
"""Works on the ledger until it is told to stop; False when the catalogue has moved to another space."""


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
    work: Work
    """Works on the ledger's rows of stage `embed`."""

    def move(self, chosen: Chosen, skip_failed: bool, on_progress: Callable[[Progress], None]) -> Moved:
        """Raises NotMovedError beside another move, and where an item fails unless `skip_failed`."""
        with self.store.database.alone("coldreel.move") as is_alone:
            if not is_alone:
                raise NotMovedError(_BESIDE_ANOTHER)
            try:
                return self._move(
                    wiring.ensure_space(self.store, chosen.space), chosen, skip_failed, on_progress
                )
            finally:
                self.store.queue.withdraw_embedding()  # what is not finished begins with the next move

    def back(self, space: StoredSpace) -> Moved:
        """Let a space serve that has every item already."""
        with self.store.database.alone("coldreel.move") as is_alone:
            if not is_alone:
                raise NotMovedError(_BESIDE_ANOTHER)
            if not space.active:
                begun = self.store.database.now()
                space = measured(self.store, space, BaselineRules())
                rebuild_interests(self.store, space, rules_in_use(self.store))
                if not self.store.spaces.switch(space):
                    raise NotMovedError("An item came meanwhile that is not in that space; try it once more")
                rebuild_interests(self.store, space, rules_in_use(self.store), since=begun)
        return Moved(space.name, 0, 0)

    def _move(
        self, space: StoredSpace, chosen: Chosen, skip_failed: bool, on_progress: Callable[[Progress], None]
    ) -> Moved:
        store, placed = self.store, 0
        store.queue.withdraw_embedding(space.id)
        begun = store.database.now()
        while True:
            lacking = store.spaces.lacking(space)
            placed += self._fill(space, lacking, chosen.provider.name, on_progress)
            failed = store.ledger.failed_of(Stage.EMBED, lacking)
            lost = len(failed)
            if lost and not skip_failed:
                raise NotMovedError(self._why(space, failed))
            if not store.spaces.held(space) and lacking:
                raise NotMovedError(self._why(space, failed) if lost else "Not one item could be placed")
            if space.active:
                break
            space = measured(store, space, BaselineRules())
            rebuild_interests(store, space, rules_in_use(store))
            if store.spaces.switch(space, lost):
                break
        # What people did while the others were rebuilt.
        rebuild_interests(store, space, rules_in_use(store), since=begun)
        return Moved(space.name, placed, lost)

    def _fill(
        self, space: StoredSpace, items: Sequence[int], provider: str, on_progress: Callable[[Progress], None]
    ) -> int:
        """Place these; returns how many were."""
        before = self.store.spaces.held(space)
        self.store.queue.embed(items, provider, space.id)

        def done() -> bool:
            progress = self.store.ledger.progress_of_items(Stage.EMBED, items)
            on_progress(progress)
            return not progress.open

        while not done() and not self.work(done):
            pass  # the catalogue has moved meanwhile; what is left goes on
        return max(0, self.store.spaces.held(space) - before)

    def _why(self, space: StoredSpace, failed: dict[str, str]) -> str:
        reasons = "; ".join(f"{ref}: {reason}" for ref, reason in list(failed.items())[:_REASONS_SHOWN])
        return (
            f"{len(failed)} items could not be placed in {space.name}, so the catalogue stays where it is "
            f"({reasons}). The same command tries them again; --skip-failed moves without them"
        )


@dataclass(frozen=True, slots=True)
class Described:
    """asked: items and files that were to be described; failed: the reason by ref of those that were not
    resumed: whether they were what an interrupted call had left"""

    asked: int
    failed: dict[str, str]
    resumed: bool = False


@dataclass(frozen=True, slots=True)
class Redescriber:
    """Has items described anew. What an interrupted call for all has left is done first, not paid twice."""

    store: Store
    work: Work
    """Works on the ledger's rows of stages `describe` and `watch`."""

    def redescribe(
        self, provider: str, failed: bool, query: str | None, on_progress: Callable[[Progress], None]
    ) -> Described:
        """All items, those whose words answer a query, or files and items whose description has failed.

        Raises NothingToDoError.
        """
        store, sources = self.store, list[int]()
        of_all = not failed and query is None
        items = store.ledger.left_of_all(provider) if of_all else []
        resumed = bool(items)
        if not resumed:
            items, sources = self._wanted(failed, query)
            store.calls.forget_current(items, provider)
            store.queue.describe(items, provider, of_all)
            store.queue.watch(sources, provider)
        if not items and not sources:
            raise NothingToDoError("There is nothing to describe anew")

        def done() -> bool:
            described = store.ledger.progress_of_items(Stage.DESCRIBE, items)
            watched = store.ledger.progress(sources)
            on_progress(_sum(described, watched))
            return not described.open and not watched.open

        while not done() and not self.work(done):
            pass  # the catalogue has moved meanwhile; what is left goes on
        reasons = store.ledger.failed_of(Stage.DESCRIBE, items)
        reasons |= {failure.uri: failure.reason for failure in store.ledger.failures(sources)}
        return Described(len(items) + len(sources), reasons, resumed)

    def _wanted(self, failed: bool, query: str | None) -> tuple[list[int], list[int]]:
        if failed:
            return self.store.ledger.failed_items(Stage.DESCRIBE), self.store.ledger.failed_sources()
        return self.store.items.answering(query), []


def _sum(one: Progress, other: Progress) -> Progress:
    return Progress(
        one.waiting + other.waiting,
        one.working + other.working,
        one.ready + other.ready,
        one.failed + other.failed,
        one.rejected + other.rejected,
    )
