"""Words of the classifiers: the trees, the floors, and the sentences that are made of them."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from coldreel.understand.signals.reading import Line
from coldreel.understand.tiny import telling
from coldreel.understand.tiny.recognising import Sighting, heard, seen
from coldreel.understand.tiny.vocabulary import Word, sounds, things

FRENCH_BULLDOG, PUG, LION, TABBY, PIZZA, GUITAR, TAXI, CONVERTIBLE = 245, 254, 291, 281, 963, 402, 468, 511
SPEECH, MUSIC, DOG, BARK, PIANO = 0, 132, 69, 70, 148

TREES = {"things": (things(), 1000), "sounds": (sounds(), 521)}


def named(tree: tuple[Word, ...], word: str) -> Word:
    return next(each for each in tree if each.word == word)


def frames(n: int, **chances: float) -> NDArray[np.float32]:
    """n frames, each with these probabilities of the classes that are named above."""
    rows = np.zeros((n, 1000), np.float32)
    for name, chance in chances.items():
        rows[:, globals()[name]] = chance
    return rows


def stretches(n: int, **scores: float) -> NDArray[np.float32]:
    rows = np.zeros((n, 521), np.float32)
    for name, score in scores.items():
        rows[:, globals()[name]] = score
    return rows


def said(sightings: tuple[Sighting, ...]) -> set[str]:
    return {each.word.word for each in sightings if each.sure}


@pytest.mark.parametrize("tree", TREES)
def test_every_word_is_plain_said_once_and_stands_for_classes_that_exist(tree: str) -> None:
    words, classes = TREES[tree]
    names = [each.word for each in words]
    assert len(set(names)) == len(names)
    for each in words:
        assert each.word == each.word.lower().strip()
        assert each.word
        assert each.phrase.endswith(each.word)
        assert each.classes
        assert set(each.classes) <= set(range(classes))


@pytest.mark.parametrize("tree", TREES)
def test_a_word_stands_for_all_that_those_below_it_do(tree: str) -> None:
    words, _ = TREES[tree]
    for each in words:
        for above in each.broader:
            assert set(each.classes) <= set(named(words, above).classes)


@pytest.mark.parametrize(
    ("word", "broader"),
    [
        ("french bulldog", ("dog", "animal")),
        ("lion", ("big cat", "animal")),
        ("steam locomotive", ("locomotive", "train", "vehicle")),
        ("acoustic guitar", ("guitar", "musical instrument")),
        ("pizza", ("food",)),
        ("beach", ("coast", "landscape")),
        ("sport", ()),
    ],
)
def test_a_thing_is_also_all_that_stands_above_it(word: str, broader: tuple[str, ...]) -> None:
    assert named(things(), word).broader == broader


@pytest.mark.parametrize(
    ("chances", "expected"),
    [
        (frames(4), set()),
        (frames(4, LION=0.9), {"lion", "big cat", "animal"}),
        (frames(4, LION=0.55), {"big cat", "animal"}),
        (frames(4, LION=0.45), set()),
        (frames(4, FRENCH_BULLDOG=0.3, PUG=0.3), {"dog", "animal"}),
        (frames(4, FRENCH_BULLDOG=0.3, TABBY=0.3), {"animal"}),
        (frames(4, FRENCH_BULLDOG=0.8), {"french bulldog", "dog", "animal"}),
        (frames(4, TAXI=0.3, CONVERTIBLE=0.3), {"car", "vehicle"}),
        (frames(4, PIZZA=0.9, GUITAR=0.05), {"pizza", "food"}),
    ],
)
def test_what_is_sure_is_said_and_what_is_not_adds_up_to_something_broader(
    chances: NDArray[np.float32], expected: set[str]
) -> None:
    assert said(seen(chances)) == expected


def test_what_is_on_show_for_half_of_the_time_is_in_the_video() -> None:
    half = np.concatenate([frames(4, PIZZA=0.9), frames(4)])
    glimpse = np.concatenate([frames(1, PIZZA=0.9), frames(7)])
    assert said(seen(half)) == {"pizza", "food"}
    assert said(seen(glimpse)) == set()


def test_one_frame_alone_must_be_surer() -> None:
    assert said(seen(frames(1, PIZZA=0.7))) == set()
    assert said(seen(frames(1, PIZZA=0.8))) == {"pizza", "food"}


def test_what_was_not_sure_enough_is_kept_as_evidence_alone() -> None:
    sightings = seen(frames(4, PIZZA=0.4))
    assert telling.tags(sightings, ()) == ()
    assert telling.evidence(sightings)["pizza"] == {"chance": 0.4, "in": 0, "said": False}


@pytest.mark.parametrize(
    ("scores", "share", "expected"),
    [
        (stretches(4), None, set()),
        (stretches(4, DOG=0.7, BARK=0.8), None, {"dog", "animal"}),
        (stretches(4, MUSIC=0.9), None, {"music"}),
        (stretches(4, PIANO=0.6), None, {"piano", "musical instrument", "music"}),
        (stretches(4, SPEECH=0.9), None, {"speech"}),
        (stretches(4, SPEECH=0.9), 0.5, {"speech"}),
        (stretches(4, SPEECH=0.9, MUSIC=0.9), 0.02, {"music"}),
    ],
)
def test_sounds_are_said_and_speech_only_where_voices_were_detected(
    scores: NDArray[np.float32], share: float | None, expected: set[str]
) -> None:
    assert said(heard(scores, share)) == expected


@pytest.mark.parametrize(
    ("pictures", "sound", "title", "description", "tags"),
    [
        (frames(4), stretches(4), "", "A video.", ()),
        (
            frames(4, FRENCH_BULLDOG=0.9),
            stretches(4),
            "French bulldog",
            "A video that shows a french bulldog.",
            ("french bulldog", "dog", "animal"),
        ),
        (
            frames(4),
            stretches(4, SPEECH=0.9, MUSIC=0.8),
            "Video, with speech and music",
            "A video with the sound of speech and music.",
            ("speech", "music"),
        ),
        (
            frames(4, GUITAR=0.9),
            stretches(4, MUSIC=0.8),
            "Acoustic guitar, with music",
            "A video that shows an acoustic guitar, with the sound of music.",
            ("acoustic guitar", "guitar", "musical instrument", "music"),
        ),
        (
            frames(4, TABBY=0.9),
            stretches(4, DOG=0.9),
            "Cat, with dog",
            "A video that shows a cat, with the sound of a dog.",
            ("cat", "animal", "dog"),
        ),
    ],
)
def test_sentences_are_made_of_what_is_sure(
    pictures: NDArray[np.float32],
    sound: NDArray[np.float32],
    title: str,
    description: str,
    tags: tuple[str, ...],
) -> None:
    shown, played = seen(pictures), heard(sound, None)
    assert telling.title(shown, played) == title
    assert telling.description(shown, played) == description
    assert telling.tags(shown, played) == tags


def test_a_dog_that_is_seen_and_heard_is_named_once_in_the_title() -> None:
    shown, played = seen(frames(4, PUG=0.9)), heard(stretches(4, DOG=0.9), None)
    assert telling.title(shown, played) == "Pug"


def test_writing_makes_a_sentence_of_its_own() -> None:
    assert telling.written(()) == ""
    assert telling.written((Line("HELLO", 0.9, 0.1), Line("you", 0.9, 0.1))) == "On the screen: HELLO / you."


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), ()),
        (("music", "speech"), ()),
        (("dog", "animal", "speech"), ("Animals",)),
        (("drums", "musical instrument", "music"), ("Music",)),
        (("singing", "music"), ("Music",)),
        (("pizza", "food"), ("Food",)),
        (("basketball", "sport"), ("Sports",)),
        (("car", "vehicle", "animal"), ("Vehicles", "Animals")),
        (("laughter", "clock", "shop"), ()),
        (("animal", "food", "sport", "vehicle"), ("Animals", "Food", "Sports")),
    ],
)
def test_genres_follow_from_the_words_and_are_empty_when_unsure(
    words: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    assert telling.genres(words) == expected


def test_every_sign_of_a_genre_is_a_word_that_can_be_said() -> None:
    sayable = {each.word for each in (*things(), *sounds())}
    for signs in telling.GENRES.values():
        assert signs <= sayable
