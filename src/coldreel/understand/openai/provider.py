"""The provider `openai`."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from coldreel.errors import BadAnswerError, ProviderError
from coldreel.model import Material, Understanding
from coldreel.settings import Settings
from coldreel.understand import request
from coldreel.understand.contract import MaterialProvider, Medium, TextEmbedder
from coldreel.understand.hashing import Hashing
from coldreel.understand.metering import DESCRIBE, Meter, Order, Reply, Usage
from coldreel.understand.openai import prices
from coldreel.understand.openai.asking import question, repair
from coldreel.understand.openai.embedding import OpenAIText
from coldreel.understand.spaces import TEXT, Block, Space, Template

if TYPE_CHECKING:
    from coldreel.understand.openai.server import Said, Server

NAME = "openai"
KEYED_HOST = "api.openai.com"
"""The one server that is known to want a key."""
HASHED = 768
"""Dimensions of words without an embedding model."""

_PICTURE_TOKENS, _WORD_TOKENS, _WRITTEN_TOKENS = 1000, 1500, 1500
"""What a picture, the question and the answer should take, rather too much: models that are known take 300 to
800 tokens for a picture of 768 by 432, and write about 300."""


class OpenAI(MaterialProvider):
    """Shows pictures, or the small video, to a model behind OpenAI's protocol, which answers as JSON.

    The model's words are the only block: embedded by the embedding model that is set, else hashed.
    """

    name, version = NAME, request.VERSION

    def __init__(self, settings: Settings, meter: Meter) -> None:
        self._settings, self._meter = settings, meter
        self.model = settings.openai_model or ""
        self.takes = frozenset({Medium.VIDEO if settings.openai_takes_video else Medium.FRAMES})
        self.text: TextEmbedder = (
            OpenAIText(settings, meter) if settings.openai_embedding_model else Hashing(HASHED)
        )
        self.space = Space(
            f"{NAME}-{self.version} ({self.text.name})",
            (Block(TEXT, self.text.dimensions, 1.0),),
            Template.DESCRIBED,
            NAME,
            self.text.name,
        )

    @staticmethod
    def lacks(settings: Settings) -> str | None:
        """The SDK, the model's name, or the key of the one server that is known to want one."""
        if find_spec("openai") is None:
            return 'its package is not installed: pip install "coldreel[openai]"'
        if settings.openai_model is None:
            return (
                "no model is set: COLDREEL_OPENAI_MODEL names one that takes pictures, and "
                "COLDREEL_OPENAI_BASE_URL a server of your own, such as http://localhost:11434/v1"
            )
        address = urlsplit(settings.openai_base_url)
        if address.scheme not in ("http", "https") or not address.hostname:
            return (
                f"COLDREEL_OPENAI_BASE_URL is {settings.openai_base_url!r}; it must be an address such as "
                "http://localhost:11434/v1"
            )
        if address.hostname == KEYED_HOST and not settings.openai_api_key:
            return (
                f"no key is set for {KEYED_HOST}: set COLDREEL_OPENAI_API_KEY, or COLDREEL_OPENAI_BASE_URL "
                "for a server of your own"
            )
        return None

    @classmethod
    def open(cls, settings: Settings, meter: Meter) -> OpenAI:
        """Raises ProviderError where something is lacking."""
        if (lacking := cls.lacks(settings)) is not None:
            raise ProviderError(f"Provider {NAME} is not ready: {lacking}")
        return cls(settings, meter)

    def understand(self, material: Material) -> Understanding:
        """What the model wrote. An answer not as asked gets one more try, then it is a BadAnswerError."""
        order = Order(
            NAME, self.model, DESCRIBE, request.VERSION, material.content_hash, self._expected(material)
        )
        answer = self._meter.buy(order, lambda: self._ask(material))
        return Understanding(request.describe(answer, NAME, self.model, self._evidence(material)), {})

    @cached_property
    def _server(self) -> Server:
        from coldreel.understand.openai.server import Server  # the SDK: not for who only asks

        return Server(self._settings)

    def _ask(self, material: Material) -> Reply:
        talk = [question(material, Medium.VIDEO in self.takes)]
        said = self._server.complete(talk)
        reply = _read(said)
        if said.error is not None or reply.error is None:
            return reply
        try:
            again = self._server.complete([*talk, *repair(said.text, reply.error.message)])
        except ProviderError as error:
            return Reply({}, said.usage, error)  # the first answer is on the bill all the same
        return replace(_read(again), usage=prices.together(said.usage, again.usage))

    def _expected(self, material: Material) -> Usage:
        seen = len(material.pictures) or int(material.facts.duration_s) + 1
        read = _WORD_TOKENS + seen * _PICTURE_TOKENS
        return prices.describing(self._settings, read, _WRITTEN_TOKENS)

    def _evidence(self, material: Material) -> dict[str, Any]:
        """What the model was given."""
        spoken = material.transcript is not None and bool(material.transcript.spoken)
        if Medium.VIDEO in self.takes and material.video is not None:
            return {"video": True, "transcript": spoken}
        return {"pictures_at_s": [picture.second for picture in material.pictures], "transcript": spoken}


def _read(said: Said) -> Reply:
    """What a model wrote as an answer; where it is none, with the error."""
    if said.error is not None:
        return Reply({}, said.usage, said.error)
    try:
        return Reply(request.parse(said.text), said.usage)
    except BadAnswerError as error:
        return Reply({}, said.usage, error)
