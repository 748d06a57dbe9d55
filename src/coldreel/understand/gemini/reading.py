"""What Gemini's replies say: an answer, a refusal, or nothing of use; and the tokens that they took."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from coldreel.errors import BadAnswerError, ColdreelError, RefusedError, UnauthorisedError
from coldreel.understand.gemini.tokens import Prices
from coldreel.understand.metering import Reply
from coldreel.understand.request import parse

DONE = "STOP"
CUT = frozenset({"MAX_TOKENS", "CONTINUATION"})
REFUSALS = frozenset(
    {
        "SAFETY",
        "RECITATION",
        "BLOCKLIST",
        "PROHIBITED_CONTENT",
        "SPII",
        "LANGUAGE",
        "IMAGE_SAFETY",
        "IMAGE_PROHIBITED_CONTENT",
        "IMAGE_RECITATION",
        "ESCALATION",
        "MODEL_ARMOR",
    }
)
"""Reasons to stop that have to do with the video: asking again brings the same."""
ACCOUNT = "PUP_LIMITED_DISABLED"


class _Wire(BaseModel):
    """A part of a reply that is looked at: from the library's object, or from the JSON of a batch."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, from_attributes=True, extra="ignore"
    )


class _Part(_Wire):
    text: str | None = None
    thought: bool | None = None


class _Content(_Wire):
    parts: list[_Part] | None = None


class _Candidate(_Wire):
    content: _Content | None = None
    finish_reason: str | None = None
    finish_message: str | None = None


class _Feedback(_Wire):
    block_reason: str | None = None
    block_reason_message: str | None = None


class _Tokens(_Wire):
    prompt_token_count: int | None = None
    candidates_token_count: int | None = None
    thoughts_token_count: int | None = None


class _Response(_Wire):
    candidates: list[_Candidate] | None = None
    prompt_feedback: _Feedback | None = None
    usage_metadata: _Tokens | None = None


def read(response: object, prices: Prices) -> Reply:
    """The reply that a response makes; one of no use carries its error, and costs what it took.

    response: the library's GenerateContentResponse, or the JSON of one
    Raises pydantic's ValidationError for what is no response at all.
    """
    said = _Response.model_validate(response)
    tokens = said.usage_metadata or _Tokens()
    usage = prices.usage(
        tokens.prompt_token_count or 0,
        (tokens.candidates_token_count or 0) + (tokens.thoughts_token_count or 0),
    )
    try:
        return Reply(parse(_text(said)), usage)
    except ColdreelError as error:
        return Reply({}, usage, error)


def _text(said: _Response) -> str:
    """Raises RefusedError, BadAnswerError."""
    feedback = said.prompt_feedback
    if feedback is not None and feedback.block_reason:
        raise _refusal(feedback.block_reason, feedback.block_reason_message)
    if not said.candidates:
        raise BadAnswerError("Gemini answered nothing; it is asked again")
    candidate = said.candidates[0]
    reason = candidate.finish_reason or DONE
    if reason in REFUSALS:
        raise _refusal(reason, candidate.finish_message)
    if reason == ACCOUNT:
        raise UnauthorisedError(f"Google has limited the account of the key ({reason}); ask Google why")
    if reason in CUT:
        raise BadAnswerError(f"Gemini's answer was cut at the most tokens ({reason}); it is asked again")
    if reason != DONE:
        raise BadAnswerError(f"Gemini stopped before the end of its answer ({reason}); it is asked again")
    parts = candidate.content.parts if candidate.content is not None else None
    return "".join(part.text for part in parts or () if part.text and not part.thought)


def _refusal(reason: str, words: str | None) -> RefusedError:
    said = f"{reason}: {words}" if words else reason
    return RefusedError(
        f"Gemini would not describe this video ({said}); `coldreel redescribe --failed --provider NAME` asks "
        "another"
    )
