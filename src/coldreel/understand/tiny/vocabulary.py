"""The words for what the classifiers tell apart: trees in things.txt and sounds.txt."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

INDENT = 2
"""Spaces a level of the tree."""
ARTICLES = ("a ", "an ")


@dataclass(frozen=True, slots=True)
class Word:
    """A word and what stands for it.

    phrase: with its article; classes: of the classifier, those of the narrower words included;
    broader: the words above it, nearest first
    """

    word: str
    phrase: str
    classes: tuple[int, ...]
    broader: tuple[str, ...] = ()

    @property
    def lineage(self) -> tuple[str, ...]:
        """The word and those above it."""
        return (self.word, *self.broader)


@cache
def things() -> tuple[Word, ...]:
    """What can be seen; classes are ImageNet's, 0 to 999. Broader words stand before narrower ones."""
    return _words(files(__package__).joinpath("things.txt").read_text("utf-8"))


@cache
def sounds() -> tuple[Word, ...]:
    """What can be heard; classes are AudioSet's in YAMNet's order, 0 to 520."""
    return _words(files(__package__).joinpath("sounds.txt").read_text("utf-8"))


def _words(text: str) -> tuple[Word, ...]:
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    found: list[Word] = []
    for at, line in enumerate(lines):
        depth = _depth(line)
        below = lines[at + 1 :]
        ends = next((n for n, later in enumerate(below) if _depth(later) <= depth), len(below))
        classes = sorted({each for part in [line, *below[:ends]] for each in _classes(part)})
        phrase = _phrase(line)
        found.append(Word(_bare(phrase), phrase, tuple(classes), _above(lines, at)))
    return tuple(found)


def _depth(line: str) -> int:
    return (len(line) - len(line.lstrip())) // INDENT


def _phrase(line: str) -> str:
    return " ".join(part for part in line.split() if not part[0].isdigit())


def _bare(phrase: str) -> str:
    article = next((article for article in ARTICLES if phrase.startswith(article)), "")
    return phrase.removeprefix(article)


def _classes(line: str) -> list[int]:
    found: list[int] = []
    for part in line.split():
        if part[0].isdigit():
            first, _, last = part.partition("-")
            found += range(int(first), int(last or first) + 1)
    return found


def _above(lines: list[str], at: int) -> tuple[str, ...]:
    found, depth = [], _depth(lines[at])
    for line in reversed(lines[:at]):
        if _depth(line) < depth:
            found.append(_bare(_phrase(line)))
            depth = _depth(line)
    return tuple(found)
