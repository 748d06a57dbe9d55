"""One server: what is sent to it, and what comes back."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar, cast

import openai
from openai import BadRequestError, OpenAIError, UnprocessableEntityError

from coldreel.errors import BadAnswerError, ProviderError, RefusedError
from coldreel.settings import Settings
from coldreel.understand.metering import Usage
from coldreel.understand.openai import prices
from coldreel.understand.openai.asking import Message, in_words, response_format
from coldreel.understand.openai.complaints import refuses_schema, shown, understood

T = TypeVar("T")

NO_KEY = "none"
"""The SDK wants a key for every server."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a model wrote, and what that took. `error`: why it is no answer, although it was paid for."""

    text: str
    usage: Usage
    error: ProviderError | None = None


class Server:
    """Calls are made once: whoever called tries again, in its turn."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._address = shown(settings.openai_base_url)
        self._binds = True
        """Whether it is still thought to take the schema of an answer."""

    def complete(self, messages: Sequence[Message]) -> Said:
        """The model's next message, bound to the form of an answer where the server can do that.

        A refusal, or a message that was cut short, carries its error. Raises BadAnswerError for what is no
        chat completion, UnauthorisedError, RateLimitedError, UnavailableError and other ProviderErrors.
        """
        answer = self._send(lambda: self._bound(messages), "COLDREEL_OPENAI_MODEL")
        choices = getattr(answer, "choices", None)  # the SDK lets anything through that is JSON
        message = getattr(choices[0], "message", None) if choices else None
        if not choices or message is None:
            raise BadAnswerError(
                f"What {self._address} answers is no chat completion; check COLDREEL_OPENAI_BASE_URL, which "
                "for most servers ends with /v1"
            )
        read, written = _count(answer, "prompt_tokens"), _count(answer, "completion_tokens")
        words = message.content if isinstance(message.content, str) else ""
        error = self._useless(message.refusal, choices[0].finish_reason)
        return Said(words, prices.describing(self._settings, read, written), error)

    def _useless(self, refusal: str | None, finish_reason: str) -> ProviderError | None:
        """Why a message is no answer."""
        if refusal or finish_reason == "content_filter":
            return RefusedError(
                f"{self._settings.openai_model} would not describe this video"
                f" ({refusal or 'its filter took the answer back'}); "
                "`coldreel redescribe --failed --provider NAME` asks another"
            )
        if finish_reason == "length":
            return BadAnswerError(
                "The model's answer was cut short: it reached the most tokens that it may write"
            )
        return None

    def embed(self, texts: Sequence[str], dimensions: int | None) -> tuple[list[list[float]], Usage]:
        """One vector for each text, in their order, as the server gives it.

        dimensions: asks for vectors of that size; None leaves it to the model
        Raises BadAnswerError for another number of vectors, and the errors of `complete`.
        """
        settings = self._settings
        size: dict[str, Any] = {} if dimensions is None else {"dimensions": dimensions}
        answer = self._send(
            lambda: self._client.embeddings.create(
                input=list(texts),
                model=settings.openai_embedding_model or "",
                encoding_format="float",
                **size,
            ),
            "COLDREEL_OPENAI_EMBEDDING_MODEL",
        )
        rows = {row.index: row.embedding for row in getattr(answer, "data", None) or []}
        if sorted(rows) != list(range(len(texts))) or not all(_numbers(row) for row in rows.values()):
            raise BadAnswerError(
                f"{self._address} was asked for {len(texts)} text vectors and gave {len(rows)} that can be "
                "used; check that COLDREEL_OPENAI_EMBEDDING_MODEL is a model for text vectors"
            )
        usage = prices.embedding(settings, _count(answer, "prompt_tokens"))
        return [rows[index] for index in range(len(texts))], usage

    @cached_property
    def _client(self) -> openai.OpenAI:
        return openai.OpenAI(
            api_key=self._settings.openai_api_key or NO_KEY,
            base_url=self._settings.openai_base_url,
            timeout=self._settings.call_seconds,
            max_retries=0,
        )

    def _bound(self, messages: Sequence[Message]) -> object:
        if self._binds:
            try:
                return self._create(messages, {"response_format": response_format()})
            except (BadRequestError, UnprocessableEntityError) as error:
                if not refuses_schema(error):
                    raise
                self._binds = False
        return self._create(in_words(messages), {})

    def _create(self, messages: Sequence[Message], form: dict[str, Any]) -> object:
        talk = cast("Any", list(messages))  # `video_url` is not among the SDK's types
        return self._client.chat.completions.create(
            model=self._settings.openai_model or "", messages=talk, **form
        )

    def _send(self, call: Callable[[], T], setting: str) -> T:
        try:
            return call()
        except (OpenAIError, ValueError) as error:
            raise understood(error, self._settings, setting) from error


def _count(answer: object, name: str) -> int:
    """Tokens; zero for a server that does not count them."""
    return int(getattr(getattr(answer, "usage", None), name, None) or 0)


def _numbers(row: object) -> bool:
    return isinstance(row, list) and all(isinstance(v, float | int) and math.isfinite(v) for v in row)
