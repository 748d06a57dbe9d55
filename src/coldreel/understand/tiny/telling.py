"""Sentences, tags and genres, made of the words that are sure and of nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from coldreel.understand.signals.reading import Line
from coldreel.understand.tiny.recognising import Sighting
from coldreel.understand.tiny.vocabulary import Word

GENRES = {
    "Animals": {"animal"},
    "Music": {"musical instrument", "singing", "rap"},
    "Food": {"food", "drink"},
    "Sports": {"sport"},
    "Vehicles": {"vehicle"},
    "Nature": {"landscape", "flower", "water"},
}
"""The genre that follows from any of these words, or from one below them. Music alone makes no genre: it lies
under videos of all kinds. Whatever else a video may be, such as funny, cannot be told from things."""
MOST_GENRES = 3
TITLE_WORDS = 2
"""Of what is seen, and as many of what is heard."""


def tags(seen: Sequence[Sighting], heard: Sequence[Sighting]) -> tuple[str, ...]:
    """The words, surest first, each narrow one before those above it; what is seen before what is heard."""
    found = [word for part in (seen, heard) for each in narrowest(part) for word in each.lineage]
    return tuple(dict.fromkeys(found))


def genres(words: Iterable[str]) -> tuple[str, ...]:
    """Those that follow from the tags, in the order of the tags."""
    found = (genre for word in words for genre, signs in GENRES.items() if word in signs)
    return tuple(dict.fromkeys(found))[:MOST_GENRES]


def title(seen: Sequence[Sighting], heard: Sequence[Sighting]) -> str:
    """Such as "Pomeranian and ball, with barking"; empty without any sure word."""
    things = [each.word for each in narrowest(seen)[:TITLE_WORDS]]
    sounds = [each.word for each in _unseen(narrowest(heard), narrowest(seen))[:TITLE_WORDS]]
    if not things and not sounds:
        return ""
    text = ", with ".join(filter(None, [_listed(things) or "Video", _listed(sounds)]))
    return text[0].upper() + text[1:]


def description(seen: Sequence[Sighting], heard: Sequence[Sighting]) -> str:
    """Such as "A video that shows a dog, with the sound of speech and music."."""
    things, sounds = (_listed(each.phrase for each in narrowest(part)) for part in (seen, heard))
    shows = f" that shows {things}" if things else ""
    comma = "," if things else ""
    sound = f"{comma} with the sound of {sounds}" if sounds else ""
    return f"A video{shows}{sound}."


def written(lines: Sequence[Line]) -> str:
    """A sentence with what is written on the screen; empty without."""
    return f"On the screen: {' / '.join(line.text for line in lines)}." if lines else ""


def evidence(sightings: Sequence[Sighting]) -> dict[str, Any]:
    """The figures behind the words, those of words included that were not sure enough, as JSON values."""
    return {
        each.word.word: {"chance": round(each.chance, 3), "in": each.count, "said": each.sure}
        for each in sightings
    }


def narrowest(sightings: Sequence[Sighting]) -> list[Word]:
    """The sure words that have no sure word below them."""
    sure = [each.word for each in sightings if each.sure]
    above = {word for each in sure for word in each.broader}
    return [each for each in sure if each.word not in above]


def _unseen(sounds: Sequence[Word], things: Sequence[Word]) -> list[Word]:
    shown = {word for each in things for word in each.lineage}
    return [each for each in sounds if each.word not in shown]


def _listed(words: Iterable[str]) -> str:
    *first, last = [*words] or [""]
    return f"{', '.join(first)} and {last}" if first else last
