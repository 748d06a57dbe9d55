"""Showings as arrays: what was logged, and whether it pleased."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from coldreel.learn.reward import RewardRules
from coldreel.learn.showings import gathered
from coldreel.store.showings import ShownPlace

RULES = RewardRules()


def _place(**known: Any) -> ShownPlace:
    """A place with a video of 20 s; 14 s of it make a long view."""
    usual: dict[str, Any] = {
        "user": 1, "served": 1e9, "slot": "main", "propensity": None, "parts": {}, "duration_s": 20.0,
        "watched_s": 5.0, "liked": False, "shared": False, "not_interested": False,
    }  # fmt: skip
    return ShownPlace(**(usual | known))


@pytest.mark.parametrize(
    ("known", "pleased"),
    [
        pytest.param({"watched_s": 14.0}, True, id="a long view"),
        pytest.param({"watched_s": 13.9}, False, id="hardly shorter"),
        pytest.param({"watched_s": 0.5, "liked": True}, True, id="a like"),
        pytest.param({"watched_s": 0.5, "shared": True}, True, id="a share"),
        pytest.param({"watched_s": 60.0, "liked": True, "not_interested": True}, False, id="not interested"),
        pytest.param({"watched_s": 0.0, "not_interested": True}, False, id="not interested at once"),
    ],
)
def test_whether_a_showing_pleased(known: dict[str, Any], pleased: bool) -> None:
    showings = gathered([_place(**known)], ["bias"])
    assert showings.known().tolist() == [True]
    assert showings.pleased(RULES).tolist() == [float(pleased)]


def test_a_showing_that_nothing_is_known_of_is_missing_and_not_a_negative() -> None:
    places = [_place(watched_s=None), _place(watched_s=0.0), _place(watched_s=None, liked=True)]
    assert gathered(places, ["bias"]).known().tolist() == [False, True, False]


def test_features_are_read_by_name_and_those_of_no_name_left_out() -> None:
    showings = gathered(
        [_place(parts={"age": 0.5, "gone": 7.0}), _place(parts={"content_fit": 0.2})],
        ["bias", "content_fit", "age"],
    )
    assert showings.features.tolist() == [[1.0, 0.0, 0.5], [1.0, 0.2, 0.0]]


def test_the_fingerprint_is_that_of_the_data() -> None:
    def of(*places: ShownPlace) -> str:
        return gathered(places, ["bias"]).fingerprint

    assert of(_place()) == of(_place())
    assert len({of(_place()), of(_place(liked=True)), of(_place(user=2)), of(_place(), _place()), of()}) == 5


def test_rows_can_be_taken_out() -> None:
    showings = gathered(
        [_place(user=n, slot="main" if n else "fresh", propensity=n or None) for n in range(4)], ["bias"]
    )
    some = showings[showings.users >= 2]
    assert (some.users.tolist(), some.propensity.tolist(), len(some)) == ([2, 3], [2.0, 3.0], 2)
    assert len(np.unique(showings.slots)) == 2
