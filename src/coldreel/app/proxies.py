"""Proxies from settings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from coldreel.app import wiring
from coldreel.errors import NothingToDoError
from coldreel.ingest.listing import parse
from coldreel.ingest.proxying import Proxied, Proxying
from coldreel.media.children import ChildPool
from coldreel.settings import Settings


def proxies(
    settings: Settings,
    source: str | Path,
    destination: str | Path,
    on_listed: Callable[[int], None] = lambda _: None,
) -> Iterator[Proxied]:
    """Make the proxies of all videos of a source that have none; one result per video as it is done.

    Raises SourceError, and NothingToDoError where there is no video.
    """
    folder = Path(destination).expanduser().resolve()
    with ChildPool(settings.workers, wiring.child_limits(settings)) as children:
        work = Proxying(children, wiring.decoding_rules(settings), side_by_side=settings.workers)
        found = False
        for each in work.run(parse(str(source)), folder, on_listed):
            found = True
            yield each
        if not found:
            raise NothingToDoError(f"There is no video in {source}; name a folder or a file that has one")
