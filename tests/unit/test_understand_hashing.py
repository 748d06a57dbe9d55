"""The hashing embedder: like words are near, in any script, the same in every process."""

from __future__ import annotations

import csv
import os
import subprocess
import sys

import numpy as np
import pytest

from coldreel.understand.hashing import Hashing
from public_data import ABSENT, DATA

TITLES = DATA / "interactions/microlens-titles/titles.csv"
EMBEDDER = Hashing()


def cosine(one: str, other: str) -> float:
    rows = EMBEDDER.embed([one, other])
    return float(rows[0] @ rows[1])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Café Noël", "cafe noel"),
        ("CAFÉ", "cafe\u0301"),
        ("STRASSE", "straße"),
        ("ЙОГА", "йога"),
        ("ＢＡＮＧ！", "bang!"),
        ("red, green", "green   red"),
    ],
    ids=["accents", "composed or not", "sharp s", "cyrillic case", "wide letters", "order and signs"],
)
def test_spellings_of_the_same_words_have_the_same_vector(one: str, other: str) -> None:
    assert cosine(one, other) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize(
    ("text", "near", "far"),
    [
        ("a dog runs on the beach", "the dog on a beach", "making noodles at home"),
        ("dancing people", "people dance", "noodles"),
        ("喜羊羊与灰太狼", "灰太狼和喜羊羊", "一起做饭吃"),
        ("東京タワーの夜景", "夜の東京タワー", "かわいい子猫"),
        ("हिन्दी गाना", "नया हिन्दी गाना", "खाना बनाना"),
        ("ทำอาหารไทย", "อาหารไทย", "เต้นรำ"),
        ("كرة القدم", "مباراة كرة القدم", "طبخ"),
        ("강아지 산책", "강아지와 산책", "요리"),
    ],
)
def test_texts_that_share_words_are_nearer_in_any_script(text: str, near: str, far: str) -> None:
    assert cosine(text, near) > max(EMBEDDER.floor, cosine(text, far))


@pytest.mark.parametrize("text", ["", "   ", "!!! … — ", "🙂🎉", "_"])
def test_a_text_without_a_word_is_zero(text: str) -> None:
    assert not EMBEDDER.embed([text]).any()


def test_rows_are_float32_of_norm_one_and_do_not_depend_on_their_batch() -> None:
    rows = EMBEDDER.embed(["one two two", "three"])
    assert rows.dtype == np.float32
    assert rows.shape == (2, EMBEDDER.dimensions)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-6)
    np.testing.assert_array_equal(rows[1], EMBEDDER.embed(["three"])[0])
    assert EMBEDDER.embed([]).shape == (0, EMBEDDER.dimensions)


def test_two_processes_with_other_hash_seeds_agree() -> None:
    program = (
        "from coldreel.understand.hashing import Hashing;"
        "import sys; sys.stdout.buffer.write(Hashing().embed(['Ein Hund läuft', '夜景']).tobytes())"
    )
    outputs = [
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert outputs[0] == outputs[1] == EMBEDDER.embed(["Ein Hund läuft", "夜景"]).tobytes()


@pytest.fixture(scope="module")
def titles() -> list[str]:
    if not TITLES.exists():
        pytest.skip(ABSENT)
    with TITLES.open(newline="", encoding="utf-8") as file:
        return [row["title"] for row in csv.DictReader(file)][:4000]


def test_the_floor_keeps_absurd_queries_from_finding_titles(titles: list[str]) -> None:
    placed = EMBEDDER.embed(titles)
    absurd = EMBEDDER.embed(["xqzzt blorf", "vrmpk", "qwxyz fjtkl zzpv"])
    assert (absurd @ placed.T).max() < EMBEDDER.floor


def test_the_words_of_a_title_find_it(titles: list[str]) -> None:
    placed = EMBEDDER.embed(titles)
    for number in range(0, 4000, 400):
        words = titles[number][: len(titles[number]) // 2]
        cosines = placed @ EMBEDDER.embed([words])[0]
        assert cosines[number] > EMBEDDER.floor
        assert (cosines > cosines[number]).sum() < 5
