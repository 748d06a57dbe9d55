"""The sentences of a board: true to the evidence, and to no other number."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest

from coldreel.model import Board
from coldreel.recommend.boards import because

HIT = {
    "viewers": 412.0,
    "pleased": 301.0,
    "per_day": 96.04,
    "per_day_over_weeks": 40.96,
    "growth": 2.2,
    "lower": 0.6,
}
GEM = {"viewers": 11.0, "pleased": 9.0, "median_viewers": 240.5, "lower": 0.5, "upper_quintile": 0.4}


def _tried(viewers: float, pleased: float, tries_left: float) -> dict[str, float]:
    return {"viewers": float(viewers), "pleased": float(pleased), "tries_left": float(tries_left)}


@pytest.mark.parametrize(
    ("board", "evidence", "sentence"),
    [
        (Board.HITS, HIT, "412 viewers, 301 of them pleased; 96 a day lately, 41 over the last weeks"),
        (Board.GEMS, GEM, "11 viewers, 9 of them pleased; catalogue median 240.5 viewers"),
        (Board.BEST, GEM, "11 viewers, 9 of them pleased"),
        (Board.FRESH, _tried(0, 0, 50), "Nobody has seen it yet; on trial for at most 50 more viewers"),
        (Board.FRESH, _tried(1, 0, 1), "1 viewer, 0 of them pleased; on trial for at most 1 more viewer"),
        (Board.FRESH, _tried(7, 3, 40), "7 viewers, 3 of them pleased; on trial for at most 40 more viewers"),
        (Board.BEST, _tried(2e6, 3, 3), "2000000 viewers, 3 of them pleased"),
    ],
)  # fmt: skip
def test_the_evidence_is_said_in_a_sentence(
    board: Board, evidence: Mapping[str, float], sentence: str
) -> None:
    assert because(board, evidence) == sentence


@pytest.mark.parametrize(("board", "evidence"), [(Board.HITS, HIT), (Board.GEMS, GEM), (Board.BEST, GEM)])
def test_every_number_of_the_sentence_is_one_of_the_evidence(
    board: Board, evidence: Mapping[str, float]
) -> None:
    other = {name: number + 1000 for name, number in evidence.items()}
    said = [float(number) for number in re.findall(r"\d+(?:\.\d+)?", because(board, other))]
    assert said
    assert set(said) <= {round(number, 1) for number in other.values()}
