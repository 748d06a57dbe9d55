"""What a server's errors mean here, and what a person can do about each."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

from openai import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    OpenAIError,
)

from coldreel.errors import (
    BadAnswerError,
    BudgetReachedError,
    ProviderError,
    RateLimitedError,
    RefusedError,
    UnauthorisedError,
    UnavailableError,
)
from coldreel.settings import Settings

_NO_SCHEMA = ("response_format", "response format", "json_schema", "structured output", "grammar")
"""One of these stands in the complaint of a server that cannot be bound to a schema."""
_FLAGGED = ("content_filter", "content_policy_violation")
"""Codes of a service that does not want to see the video."""
_NO_CREDIT = "insufficient_quota"
"""Waiting does not help against this one."""
_QUOTED = 300
"""Characters of a server's own message that are passed on."""


def refuses_schema(error: APIStatusError) -> bool:
    """Whether the server takes the question, and only not the form that the answer is bound to."""
    complaint = f"{error.param or ''} {error.message}".casefold()
    return any(sign in complaint for sign in _NO_SCHEMA)


def understood(error: OpenAIError | ValueError, settings: Settings, setting: str) -> ProviderError:
    """The error as coldreel knows it. `setting` names the one that holds the model."""
    address = shown(settings.openai_base_url)
    if isinstance(error, APITimeoutError):
        return UnavailableError(
            f"{address} did not answer within {settings.call_seconds:g} s; check what it is busy with, or "
            "set COLDREEL_CALL_SECONDS higher"
        )
    if isinstance(error, APIConnectionError):
        return UnavailableError(
            f"{address} cannot be reached ({error.__cause__ or error.message}); check that the server runs, "
            "and COLDREEL_OPENAI_BASE_URL"
        )
    if isinstance(error, APIStatusError):
        return _of_status(error, settings, setting)
    if isinstance(error, ValueError):
        return BadAnswerError(f"What {address} answers is no JSON ({error}); check COLDREEL_OPENAI_BASE_URL")
    return ProviderError(f"The request could not be made: {error}")


def _of_status(error: APIStatusError, settings: Settings, setting: str) -> ProviderError:
    address, status = shown(settings.openai_base_url), error.status_code
    said = f"{address} says {status}: {_quoted(error, settings)}"
    if error.code in _FLAGGED:
        return RefusedError(f"{said}; `coldreel redescribe --failed --provider NAME` asks another")
    if error.code == _NO_CREDIT:
        return BudgetReachedError(f"{said}; add credit there, then go on")
    if status in (401, 403):
        return UnauthorisedError(f"{said}; check COLDREEL_OPENAI_API_KEY, and that it may use the model")
    if status == 404:
        return ProviderError(
            f"{said}; check {setting}, and COLDREEL_OPENAI_BASE_URL, which for most servers ends with /v1"
        )
    if status == 429:
        return RateLimitedError(f"{said}; the work waits, and goes on by itself", _seconds(error))
    if status >= 500 or status == 408:
        return UnavailableError(f"{said}; it is tried again, and the server's own log may say more")
    return ProviderError(
        f"{said}; check that {setting} is a model for this, and that it takes as many pictures as "
        "COLDREEL_PICTURES allows"
    )


def _seconds(error: APIStatusError) -> float:
    """How long the server wants to be left alone; a default where it does not say it in seconds."""
    try:
        return max(0.0, float(error.response.headers["retry-after"]))
    except (KeyError, ValueError):
        return RateLimitedError().retry_after_s


def _quoted(error: APIStatusError, settings: Settings) -> str:
    """The server's own words, without the key."""
    told = error.body.get("message") if isinstance(error.body, dict) else None
    words = " ".join(str(told or error.message).split())
    if settings.openai_api_key:
        words = words.replace(settings.openai_api_key, "…")
    return words if len(words) <= _QUOTED else words[:_QUOTED] + "…"


def shown(address: str) -> str:
    """An address without the name and the password that may stand in it."""
    parts = urlsplit(address)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
