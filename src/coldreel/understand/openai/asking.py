"""The conversation about one video: the question, and the one more that a bad answer gets."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Any, TypeAlias

from coldreel.errors import ProviderError
from coldreel.model import Material
from coldreel.understand.request import Answer
from coldreel.understand.wording import at, once_more, opening

Message: TypeAlias = dict[str, Any]

_SCHEMA = "The JSON object follows this JSON schema:\n{schema}"


def question(material: Material, takes_video: bool) -> Message:
    """What is asked first. Raises ProviderError when there is nothing to look at."""
    video = material.video if takes_video else None
    parts = [_text(opening(material.transcript, pictures=video is None))]
    if video is not None:
        parts.append(_file("video_url", "video/mp4", video))
    elif material.pictures:
        for picture in material.pictures:
            parts += [_text(at(picture.second)), _file("image_url", "image/jpeg", picture.jpeg)]
    else:
        raise ProviderError(
            "There is no picture of this video to show to a model; `coldreel ingest` it again"
        )
    return {"role": "user", "content": parts}


def repair(answer: str, error: str) -> list[Message]:
    """The model's own answer, and what is wrong with it."""
    return [
        {"role": "assistant", "content": answer or "(nothing)"},  # some servers take no empty message
        {"role": "user", "content": [_text(once_more(error))]},
    ]


def response_format() -> dict[str, Any]:
    """Binds a server that can do so to the form of an answer."""
    return {"type": "json_schema", "json_schema": {"name": "video", "strict": True, "schema": _schema()}}


def in_words(messages: Sequence[Message]) -> list[Message]:
    """The same conversation for a server that cannot be bound: the schema is part of the question."""
    first, *others = messages
    schema = _text(_SCHEMA.format(schema=json.dumps(_schema())))
    return [{**first, "content": [*first["content"], schema]}, *others]


def _schema() -> dict[str, Any]:
    """Of `request.Answer`, as strict servers want it: every field required, no other allowed, no defaults."""
    schema = Answer.model_json_schema()
    fields = {
        name: {key: value for key, value in field.items() if key != "default"}
        for name, field in schema["properties"].items()
    }
    return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def _file(kind: str, media_type: str, data: bytes) -> dict[str, Any]:
    return {"type": kind, kind: {"url": f"data:{media_type};base64,{base64.b64encode(data).decode()}"}}
