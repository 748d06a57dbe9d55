"""What Gemini's errors and its reasons to stop mean, one by one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx2
import pytest
from google.auth.exceptions import DefaultCredentialsError, TransportError
from google.genai.errors import ClientError
from google.genai.types import BlockedReason, FinishReason

from coldreel.errors import (
    BadAnswerError,
    ColdreelError,
    ProviderError,
    RateLimitedError,
    RefusedError,
    UnauthorisedError,
    UnavailableError,
    UnknownThereError,
)
from coldreel.understand.gemini.failures import meaning, of_status
from coldreel.understand.gemini.reading import ACCOUNT, CUT, DONE, REFUSALS, read
from coldreel.understand.gemini.tokens import Prices

SETTING = "COLDREEL_GEMINI_MODEL"
PRICES = Prices(0.3, 2.5)
ANSWER = '{"title": "A dog", "tags": [], "genres": [], "description": "It runs."}'


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, ProviderError),
        (401, UnauthorisedError),
        (403, UnauthorisedError),
        (404, UnknownThereError),
        (408, UnavailableError),
        (413, ProviderError),
        (429, RateLimitedError),
        (499, UnavailableError),
        (500, UnavailableError),
        (502, UnavailableError),
        (504, UnavailableError),
    ],
)
def test_a_status_has_its_error(status: int, kind: type[ColdreelError]) -> None:
    error = of_status(status, "Said by Google.", SETTING)
    assert type(error) is kind
    assert "Said by Google." in error.message


def test_long_words_of_google_are_shortened() -> None:
    assert len(of_status(400, "too much " * 1000, SETTING).message) < 400


def limited(headers: dict[str, str], *details: dict[str, Any]) -> float:
    body = {"error": {"code": 429, "message": "Quota.", "status": "RESOURCE_EXHAUSTED", "details": details}}
    error = meaning(ClientError(429, body, httpx2.Response(429, headers=headers)), SETTING, 120)
    assert isinstance(error, RateLimitedError)
    return error.retry_after_s


def test_when_to_come_back_is_a_number_a_date_or_a_detail() -> None:
    delay = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34.07s"}
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
    past = format_datetime(datetime.now(UTC) - timedelta(seconds=100), usegmt=True)
    assert limited({"Retry-After": "7"}) == 7
    assert limited({"Retry-After": "7"}, delay) == 7
    assert 90 < limited({"Retry-After": soon}) <= 100
    assert limited({"Retry-After": past}) == 0
    assert limited({}, {"@type": "type.googleapis.com/google.rpc.Help"}, delay) == 34.07
    assert limited({"Retry-After": "soon"}) == limited({}) == RateLimitedError().retry_after_s


def test_errors_of_the_login_are_told_apart() -> None:
    assert isinstance(meaning(TransportError("no route"), SETTING, 120), UnavailableError)
    assert isinstance(meaning(DefaultCredentialsError("none"), SETTING, 120), UnauthorisedError)


def test_a_mistake_of_this_program_is_not_hidden() -> None:
    assert meaning(AttributeError("no such thing"), SETTING, 120) is None


def stopped(reason: str) -> type[ColdreelError] | None:
    said = {"candidates": [{"finishReason": reason, "content": {"parts": [{"text": ANSWER}]}}]}
    reply = read(said, PRICES)
    return None if reply.error is None else type(reply.error)


@pytest.mark.parametrize("reason", FinishReason.__members__)
def test_a_reason_to_stop_is_an_end_a_refusal_or_a_bad_answer(reason: str) -> None:
    if reason == DONE:
        assert stopped(reason) is None
    elif reason == ACCOUNT:
        assert stopped(reason) is UnauthorisedError
    else:
        assert stopped(reason) is (RefusedError if reason in REFUSALS else BadAnswerError)


def test_the_reasons_are_those_of_the_library() -> None:
    assert {DONE, ACCOUNT, *CUT, *REFUSALS} <= set(FinishReason.__members__)


@pytest.mark.parametrize("reason", BlockedReason.__members__)
def test_every_block_of_a_video_is_a_refusal(reason: str) -> None:
    reply = read({"promptFeedback": {"blockReason": reason, "blockReasonMessage": "Said."}}, PRICES)
    assert isinstance(reply.error, RefusedError)
    assert f"{reason}: Said." in reply.error.message


def test_a_reason_that_is_not_known_yet_is_a_bad_answer() -> None:
    assert stopped("NEW_REASON") is BadAnswerError


def test_thoughts_are_no_part_of_the_answer_and_are_paid_for() -> None:
    parts = [{"text": "Hm. ", "thought": True}, {"text": ANSWER[:20]}, {"text": ANSWER[20:]}]
    usage = {"promptTokenCount": 1000, "candidatesTokenCount": 30, "thoughtsTokenCount": 70}
    reply = read({"candidates": [{"content": {"parts": parts}}], "usageMetadata": usage}, PRICES)
    assert reply.error is None
    assert reply.answer["title"] == "A dog"
    assert reply.usage.cost == pytest.approx((1000 * 0.3 + 100 * 2.5) / 1e6)
