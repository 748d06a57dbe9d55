"""Gemini as a provider: the small video of one frame a second becomes a description."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from coldreel.model import Material, Understanding
from coldreel.settings import Settings
from coldreel.understand import request
from coldreel.understand.contract import BatchService, MaterialProvider, Medium
from coldreel.understand.gemini import connection, tokens
from coldreel.understand.gemini.connection import Connection
from coldreel.understand.gemini.tokens import Prices
from coldreel.understand.gemini.words import GeminiText
from coldreel.understand.metering import Meter, Order, Reply
from coldreel.understand.spaces import TEXT, Block, Space, Template

if TYPE_CHECKING:  # heavy, and not for who only asks what is set up
    from google.auth.credentials import Credentials

NAME = "gemini"
MODEL_SETTING = "COLDREEL_GEMINI_MODEL"


class Gemini(MaterialProvider):
    """The words are Gemini's, and so is the one block of its space: the embedded words."""

    name = NAME
    takes = frozenset({Medium.VIDEO, Medium.URI})

    def __init__(
        self,
        settings: Settings,
        meter: Meter,
        credentials: Credentials | None = None,
        inline_bytes: int | None = None,
    ) -> None:
        """credentials: for Vertex, in the place of those that the machine has
        inline_bytes: of a request; a larger video is uploaded before it
        """
        self.settings, self.meter = settings, meter
        self.connection = Connection(settings, credentials)
        self.model = settings.gemini_model
        self.text = GeminiText(self.connection, meter)
        self.version = f"{request.VERSION}-{self.model}-{self.text.name}"
        self.space = Space(
            self.text.name,
            (Block(TEXT, self.text.dimensions, 1.0),),
            Template.DESCRIBED,
            NAME,
            self.text.name,
        )
        self._inline_bytes = inline_bytes

    @staticmethod
    def lacks(settings: Settings) -> str | None:
        return connection.lacks(settings)

    @classmethod
    def open(cls, settings: Settings, meter: Meter) -> Gemini:
        return cls(settings, meter)

    def understand(self, material: Material) -> Understanding:
        """The description; blocks are empty, since Gemini gives words and no vectors of the video itself.

        Raises RefusedError, BadAnswerError, RateLimitedError, UnauthorisedError, UnavailableError,
        ProviderError, and BudgetReachedError.
        """
        answer = self.meter.buy(self.order(material), lambda: self._ask(material))
        return Understanding(request.describe(answer, NAME, self.model), {})

    def order(self, material: Material) -> Order:
        """What describing a video should take."""
        return tokens.order(self.settings, material, Prices.of_describing(self.settings))

    @cached_property
    def batches(self) -> BatchService | None:
        """None on Vertex, which takes batches from buckets only."""
        if self.connection.is_vertex:
            return None
        from coldreel.understand.gemini.batches import GeminiBatches

        return GeminiBatches(self.connection, MODEL_SETTING)

    def _ask(self, material: Material) -> Reply:
        from coldreel.understand.gemini.asking import for_one_call, question
        from coldreel.understand.gemini.reading import read
        from coldreel.understand.gemini.videos import INLINE_BYTES, at_hand

        most = INLINE_BYTES if self._inline_bytes is None else self._inline_bytes
        with (
            at_hand(material, self.connection, MODEL_SETTING, most) as video,
            self.connection.asking(MODEL_SETTING) as client,
        ):
            contents = [question(video, material.transcript)]
            response = client.models.generate_content(
                model=self.model, contents=contents, config=for_one_call()
            )
            return read(response, Prices.of_describing(self.settings))
