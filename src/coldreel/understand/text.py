"""The words of an item that are embedded and searched."""

from __future__ import annotations

from collections.abc import Iterable

from coldreel.model import Description, Given
from coldreel.understand.spaces import Template

NOTHING_GIVEN = Given()
IMPORTED = "imported"
"""Stands for the provider of descriptions that came with a table."""


def text_of(description: Description, given: Given = NOTHING_GIVEN) -> str:
    """All words of an item: "title. genres. description tags", then what is on the screen, and what is said.

    The given title stands first, the given tags beside the observed ones, and those in the language of the
    video beside the English ones. Full-text search reads this.
    """
    titles = _distinct([given.title or "", description.title, description.original_title])
    tags = _distinct([*given.tags, *description.tags])
    sentences = [*titles, ", ".join(description.genres), " ".join([description.description, ", ".join(tags)])]
    rest = [description.original_description, description.on_screen_text, description.transcript]
    return _sentences([*sentences, *rest])


def text_read(description: Description, given: Given = NOTHING_GIVEN) -> str:
    """Only the words of people: given title and tags, text on the screen, what is said; often empty."""
    own = [description.on_screen_text, description.transcript]
    return _sentences([given.title or "", ", ".join(given.tags), *own])


def text_for(template: Template, description: Description, given: Given = NOTHING_GIVEN) -> str:
    """What a space with this template embeds as its text block.

    Words that came with a table are people's words as much as those on the screen.
    """
    if template is Template.READ and description.provider != IMPORTED:
        return text_read(description, given)
    return text_of(description, given)


def _sentences(parts: Iterable[str]) -> str:
    return ". ".join(part.strip().rstrip(".") for part in parts if part.strip())


def _distinct(words: Iterable[str]) -> list[str]:
    return list({word.casefold(): word for word in words if word.strip()}.values())
