"""Words that people search for, placed in the space that serves."""

from __future__ import annotations

import logging

import numpy as np

from coldreel.errors import ProviderError
from coldreel.recommend.lookup import TextProbe
from coldreel.store.vectors import StoredSpace
from coldreel.understand.choice import Chosen, Rooms
from coldreel.understand.spaces import Space
from coldreel.understand.text import IMPORTED

log = logging.getLogger("coldreel.search")


class Queries:
    """Embeds queries with what embedded the items; where that cannot be used, their words alone count."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self._by_space: dict[int, Chosen | None] = {}

    def probe(self, words: str, space: StoredSpace) -> TextProbe:
        chosen = self._chosen(space)
        if chosen is None:
            return TextProbe(words, None, 1.0)
        try:
            query = chosen.query(words)
        except ProviderError as error:
            log.warning("%r is searched for by its words alone: %s", words, error.message)
            return TextProbe(words, None, 1.0)
        return TextProbe(words, query if np.any(query) else None, chosen.text.floor)

    def _chosen(self, space: StoredSpace) -> Chosen | None:
        if space.id not in self._by_space:
            try:
                self._by_space[space.id] = self._rooms.of_space(Space.from_recipe(space.recipe))
            except ProviderError as error:
                usual = space.recipe.get("provider") == IMPORTED  # nobody could embed a query there
                log.log(
                    logging.DEBUG if usual else logging.WARNING, "searches go by words: %s", error.message
                )
                self._by_space[space.id] = None
        return self._by_space[space.id]
