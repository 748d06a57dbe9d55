"""The words of the catalogue: learnt from descriptions, and found by what they are made of."""

from __future__ import annotations

import csv
import random
import string
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from store_rows import OBSERVED, taken_in

from coldreel.recommend.spelling import alternatives
from coldreel.store.store import Store
from coldreel.understand.letters import ATTACHED, UNSPACED, folded
from public_data import ABSENT, DATA

TITLES = DATA / "interactions" / "microlens-titles" / "titles.csv"
WORDS = [
    "mountain",
    "éclair",
    "ਭਾਸ਼ਣ",
    "दिमाग़",
    "취미로구",
    "生髮帽使用心得",
    "ダンス",
    "ทำอาหาร",
    "ошибаться",
    "مباراة",
]


def described(store: Store, name: str, words: str) -> int:
    item = taken_in(store, name).id
    store.items.describe(item, OBSERVED, words)
    return item


def found(store: Store, query: str) -> list[int]:
    near = alternatives(store.vocabulary, query)
    return store.vocabulary.meaning(near, 10) if near else []


def test_a_word_is_learnt_with_its_description_and_known_once(store: Store) -> None:
    described(store, "a.mp4", "a river, a gorge")
    described(store, "b.mp4", "a river")
    words = store.database.values(
        b"select word from vocabulary where word in ('a', 'gorge', 'river') order by 1"
    )
    assert words == ["gorge", "river"]  # one letter alone is nothing to look for


def test_python_and_the_database_make_the_same_grams(store: Store) -> None:
    for word in WORDS:
        kept = set(store.database.value(b"select grams_of(%(word)s)", {"word": word}))
        plain, marked = folded(word), f"<{folded(word)}>"
        expected = {marked[i : i + 3] for i in range(len(plain))}
        if UNSPACED.search(word) or ATTACHED.search(word):
            expected |= set(plain) | {plain[i : i + 2] for i in range(len(plain) - 1)}
        assert kept == expected, word


def test_words_of_every_script_are_found_whole_and_by_their_beginning(store: Store) -> None:
    for number, word in enumerate(WORDS):
        item = described(store, f"{number}.mp4", f"one {word} more")
        assert found(store, word) == [item]
        assert found(store, word[:-1]) == [item]
        assert found(store, f"{word} more") == [item]
        assert found(store, f"{word} xqzvw") == []


def test_signs_in_words_cannot_break_the_query(store: Store) -> None:
    item = described(store, "a.mp4", r"it's a back\slash & 'quoted' | x:* file.name@host")
    words = store.database.values(b"select word from vocabulary order by word")
    for word in [*words, "it's", "\\", "'", "quo'ted", "a & !b", ":*", "file.name@host"]:
        assert store.vocabulary.meaning([[word]], 5) in ([item], [])
        found(store, word)


def test_what_is_out_of_sight_is_not_found(store: Store) -> None:
    item = described(store, "a.mp4", "mountain")
    store.items.delete(item)
    assert found(store, "mountian") == []


def test_an_older_description_is_not_found_by_its_words(store: Store) -> None:
    item = described(store, "a.mp4", "mountain")
    store.items.describe(item, replace(OBSERVED, title="River"), "river")
    assert found(store, "mountian") == []
    assert found(store, "rivr") == [item]


def test_writers_who_learn_the_same_words_at_once_do_not_wait_for_each_other_for_ever(store: Store) -> None:
    items = [taken_in(store, f"{number}.mp4", f"{number}").id for number in range(24)]
    words = [f"word{number}" for number in range(200)]

    def describe(item: int) -> None:
        mixed = random.Random(item).sample(words, len(words))
        store.items.describe(item, OBSERVED, " ".join(mixed))

    with ThreadPoolExecutor(6) as writers:
        list(writers.map(describe, items))
    assert store.database.value(b"select count(*) from vocabulary where word like 'word%%'") == len(words)


def test_real_titles_are_found_misspelt_and_nonsense_finds_none(store: Store) -> None:
    if not TITLES.is_file():
        pytest.skip(ABSENT)
    with TITLES.open(encoding="utf-8", newline="") as file:
        titles = [row["title"] for row in csv.DictReader(file)][::12]
    item = taken_in(store, "a.mp4").id
    store.database.execute(
        b"insert into descriptions (item, title, tags, genres, description, on_screen_text, transcript,"
        b" provider, model, prompt_version, evidence, words, current)"
        b" select %(item)s, '', '{}', '{}', '', '', '', '', '', '', '{}', to_tsvector('simple', title), false"
        b" from unnest(%(titles)s::text[]) title",
        {"item": item, "titles": titles},
    )
    for query, meant in [
        ("beutiful", "beautiful"),
        ("choclate", "chocolate"),
        ("delicous", "delicious"),
        ("resturant", "restaurant"),
    ]:
        assert meant in [word for words in alternatives(store.vocabulary, query) for word in words], query
    letters = random.Random(1)
    for _ in range(50):
        first, second = ("".join(letters.choices(string.ascii_lowercase, k=8)) for _ in range(2))
        assert alternatives(store.vocabulary, f"{first} {second}") == []
