"""What Gemini is asked about a video: the request, the form of the answer, and the video itself."""

from __future__ import annotations

from functools import cache

from google.genai.types import (
    Content,
    GenerateContentConfig,
    GenerationConfig,
    JSONSchema,
    Part,
    Schema,
    VideoMetadata,
)

from coldreel.model import Transcript
from coldreel.understand.request import REQUEST, Answer

MOST_OUTPUT_TOKENS = 8192
"""Some ten times a long answer. One that repeats itself is cut here, not at the model's own limit."""

AS_IT_IS = VideoMetadata(fps=1.0)
"""The proxy has one frame a second, and each is to be looked at."""

JSON = "application/json"


@cache
def form() -> Schema:
    """Of the answer. Spelled out, so that a batch asks in the same words as a single call."""
    schema = Schema.from_json_schema(json_schema=JSONSchema.model_validate(Answer.model_json_schema()))
    schema.property_ordering = list(Answer.model_fields)
    return schema


def question(video: Part, transcript: Transcript | None) -> Content:
    """The video stands before the words, as the documentation advises ("Video understanding")."""
    parts = [video, Part(text=REQUEST)]
    if transcript is not None and transcript.text:
        parts.append(Part(text=heard(transcript)))
    return Content(role="user", parts=parts)


def heard(transcript: Transcript) -> str:
    """What a recogniser wrote down, as evidence."""
    return (
        f"A recogniser wrote down the speech of the video ({transcript.language}). It may be mistaken: what "
        f"you see and hear yourself counts more.\n{transcript.text}"
    )


def for_one_call() -> GenerateContentConfig:
    # A call that the library continues by itself would cost more than was ordered.
    return GenerateContentConfig(
        response_mime_type=JSON,
        response_schema=form(),
        max_output_tokens=MOST_OUTPUT_TOKENS,
        automatic_continuation=False,
    )


def for_a_batch() -> GenerationConfig:
    """The same, as it travels."""
    return GenerationConfig(
        response_mime_type=JSON, response_schema=form(), max_output_tokens=MOST_OUTPUT_TOKENS
    )
