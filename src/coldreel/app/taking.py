"""Taking videos in, describing them anew, and moving them to other spaces."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from coldreel.app.catalogue import Catalogue
from coldreel.app.exporting import export
from coldreel.app.proxies import proxies
from coldreel.app.renewal import Described, Moved, Mover, Redescriber
from coldreel.app.workplace import Workplace, check_batch
from coldreel.errors import DatabaseError, DiskFullError, NothingToDoError
from coldreel.ingest import rebuilding
from coldreel.ingest.enlisting import Enlisted, enlist
from coldreel.ingest.forgetting import forget
from coldreel.ingest.importing import Imported, import_table
from coldreel.ingest.listing import parse
from coldreel.ingest.metadata import read_metadata
from coldreel.ingest.proxying import Proxied
from coldreel.model import Progress, Stage, State
from coldreel.understand.choice import Chosen, Rooms
from coldreel.understand.spaces import Space

log = logging.getLogger("coldreel")

_NAMES_SHOWN = 5


class Taking(Catalogue):
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
        check_batch(self.settings, self.chosen.provider)
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
        describer = self._for_a_new_catalogue(provider).provider
        check_batch(self.settings, describer)
        if failed and provider is not None:
            self.store.calls.forget_refusals(provider)
        work = partial(self._workplace.work, self._choose_as_it_is, stages=(Stage.WATCH, Stage.DESCRIBE))
        return Redescriber(self.store, work).redescribe(describer.name, failed, query, on_progress)

    def reembed(
        self,
        provider: str | None = None,
        space: str | None = None,
        skip_failed: bool = False,
        on_progress: Callable[[Progress], None] = lambda _: None,
    ) -> Moved:
        """Move the catalogue to the space of another provider, or to one of other blocks and weights.

        space: blocks and weights, or the name of a space that is there already. With neither that nor a
        provider, what has no vector yet is placed in the space that serves.

        Until every item is placed there, the present one serves. skip_failed: move without those that fail
        Raises NotMovedError, ProviderError, BudgetReachedError and UnauthorisedError.
        """
        known = {each.name: each for each in self.store.spaces.all()}
        if provider is None and space is None and (serving := self.store.spaces.serving()) is not None:
            space = serving.name
        if space in known and provider is None:
            if not self.store.spaces.lacking(known[space], 1):
                return Mover(self.store, lambda _: True).back(known[space])
            chosen = self.rooms.of_space(Space.from_recipe(known[space].recipe))
        else:
            chosen = self._for_a_new_catalogue(provider, space)
        work = partial(self._workplace.work, lambda _: chosen, stages=(Stage.EMBED,))
        return Mover(self.store, work).move(chosen, skip_failed, on_progress)

    def who(self, provider: str | None = None) -> str:
        """Who would be asked, and why, in a sentence. Raises ProviderError."""
        return self._for_a_new_catalogue(provider).why

    def _for_a_new_catalogue(self, provider: str | None, space: str | None = None) -> Chosen:
        """Who would be chosen for a new catalogue."""
        settings = self.settings.model_copy(
            update={"provider": provider or self.settings.provider, "space": space or self.settings.space}
        )
        return Rooms(settings, self._meter()).choose()

    def _choose_as_it_is(self, rooms: Rooms) -> Chosen:
        """Who fills the space that serves, whatever the settings say."""
        active = self.store.spaces.serving()
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

    def export(self, file: str | Path, query: str | None = None) -> int:
        """Write all items as a table that `import_table` takes, .csv or .parquet; returns how many.

        query: an item's ref or file name; the last column is the cosine similarity to it
        Raises SourceError, MissingPackageError, UnknownItemError and AmbiguousRefError.
        """
        return export(self.store, Path(file).expanduser(), query)

    def _progress(self, sources: Sequence[int] | None, start: float) -> Progress:
        return replace(self.store.ledger.progress(sources), seconds=round(time.monotonic() - start, 3))


def _some(names: Sequence[str]) -> str:
    """The first few of many names, and how many there are."""
    shown = ", ".join(names[:_NAMES_SHOWN]) + (", …" if len(names) > _NAMES_SHOWN else "")
    return f"{len(names)} row{'s' if len(names) > 1 else ''} ({shown})"
