"""Which words are sure enough to be said."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from coldreel.understand.tiny.vocabulary import Word, sounds, things

SEEN = (0.5, 0.5, 0.6)
HEARD = (0.5, 0.55)
"""Chances from which a word is said, by how many words stand above it in its tree; the last is for all below.
Set on the clips of even sources alone; benchmarks/tags.py reports on those of odd ones."""
FEW, SEEN_IN_FEW = 3, 0.75
"""Of fewer frames than this, whose errors do not cancel out, more is asked."""
SPEECH, LEAST_SPEECH = "speech", 0.1
"""Speech is said only if the share that a detector of voices measured is not below this."""
HALF = 0.5
"""The better half of the frames or stretches counts: what is on show for half of the time is in the video."""
NOTED = 0.2
"""Chances from which a word is kept as evidence, said or not."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A word and how sure it is: `chance` is the mean of its better half, `count` of how many frames or
    stretches alone it could be said; `sure`: it is said."""

    word: Word
    chance: float
    count: int
    sure: bool


def seen(chances: NDArray[np.float32]) -> tuple[Sighting, ...]:
    """What can be said of the pictures, surest first. chances: (frames, CLASSES), probabilities.

    The probability of a word is the sum over its classes: of a dog, of all breeds.
    """
    floors = (SEEN_IN_FEW,) if len(chances) < FEW else SEEN
    return _sightings([(word, chances[:, word.classes].sum(axis=1)) for word in things()], floors)


def heard(scores: NDArray[np.float32], speech_share: float | None) -> tuple[Sighting, ...]:
    """The same of the sound. scores: (stretches, SOUND_CLASSES)

    The score of a word is the largest of its classes, which do not exclude each other.
    """
    found = _sightings([(word, scores[:, word.classes].max(axis=1)) for word in sounds()], HEARD)
    if speech_share is None or speech_share >= LEAST_SPEECH:
        return found
    return tuple(
        Sighting(each.word, each.chance, each.count, each.sure and SPEECH not in each.word.lineage)
        for each in found
    )


def _sightings(
    tracks: Sequence[tuple[Word, NDArray[np.float32]]], floors: tuple[float, ...]
) -> tuple[Sighting, ...]:
    found = []
    for word, track in tracks:
        floor = floors[min(len(word.broader), len(floors) - 1)]
        better = np.sort(track)[-math.ceil(HALF * len(track)) :]
        chance = float(better.mean())
        found.append(Sighting(word, chance, int((track >= floor).sum()), chance >= floor))
    return tuple(sorted((each for each in found if each.chance >= NOTED), key=lambda each: -each.chance))
