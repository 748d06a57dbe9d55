"""What a parent believes of a child's answer."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from coldreel.errors import NotAVideoError
from coldreel.media.messages import answer
from coldreel.model import Playback


class Attribute:
    """Pickled as an attribute: so does Debian 12's Python with members of enums."""

    def __init__(self, owner: type, name: str) -> None:
        self._of = owner, name

    def __reduce__(self) -> Any:
        return getattr, self._of


def test_a_member_of_an_enum_is_data_however_it_was_pickled() -> None:
    for sent in (Playback.REMUX, Attribute(Playback, "REMUX")):
        assert answer(pickle.dumps((True, sent))) is Playback.REMUX


@pytest.mark.parametrize(
    "sent",
    [Attribute(NotAVideoError, "with_traceback"), Attribute(Playback, "mro"), eval],
    ids=["a method of an error", "a method of an enum", "a function"],
)
def test_no_other_attribute_is_and_no_function(sent: object) -> None:
    with pytest.raises((pickle.UnpicklingError, KeyError)):
        answer(pickle.dumps((True, sent)))
