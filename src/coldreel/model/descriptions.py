"""What a provider observed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from coldreel.model.vectors import Vector


@dataclass(frozen=True, slots=True)
class Description:
    """What a provider observed. What it could not see is empty, never guessed.

    Title, tags, genres and description are in English; `original_title` and `original_description` in the
    language of the video, where that is another and the provider knows it.
    """

    title: str
    tags: tuple[str, ...]
    genres: tuple[str, ...]
    description: str
    provider: str
    model: str
    prompt_version: str
    language: str | None = None
    original_title: str = ""
    original_description: str = ""
    on_screen_text: str = ""
    transcript: str = ""
    speech_share: float | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Understanding:
    """A description and the vector blocks that a provider measured; a missing block is absent."""

    description: Description
    blocks: Mapping[str, Vector]
