"""The tree of errors: every one has a message that helps, and a code of its own."""

from __future__ import annotations

import inspect
import pickle
from http import HTTPStatus

import pytest

from coldreel import errors
from coldreel.errors import ColdreelError, DatabaseError, RejectedError, WorkError

ALL = [
    error
    for _, error in inspect.getmembers(errors, inspect.isclass)
    if issubclass(error, ColdreelError) and error.__module__ == errors.__name__
]


@pytest.mark.parametrize("error", ALL)
def test_the_docstring_is_the_message(error: type[ColdreelError]) -> None:
    message = error().message
    assert message == inspect.cleandoc(error.__doc__ or "")
    assert message[0].isupper() or message.startswith("coldreel")
    assert message.endswith(".")
    assert "\n" not in message
    assert error("Another word.").message == str(error("Another word.")) == "Another word."


@pytest.mark.parametrize("error", ALL)
def test_an_error_has_a_code_and_a_status_that_http_knows(error: type[ColdreelError]) -> None:
    assert error.code.isidentifier()
    assert error.code.islower()
    assert HTTPStatus(error.status) >= HTTPStatus.BAD_REQUEST


def test_no_two_errors_share_a_code() -> None:
    codes = {error.code: error for error in ALL}
    assert len(codes) == len(ALL)


@pytest.mark.parametrize("error", ALL)
def test_an_error_travels_between_processes(error: type[ColdreelError]) -> None:
    for sent in (error(), error("Said in the child.")):
        come = pickle.loads(pickle.dumps(sent))
        assert (type(come), come.message, come.code) == (error, sent.message, sent.code)


def test_trying_again_helps_where_the_file_is_not_to_blame() -> None:
    assert WorkError.retryable
    assert DatabaseError.retryable
    assert not any(error.retryable for error in ALL if issubclass(error, RejectedError))
