"""Which words of a catalogue a query may mean."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from coldreel.recommend.spelling import allowed_slips, alternatives, distance


class Listed:
    """A vocabulary that is a list, looked through from end to end."""

    def __init__(self, *words: str) -> None:
        self.words = sorted(words, key=lambda word: (len(word), word))

    def beginning(self, start: str, k: int) -> list[str]:
        return [word for word in self.words if word.startswith(start)][:k]

    def holding(self, grams: Sequence[str], k: int) -> list[str]:
        return [word for word in self.words if all(gram in word for gram in grams)][:k]

    def sharing(self, grams: Sequence[str], least: int, lengths: range, k: int) -> list[str]:
        near = [word for word in self.words if len(word) in lengths]
        return [word for word in near if sum(gram in f"<{word}>" for gram in grams) >= least][:k]


def meant(query: str, *words: str) -> list[list[str]]:
    return alternatives(Listed(*words), query)


@pytest.mark.parametrize(
    ("one", "other", "slips"),
    [
        ("river", "river", 0),
        ("river", "rivers", 1),
        ("rivre", "river", 1),
        ("rver", "river", 1),
        ("raver", "river", 1),
        ("", "river", 5),
        ("mountain", "fountains", 2),
    ],
)
def test_the_distance_counts_slips(one: str, other: str, slips: int) -> None:
    assert distance(one, other) == distance(other, one) == slips


def test_longer_words_may_have_more_slips() -> None:
    assert [allowed_slips("x" * length) for length in (3, 4, 7, 8)] == [0, 1, 1, 2]


@pytest.mark.parametrize("slip", ["mountan", "moutain", "montain", "mountian", "moumtain", "mountaain"])
def test_a_misspelt_word_means_the_word(slip: str) -> None:
    assert meant(slip, "mountain", "fishing") == [["mountain"]]


def test_a_word_that_is_there_is_no_misspelling_of_another() -> None:
    assert meant("wish", "wish", "fish", "dish") == [["wish"]]


def test_endings_may_differ() -> None:
    assert meant("fish", "fishing") == [["fishing"]]
    assert meant("fishes", "fish") == [["fish"]]
    assert meant("ошибат", "ошибаться") == [["ошибаться"]]
    assert meant("fi", "fishing") == [["fi"]]  # too short for a beginning


def test_accents_need_not_be_written() -> None:
    assert "saúde" in meant("saude", "saúde")[0]


def test_korean_words_are_found_without_their_particles_and_with_others() -> None:
    assert meant("취미", "취미로구", "낚시") == [["취미로구"]]
    assert meant("취미를", "취미로구", "낚시") == [["취미로구"]]


def test_words_are_found_where_none_are_parted() -> None:
    assert meant("心得", "生髮帽使用心得分享", "感情ダンス") == [["生髮帽使用心得分享"]]
    assert meant("ダンス", "生髮帽使用心得分享", "感情ダンス") == [["感情ダンス"]]
    assert meant("猫", "韩灰的猫", "狗") == [["韩灰的猫"]]


def test_each_word_of_a_query_must_mean_something() -> None:
    assert meant("fishng river", "fishing", "river", "fish") == [["fishing", "fish"], ["river"]]
    assert meant("fishng xqzvw", "fishing", "river") == []


@pytest.mark.parametrize("query", ["xqzvw", "blorf", "zzkkqq xqzvw", "", "!?"])
def test_nonsense_means_nothing(query: str) -> None:
    assert not any(meant(query, "fishing", "river", "block", "mountain"))


@pytest.mark.parametrize("query", ['"fishng"', "fishng -river", "fishng or river", "-fishng"])
def test_a_query_that_says_what_is_exact_is_taken_at_its_word(query: str) -> None:
    assert meant(query, "fishing", "river") == []


def test_a_hyphen_within_a_word_excludes_nothing() -> None:
    assert meant("e-mali lits", "mail", "list", "e")[1:] == [["mail"], ["list"]]
