"""Words of the catalogue that are nearly those of a query: other endings, other spellings, no spaces."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Protocol

from coldreel.understand.letters import ATTACHED, UNSPACED, WORD, folded

MOST_WORDS = 12
"""Words of a query that are looked at; whoever writes more has made himself clear."""
MOST_ALTERNATIVES = 200
"""Words of the catalogue that stand for one word of a query."""
SHORTEST_START = 3
"""Letters; a shorter word is not taken for the beginning of others."""
LONGEST_ENDING = 2
"""Letters that a query may have more than a word, as in plurals."""
_EXACT = re.compile(r'(?:^|\s)-\w|"|(?:^|\s)or(?:\s|$)', re.IGNORECASE)


class Words(Protocol):
    """What is asked of the vocabulary."""

    def beginning(self, start: str, k: int) -> list[str]: ...

    def holding(self, grams: Sequence[str], k: int) -> list[str]: ...

    def sharing(self, grams: Sequence[str], least: int, lengths: range, k: int) -> list[str]: ...


def alternatives(vocabulary: Words, query: str) -> list[list[str]]:
    """For each word of a query the words of the catalogue that it may mean.

    Empty where one word means nothing at all, and where the query tells what is exact: quotes, or, minus.
    """
    if _EXACT.search(query):
        return []
    words = list(dict.fromkeys(WORD.findall(unicodedata.normalize("NFC", query.lower()))))[:MOST_WORDS]
    found = [_alternatives(vocabulary, word) for word in words]
    return found if all(found) else []


def _alternatives(vocabulary: Words, word: str) -> list[str]:
    if UNSPACED.search(word) or ATTACHED.search(word):
        return _holding(vocabulary, folded(word))
    if len(word) < SHORTEST_START:
        return [word]
    longer = vocabulary.beginning(word, MOST_ALTERNATIVES)
    slips = 0 if word in longer else allowed_slips(word)  # who writes a word that is there means it
    return list(dict.fromkeys([*_respelt(vocabulary, folded(word), slips), *longer]))[:MOST_ALTERNATIVES]


def _holding(vocabulary: Words, word: str) -> list[str]:
    """Words with this one in them; of a Korean word that nobody uses so, what stands before its ending."""
    found = vocabulary.holding(_pairs(word), MOST_ALTERNATIVES)
    if not found and ATTACHED.search(word) and len(word) > SHORTEST_START - 1:
        return vocabulary.holding(_pairs(word[:-1]), MOST_ALTERNATIVES)
    return found


def _respelt(vocabulary: Words, word: str, slips: int) -> list[str]:
    """Words a few slips away from this one, and those that it only adds an ending to; the nearest first."""
    grams = _threes(word)
    least = max(1, len(grams) - 3 * slips - 1)  # a wrong letter spoils three, two in the wrong order four
    lengths = range(len(word) - max(slips, LONGEST_ENDING), len(word) + slips + 1)
    near = vocabulary.sharing(grams, least, lengths, MOST_ALTERNATIVES)
    distances = {each: _distance(word, folded(each), slips) for each in near}
    meant = [each for each in near if distances[each] <= slips]
    return sorted(meant, key=lambda each: (distances[each], abs(len(each) - len(word))))


def _distance(word: str, other: str, slips: int) -> int:
    ends_only = len(other) > SHORTEST_START and word.startswith(other)
    return min(slips, len(word) - len(other)) if ends_only else distance(word, other)


def allowed_slips(word: str) -> int:
    """How many letters may be wrong: none in up to 3, one in up to 7, else two."""
    return 0 if len(word) <= 3 else 1 if len(word) <= 7 else 2


def distance(one: str, other: str) -> int:
    """Letters put in, left out or taken for others, and neighbours in the wrong order, from one to the other.

    The optimal string alignment distance (Damerau, 1964).
    """
    before, last = [0], list(range(len(other) + 1))
    for i, letter in enumerate(one, start=1):
        row = [i]
        for j, against in enumerate(other, start=1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (letter != against))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == against:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before, last = last, row
    return last[-1]


def _threes(word: str) -> list[str]:
    marked = f"<{word}>"
    return list(dict.fromkeys(marked[i : i + 3] for i in range(len(word))))


def _pairs(word: str) -> list[str]:
    return list(dict.fromkeys(word[i : i + 2] for i in range(max(1, len(word) - 1))))
