"""How many tokens a call to Gemini takes, rather too many than too few, and what they cost."""

from __future__ import annotations

import math
from dataclasses import dataclass

from coldreel.model import Material
from coldreel.settings import Settings
from coldreel.understand.metering import DESCRIBE, Order, Usage
from coldreel.understand.request import REQUEST, VERSION

A_SECOND = 300
"""Tokens of a second of video with its sound at the default resolution (ai.google.dev, "Video understanding":
258 for the frame, 32 for the sound, and its timestamp)."""

A_SECOND_GEMINI_3 = 102
"""The same for Gemini 3, by the documentation of `media_resolution`: 70 for a frame, 32 for the sound."""

ANSWER = 800
"""Tokens of an answer and of the thinking before it; such descriptions take 200 to 400."""

BYTES_A_TOKEN = 3
"""Of UTF-8. The documentation says four letters; scripts such as Chinese take about a token a character."""

FORM = 300
"""Tokens of the schema that the answer has to follow."""

BATCH_SHARE = 0.5
"""Of the price, when asked in batches (ai.google.dev, "Batch API")."""


@dataclass(frozen=True, slots=True)
class Prices:
    """US dollars for a million tokens."""

    input: float
    output: float = 0.0

    @classmethod
    def of_describing(cls, settings: Settings) -> Prices:
        return cls(settings.gemini_input_price, settings.gemini_output_price)

    @classmethod
    def of_batches(cls, settings: Settings) -> Prices:
        return cls(settings.gemini_input_price * BATCH_SHARE, settings.gemini_output_price * BATCH_SHARE)

    @classmethod
    def of_embedding(cls, settings: Settings) -> Prices:
        return cls(settings.gemini_embedding_price)

    def usage(self, input_tokens: int, output_tokens: int = 0) -> Usage:
        cost = (input_tokens * self.input + output_tokens * self.output) / 1e6
        return Usage(input_tokens, output_tokens, cost)


def order(settings: Settings, material: Material, prices: Prices) -> Order:
    """What describing a video should take."""
    spoken = material.transcript.text if material.transcript is not None else ""
    usage = prices.usage(*of_describing(material.facts.duration_s, spoken))
    return Order("gemini", settings.gemini_model, DESCRIBE, VERSION, material.content_hash, usage)


def of_words(words: str) -> int:
    """Tokens of a text."""
    return math.ceil(len(words.encode()) / BYTES_A_TOKEN)


def of_describing(seconds: float, transcript: str = "", a_second: int = A_SECOND) -> tuple[int, int]:
    """Input and output tokens of a question about a video of so many seconds."""
    return of_words(REQUEST + transcript) + FORM + max(1, math.ceil(seconds)) * a_second, ANSWER
