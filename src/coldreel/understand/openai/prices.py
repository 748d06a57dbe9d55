"""What calls cost, at the prices in the settings."""

from __future__ import annotations

from coldreel.settings import Settings
from coldreel.understand.metering import Usage


def describing(settings: Settings, read: int, written: int) -> Usage:
    """Of tokens that the describing model reads and writes."""
    dollars = (read * settings.openai_input_price + written * settings.openai_output_price) / 1e6
    return Usage(read, written, dollars)


def embedding(settings: Settings, read: int) -> Usage:
    """Of tokens that the embedding model reads."""
    return Usage(read, 0, read * settings.openai_embedding_price / 1e6)


def together(one: Usage, other: Usage) -> Usage:
    return Usage(
        one.input_tokens + other.input_tokens, one.output_tokens + other.output_tokens, one.cost + other.cost
    )
