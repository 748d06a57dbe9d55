"""What the errors of Gemini, of its library and of the network mean here."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from google.auth.exceptions import GoogleAuthError, TransportError
from google.genai.errors import APIError

from coldreel.errors import (
    BadAnswerError,
    ColdreelError,
    ProviderError,
    RateLimitedError,
    UnauthorisedError,
    UnavailableError,
    UnknownThereError,
)

_MOST_WORDS = 300
"""Characters of Gemini's own words that a message repeats."""

_HTTP_OF_GRPC = {1: 499, 3: 400, 4: 504, 5: 404, 7: 403, 8: 429, 9: 400, 11: 400, 13: 500, 14: 503, 16: 401}
"""Batches tell errors by the numbers of gRPC (google.rpc.Code)."""


def meaning(error: Exception, setting: str, call_seconds: float) -> ColdreelError | None:
    """The error to raise in the place of one from below; None for what is a mistake in this program.

    setting: the name of the setting that chose the model
    """
    if isinstance(error, APIError):
        return of_status(error.code, error.message or "", setting, _details(error), _retry_after(error))
    if isinstance(error, GoogleAuthError):
        return _of_credentials(error)
    if _is_of_network(error, "TimeoutException"):
        return UnavailableError(
            f"Gemini did not answer within {call_seconds:g} s (COLDREEL_CALL_SECONDS); it is asked again"
        )
    if _is_of_network(error, "RequestError"):
        return UnavailableError(
            f"Gemini cannot be reached, or went away: {_short(str(error))}; check the network and, where it "
            "is set, COLDREEL_GEMINI_BASE_URL"
        )
    if isinstance(error, ValueError | KeyError):  # what the library says of a reply that it cannot read
        return BadAnswerError(f"Gemini's reply cannot be read, and it is asked again: {_short(str(error))}")
    return None


def of_status(
    code: int,
    words: str,
    setting: str,
    details: tuple[Mapping[str, Any], ...] = (),
    retry_after_s: float | None = None,
) -> ColdreelError:
    """The error that a status of HTTP, or a code of gRPC, stands for.

    words: what Gemini says about it
    """
    status, said = _HTTP_OF_GRPC.get(code, code), _short(words)
    reasons = {str(detail.get("reason")) for detail in details}
    if status in (401, 403) or "API_KEY_INVALID" in reasons or "API key not valid" in words:
        return UnauthorisedError(
            f"Gemini does not accept the key or the credentials: {said}. Check GEMINI_API_KEY, or for Vertex "
            "COLDREEL_GEMINI_PROJECT and its permissions, and that they may use the model"
        )
    if status == 429:
        waits = retry_after_s if retry_after_s is not None else _retry_delay(details)
        message = f"Gemini takes no more requests for now; the work waits, and goes on by itself: {said}"
        return RateLimitedError(message) if waits is None else RateLimitedError(message, waits)
    if status == 404:
        return UnknownThereError(f"Gemini does not know what it was asked for; check {setting}: {said}")
    if status in (408, 499) or status >= 500 or status < 400:
        return UnavailableError(f"Gemini has a difficulty of its own ({code}) and is asked again: {said}")
    return ProviderError(f"Gemini does not take this request ({code}): {said}")


def _of_credentials(error: GoogleAuthError) -> ColdreelError:
    if isinstance(error, TransportError) or error.retryable:
        return UnavailableError(f"Google's login cannot be reached: {_short(str(error))}; check the network")
    return UnauthorisedError(
        f"There are no credentials for Vertex that can be used: {_short(str(error))}. Run `gcloud auth "
        "application-default login`, or let GOOGLE_APPLICATION_CREDENTIALS name a service account's file"
    )


def _is_of_network(error: Exception, name: str) -> bool:
    """Gemini's library works with either of two HTTP clients, whose errors have the same names."""
    clients = (sys.modules[client] for client in ("httpx2", "httpx") if client in sys.modules)
    return any(isinstance(error, getattr(client, name)) for client in clients)


def _details(error: APIError) -> tuple[Mapping[str, Any], ...]:
    """google.rpc.ErrorInfo, RetryInfo and the like, from the body of the reply."""

    def walk(body: object) -> Iterator[Mapping[str, Any]]:
        inner = body.get("error", body) if isinstance(body, Mapping) else None
        details = inner.get("details") if isinstance(inner, Mapping) else None
        yield from (detail for detail in details or () if isinstance(detail, Mapping))

    return tuple(walk(error.details))


def _retry_after(error: APIError) -> float | None:
    """Seconds from the header `Retry-After`, which holds a number or a date (RFC 9110, section 10.2.3)."""
    headers = getattr(error.response, "headers", None)
    value = str(headers.get("retry-after", "")).strip() if headers is not None else ""
    if re.fullmatch(r"\d+(\.\d+)?", value):
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return None


def _retry_delay(details: tuple[Mapping[str, Any], ...]) -> float | None:
    """Seconds from google.rpc.RetryInfo, whose delays look like "34.07s"."""
    delays = (re.fullmatch(r"(\d+(?:\.\d+)?)s", str(detail.get("retryDelay"))) for detail in details)
    seconds = max((float(delay[1]) for delay in delays if delay), default=math.nan)
    return None if math.isnan(seconds) else seconds


def _short(words: str) -> str:
    plain = " ".join(words.split())
    return plain if len(plain) <= _MOST_WORDS else plain[:_MOST_WORDS] + "…"
