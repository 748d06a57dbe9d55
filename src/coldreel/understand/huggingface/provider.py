"""The provider `huggingface`."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from coldreel.errors import BadAnswerError, ProviderError
from coldreel.model import Description, Material, Understanding, Vector
from coldreel.settings import Settings
from coldreel.understand import request
from coldreel.understand.contract import MaterialProvider, Medium, TextEmbedder
from coldreel.understand.hashing import Hashing
from coldreel.understand.huggingface.layout import layout
from coldreel.understand.huggingface.text import HuggingFaceText
from coldreel.understand.huggingface.weights import called, folder_of, how_to_get, located
from coldreel.understand.metering import Meter
from coldreel.understand.spaces import TEXT, Block, Space, Template
from coldreel.understand.wording import once_more

if TYPE_CHECKING:
    from coldreel.understand.huggingface.describing import Describer

NAME = "huggingface"
LOOK = f"{NAME}.look"
HASHED = 768
"""Dimensions of words without an embedding model."""
_SETTINGS = {
    "huggingface_model": "COLDREEL_HUGGINGFACE_MODEL",
    "huggingface_embedding_model": "COLDREEL_HUGGINGFACE_EMBEDDING_MODEL",
}
_PACKAGES = ("torch", "transformers", "sentence_transformers")


class HuggingFace(MaterialProvider):
    """Open models on this machine, on its GPU where it has one.

    An image-text-to-text model describes; without one, the description stays empty. A sentence-transformers
    model places the words, and the pictures where it can; without one, words are hashed.
    """

    name, version = NAME, request.VERSION
    takes = frozenset({Medium.FRAMES})

    def __init__(self, settings: Settings) -> None:
        self._describes, self._embeds = settings.huggingface_model, settings.huggingface_embedding_model
        self.model = called(self._describes or self._embeds or "")
        self._placing = self._opened(self._embeds)
        self.text: TextEmbedder = self._placing or Hashing(HASHED)
        self.space = self._space()

    @staticmethod
    def lacks(settings: Settings) -> str | None:
        """The packages, a model's name, or its files."""
        if any(find_spec(package) is None for package in _PACKAGES):
            return 'its packages are not installed: pip install "coldreel[huggingface]"'
        names = {field: name for field in _SETTINGS if (name := getattr(settings, field)) is not None}
        if not names:
            return (
                "no model is set: COLDREEL_HUGGINGFACE_MODEL names an image-text-to-text model, or its "
                "folder; it has to be on this machine (`hf download NAME`)"
            )
        for field, name in names.items():
            if located(name) is None:
                return how_to_get(name, _SETTINGS[field])
        if settings.huggingface_model is None and not _sees(names["huggingface_embedding_model"]):
            return (
                f"{settings.huggingface_embedding_model} takes only texts, so that nobody looks at the "
                "videos: set COLDREEL_HUGGINGFACE_MODEL too, or an embedding model that takes pictures"
            )
        return None

    @classmethod
    def open(cls, settings: Settings, meter: Meter) -> HuggingFace:  # noqa: ARG003
        """Raises ProviderError where something is lacking."""
        if (lacking := cls.lacks(settings)) is not None:
            raise ProviderError(f"Provider {NAME} is not ready: {lacking}")
        return cls(settings)

    def understand(self, material: Material) -> Understanding:
        """What the models see. An answer not as asked gets one more try, then it is a BadAnswerError."""
        described = self._described(material) if self._describes else self._nothing()
        blocks: dict[str, Vector] = {}
        if self._placing is not None and self._placing.layout.sees and material.pictures:
            blocks[LOOK] = self._placing.look(material.pictures)
        return Understanding(described, blocks)

    def _described(self, material: Material) -> Description:
        from coldreel.understand.huggingface.describing import question, turn

        describer, talk = self._describer(), [question(material)]
        said = describer.answer(talk)
        try:
            answer = request.parse(said)
        except BadAnswerError as error:
            talk += [turn("assistant", said), turn("user", once_more(error.message))]
            answer = request.parse(describer.answer(talk))
        seconds = [picture.second for picture in material.pictures]
        heard = material.transcript is not None and bool(material.transcript.spoken)
        return request.describe(answer, NAME, self.model, {"pictures_at_s": seconds, "transcript": heard})

    def _nothing(self) -> Description:
        """Nobody looked for words, so there are none."""
        return Description("", (), (), "", NAME, self.model, request.VERSION)

    def _describer(self) -> Describer:
        from coldreel.understand.huggingface.describing import Describer  # torch: not for who only asks
        from coldreel.understand.huggingface.loading import once

        name = self._describes or ""
        return once(Describer, folder_of(name, _SETTINGS["huggingface_model"]), name)

    def _opened(self, name: str | None) -> HuggingFaceText | None:
        if name is None:
            return None
        return HuggingFaceText(folder_of(name, _SETTINGS["huggingface_embedding_model"]), name)

    def _space(self) -> Space:
        blocks = [Block(TEXT, self.text.dimensions, 0.6)]
        if self._placing is not None and self._placing.layout.sees:
            blocks.append(Block(LOOK, self._placing.dimensions, 0.4, self.text.name))
        name = f"{NAME}-{self.version} ({self.text.name})"
        return Space(name, tuple(blocks), Template.DESCRIBED, NAME, self.text.name)


def _sees(name: str) -> bool:
    """Whether an embedding model takes pictures; believed where its files do not say."""
    folder = located(name)
    known = layout(folder) if folder is not None else None
    return known is None or known.sees
