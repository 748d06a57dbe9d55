"""What a generative model is asked about a video, and the form of its answer: the same for every provider."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from coldreel.errors import BadAnswerError
from coldreel.model import Description

VERSION = "1"
"""Of the request and the form: a change of either asks every video anew."""

REQUEST = """\
You are shown a short video: its frames at one a second, and its sound where it has any. Look at every frame
and listen to the sound before you answer.

Write down only what can be seen or heard. Do not guess names, places, brands, reasons or what happens outside
the picture, and add nothing that is not in the video. Leave a field empty rather than fill it with a guess.

Answer with one JSON object with these fields:
- title: a short title in English.
- tags: up to 15 English words or short phrases in lower case for what is there: people, animals, things,
  places, actions, music, mood. No number signs.
- genres: one to three English genres, such as Cooking, Comedy, Dance, Sports, Pets, Tutorial; none if none
  fits.
- description: two to four plain English sentences on what happens.
- language: the code (ISO 639-1) of the language that is spoken, sung or written in the video; empty if there
  is none.
- original_title, original_description: title and description once more in that language; empty if it is
  English or there is none.
- on_screen_text: the words written on the screen, as they are written; empty if there are none.
"""


def _storable(text: object) -> object:
    """PostgreSQL keeps no zero byte, and no half of a character; models write both at times."""
    if not isinstance(text, str):
        return text
    return text.replace("\0", "").encode("utf-8", "replace").decode()


Words = Annotated[str, BeforeValidator(_storable)]


class Answer(BaseModel):
    """The form of an answer."""

    model_config = ConfigDict(extra="ignore", str_strip_whitespace=True)

    title: Words
    tags: list[Words]
    genres: list[Words]
    description: Words
    language: Words = ""
    original_title: Words = ""
    original_description: Words = ""
    on_screen_text: Words = ""


def parse(text: str) -> dict[str, Any]:
    """An answer as plain JSON values. Raises BadAnswerError, which says what is wrong with it."""
    if not text.strip():
        raise BadAnswerError("The model's answer is empty")
    try:
        answer = Answer.model_validate_json(text)
    except ValidationError as error:
        raise BadAnswerError(f"The model's answer is not as asked: {_first(error)}") from None
    if not (answer.title or answer.description):
        raise BadAnswerError("The model's answer has neither a title nor a description")
    return answer.model_dump()


def describe(
    answer: Mapping[str, Any], provider: str, model: str, evidence: Mapping[str, Any] | None = None
) -> Description:
    """The description that an answer of `parse` makes."""
    read = Answer.model_validate(answer)
    return Description(
        title=read.title,
        tags=tuple(dict.fromkeys(tag.lstrip("#").strip() for tag in read.tags if tag.strip("# "))),
        genres=tuple(dict.fromkeys(genre for genre in read.genres if genre)),
        description=read.description,
        provider=provider,
        model=model,
        prompt_version=VERSION,
        language=read.language or None,
        original_title=read.original_title,
        original_description=read.original_description,
        on_screen_text=read.on_screen_text,
        evidence=dict(evidence or {}),
    )


def _first(error: ValidationError) -> str:
    line = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in line["loc"])
    return f"{where}: {line['msg']}" if where else str(line["msg"])
