"""The words of the catalogue, looked up by the characters they are made of."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from coldreel.store import queries
from coldreel.store.database import Database

_SQL = queries.load("vocabulary")


class Vocabulary:
    """A word's grams are what `grams_of` makes of it, in the migration that made the table."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def beginning(self, start: str, k: int) -> list[str]:
        """The k shortest words that begin so."""
        return self._database.values(_SQL["beginning"], {"start": start, "k": k})

    def holding(self, grams: Collection[str], k: int) -> list[str]:
        """The k shortest words that have all of these grams."""
        return self._database.values(_SQL["holding"], {"grams": list(grams), "k": k})

    def sharing(self, grams: Collection[str], least: int, lengths: range, k: int) -> list[str]:
        """The k words with most of these grams, and `least` of them at least; lengths: in characters."""
        params = {
            "grams": list(grams),
            "least": least,
            "shortest": lengths[0],
            "longest": lengths[-1],
            "k": k,
        }
        return self._database.values(_SQL["sharing"], params)

    def meaning(self, alternatives: Sequence[Sequence[str]], k: int) -> list[int]:
        """Ids of the k visible items that have one word at least of each of these sets, best first."""
        sets = (" | ".join(f"'{_escaped(word)}'" for word in words) for words in alternatives)
        query = " & ".join(f"({words})" for words in sets)
        return self._database.values(_SQL["meaning"], {"query": query, "k": k})


def _escaped(word: str) -> str:
    """A word between the quotes of a tsquery."""
    return word.replace("\\", "\\\\").replace("'", "''")
