"""`Coldreel`: all of it from Python, for notebooks and for the command line."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import UUID

from coldreel.app import wiring
from coldreel.app.exporting import export
from coldreel.app.proxies import proxies
from coldreel.app.recording import event
from coldreel.app.renewal import Described, Moved, Mover, Redescriber
from coldreel.app.reviving import Reviver
from coldreel.app.rows import (
    FeedPage,
    ItemDetails,
    Rows,
    SearchRow,
    SimilarRow,
    SpaceRow,
    search_rows,
    similar_rows,
)
from coldreel.app.workplace import Workplace
from coldreel.errors import DatabaseError, DiskFullError, NothingToDoError, ProviderError
from coldreel.ingest import rebuilding
from coldreel.ingest.enlisting import Enlisted, enlist
from coldreel.ingest.forgetting import forget
from coldreel.ingest.importing import Imported, import_table
from coldreel.ingest.listing import parse
from coldreel.ingest.metadata import read_metadata
from coldreel.ingest.paying import SharedMeter
from coldreel.ingest.proxying import Proxied
from coldreel.learn.feedback import FeedbackRules, Receipt, take
from coldreel.media.derived import DerivedFiles
from coldreel.model import Event, EventKind, Failure, Item, Progress, Stage, State
from coldreel.recommend.recommendations import Recommendations
from coldreel.settings import Settings
from coldreel.store.calls import BillLine
from coldreel.store.store import Store
from coldreel.understand.choice import Chosen, Rooms
from coldreel.understand.spaces import Space

log = logging.getLogger("coldreel")

_NAMES_SHOWN = 5


class Coldreel:
    """A catalogue of short videos, to be used in a `with` statement.

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
            self.rooms = Rooms(self.settings, self._meter(threading.Event()))
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
        active = self.store.spaces.active()
        chosen = rooms.choose(None if active is None else active.recipe)
        wiring.check_space(active, chosen)
        return chosen

    def _meter(self, stopping: threading.Event) -> SharedMeter:
        return SharedMeter(self.store.calls, wiring.meter_rules(self.settings), stopping)

    # --- taking videos in ------------------------------------------------------------------------------

    def enlist(
        self,
        *sources: str | Path,
        metadata: str | Path | None = None,
        again: Collection[State] = (),
        rebuild: bool = False,
        must_exist: bool = True,
        on_problem: Callable[[str], None] = lambda _: None,
    ) -> Enlisted:
        """Write down what the sources list now; workers do the rest.

        metadata: a CSV with what a person knows of the files; again: end states whose work is redone
        rebuild: watch those again whose poster, strip or rendition was deleted
        must_exist: raise NothingToDoError where there is no video; on_problem: told of metadata rows
        that are passed over. Raises SourceError.
        """
        given = read_metadata(Path(metadata).expanduser()) if metadata is not None else None
        for problem in given.problems if given else ():
            on_problem(problem)
        found = [enlist(self.store.sources, parse(str(source)), given, again) for source in sources]
        listed = Enlisted(
            tuple(dict.fromkeys(id_ for each in found for id_ in each.sources)),
            sum(each.changed for each in found),
            sum(each.gone for each in found),
        )
        if given is not None and given.unmatched:
            on_problem(f"{metadata}: {_some(given.unmatched)} found no video of that name")
        if not listed.sources and must_exist:
            names = ", ".join(str(source) for source in sources)
            raise NothingToDoError(f"There is no video in {names}; name a folder or a file that has one")
        if rebuild:
            rebuilding.rebuild(self.store, self.derived, listed.sources)
        return listed

    def ingest(
        self,
        *sources: str | Path,
        metadata: str | Path | None = None,
        again: Collection[State] = (State.FAILED,),
        rebuild: bool = False,
        on_progress: Callable[[Progress], None] = lambda _: None,
        on_problem: Callable[[str], None] = lambda _: None,
    ) -> Progress:
        """Enlist the sources and work until every file of theirs is ready, failed or rejected.

        Returns the counts of these files. Raises SourceError, and NothingToDoError where there is no video.
        """
        enlisted = self.enlist(
            *sources, metadata=metadata, again=again, rebuild=rebuild, on_problem=on_problem
        )
        return self.finish(enlisted, on_progress)

    def finish(
        self, enlisted: Enlisted, on_progress: Callable[[Progress], None] = lambda _: None
    ) -> Progress:
        """Work until all that was enlisted is ready, failed or rejected; returns its counts."""
        start = time.monotonic()

        def done() -> bool:
            try:
                on_progress(self._progress(enlisted.sources, start))
                return not self.store.ledger.has_open(enlisted.sources)
            except (DatabaseError, DiskFullError) as error:
                if not error.retryable:
                    raise
                log.warning("%s", error.message)  # it comes back, and the work goes on
                return False

        if not done():
            self.work(done, patient=False)
        ended = self._progress(enlisted.sources, start)
        on_progress(ended)
        return ended

    def work(self, done: Callable[[], bool] = lambda: False, patient: bool = True) -> None:
        """Be a worker until `done` says so, which is asked twice a second; for ever by default.

        patient: wait where a budget is spent or a key refused; else BudgetReachedError and UnauthorisedError
        """
        while not self._workplace.work(self._choose, done, patient):
            log.info("the catalogue has moved to another space; the work goes on there")

    def redescribe(
        self,
        provider: str | None = None,
        failed: bool = False,
        query: str | None = None,
        on_progress: Callable[[Progress], None] = lambda _: None,
    ) -> Described:
        """Describe items anew, all or those that a query finds; the older descriptions stay as history.

        failed: only files and items whose description has failed
        Raises NothingToDoError, ProviderError, BudgetReachedError and UnauthorisedError.
        """
        name = self._better(provider).provider.name
        work = partial(self._workplace.work, self._choose_as_it_is, stages=(Stage.WATCH, Stage.DESCRIBE))
        return Redescriber(self.store, work).redescribe(name, failed, query, on_progress)

    def reembed(
        self,
        provider: str | None = None,
        space: str | None = None,
        skip_failed: bool = False,
        on_progress: Callable[[Progress], None] = lambda _: None,
    ) -> Moved:
        """Move the catalogue to the space of another provider, or to one of other blocks and weights.

        Until every item is placed there, the present one serves. skip_failed: move without those that fail
        Raises NotMovedError, ProviderError, BudgetReachedError and UnauthorisedError.
        """
        chosen = self._better(provider, space)
        work = partial(self._workplace.work, lambda _: chosen, stages=(Stage.EMBED,))
        return Mover(self.store, work).move(chosen, skip_failed, on_progress)

    def _better(self, provider: str | None, space: str | None = None) -> Chosen:
        """Who would be chosen for a new catalogue."""
        settings = self.settings.model_copy(
            update={"provider": provider or self.settings.provider, "space": space or self.settings.space}
        )
        return Rooms(settings, self._meter(threading.Event())).choose()

    def _choose_as_it_is(self, rooms: Rooms) -> Chosen:
        """Who fills the space that serves, whatever the settings say."""
        active = self.store.spaces.active()
        return self._choose(rooms) if active is None else rooms.of_space(Space.from_recipe(active.recipe))

    @property
    def _workplace(self) -> Workplace:
        return Workplace(self.settings, self.store, self.derived, self.uploads)

    def import_table(self, table: str | Path, embedder: str | None = None) -> Imported:
        """Take in a table of videos that were described and embedded elsewhere; their files may come later.

        embedder: the model that made the vectors; text-embedding-004 where they have 768 dimensions
        Raises SourceError, SettingsError, and ProviderError when the catalogue lives in another space.
        """
        return import_table(self.store, Path(table).expanduser(), embedder)

    def proxy(self, source: str | Path, destination: str | Path) -> list[Proxied]:
        """Reduce the videos of a source to one frame a second in another folder; no item is made of them.

        Raises SourceError, and NothingToDoError where there is no video.
        """
        return list(proxies(self.settings, source, destination))

    def delete(self, ref: str) -> None:
        """Forget an item and all that was derived from it. Its file stays, and is not taken in again.

        Raises UnknownItemError.
        """
        forget(self.store, self.derived, self.uploads, ref)

    def status(self, sources: Sequence[int] | None = None) -> Progress:
        """Counts by state, of all sources or of the given ones."""
        return self._progress(sources, time.monotonic())

    def failures(self, sources: Sequence[int] | None = None, limit: int = 10_000) -> list[Failure]:
        """Sources that did not become items, or not ones that can be played, and why: the first `limit`."""
        return self.store.ledger.failures(sources, limit)

    def export(self, file: str | Path, query: str | None = None) -> int:
        """Write all items as a table that `import_table` takes, .csv or .parquet; returns how many.

        query: an item's ref or file name; the last column is the cosine similarity to it
        Raises SourceError, MissingPackageError, UnknownItemError and AmbiguousRefError.
        """
        return export(self.store, Path(file).expanduser(), query)

    @property
    def spent(self) -> float:
        """US dollars that all calls to providers have cost, those that are being made included."""
        return self.store.calls.spent()

    def bill(self) -> list[BillLine]:
        """What calls to providers took, by provider, model and purpose."""
        return self.store.calls.bill()

    def spaces(self) -> list[SpaceRow]:
        """Every space there is, oldest first."""
        return [SpaceRow.of(space, self.store.spaces.held(space)) for space in self.store.spaces.all()]

    def drop_space(self, name: str) -> None:
        """Remove a space that does not serve. Raises ProviderError."""
        found = {space.name: space for space in self.store.spaces.all()}
        if name not in found or found[name].active:
            others = [each for each, space in found.items() if not space.active]
            raise ProviderError(
                f"{name!r} is not a space that can be dropped; "
                + (
                    f"these are: {', '.join(others)}"
                    if others
                    else "there is none beside the one that serves"
                )
            )
        self.store.spaces.drop(found[name])

    def _progress(self, sources: Sequence[int] | None, start: float) -> Progress:
        return replace(self.store.ledger.progress(sources), seconds=round(time.monotonic() - start, 3))

    @property
    def derived(self) -> DerivedFiles:
        return DerivedFiles(self.settings.data_dir.resolve() / "media")

    @property
    def uploads(self) -> Path:
        """Where files that were sent in are kept."""
        return self.settings.data_dir.resolve() / "uploads"

    # --- asking ------------------------------------------------------------------------------------------

    def item(self, ref: str) -> Item:
        """The item of that ref or file name. Raises UnknownItemError and AmbiguousRefError."""
        return self.store.items.find(ref)

    def details(self, ref: str) -> ItemDetails:
        """All that is known of an item. Raises UnknownItemError and AmbiguousRefError."""
        item = self.store.items.find(ref)
        history = self.store.items.history(item.id)
        return ItemDetails(item, history[0][1], tuple(history[1:]), tuple(self.store.calls.bill_of(item.id)))

    def similar(self, ref: str, k: int = 10) -> Rows[SimilarRow]:
        """The item itself, first with 1.0, and its nearest by cosine: k rows in all."""
        return similar_rows(self.recommendations.similar(ref, k))

    def search(self, words: str, k: int = 10) -> Rows[SearchRow]:
        """Up to k items that answer these words; none for nonsense."""
        return search_rows(self.recommendations.search(words, k))

    def feed(self, user: str, n: int | None = None) -> FeedPage:
        """The next n items for a user, with the reason for each."""
        return FeedPage.of(self.recommendations.feed(user, n or self.settings.page_size))

    def feedback(self, events: Sequence[Event]) -> Receipt:
        """Take what users did; sending it twice changes nothing."""
        return take(self.store, self.store.spaces.active(), events, datetime.now(UTC), FeedbackRules())

    def record(
        self,
        user: str,
        item: str,
        kind: EventKind | str,
        watched_s: float | None = None,
        request_id: UUID | None = None,
    ) -> Receipt:
        """Take what a user has just done with an item: view, like, share … as in `EventKind`."""
        now = datetime.now(UTC)
        return self.feedback([event(user, item, EventKind(kind), now, watched_s, request_id)])


def _some(names: Sequence[str]) -> str:
    """The first few of many names, and how many there are."""
    shown = ", ".join(names[:_NAMES_SHOWN]) + (", …" if len(names) > _NAMES_SHOWN else "")
    return f"{len(names)} row{'s' if len(names) > 1 else ''} ({shown})"
