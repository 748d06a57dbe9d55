"""Rebuilding: derived files that were deleted are made again from the videos."""

from __future__ import annotations

from collections.abc import Iterable

from coldreel.media.derived import DerivedFiles
from coldreel.store.store import Store


def rebuild(store: Store, derived: DerivedFiles, sources: Iterable[int]) -> int:
    """Have those of the sources watched again whose item lacks a derived file; returns how many."""
    lacking = [
        each.source
        for each in store.sources.published(sources)
        if not derived.are_there(each.content_hash, each.playback == "rendition")
    ]
    store.queue.watch(lacking)
    return len(lacking)
