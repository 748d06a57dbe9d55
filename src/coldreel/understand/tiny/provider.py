"""Tiny: two small open models that recognise things and sounds, on the processor."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from coldreel.errors import ProviderError
from coldreel.model import Footage, Understanding
from coldreel.settings import Settings
from coldreel.understand.contract import FootageProvider, Medium
from coldreel.understand.hashing import Hashing
from coldreel.understand.metering import Meter
from coldreel.understand.spaces import TEXT, Block, Space, Template
from coldreel.understand.tiny.models import FILES, absent

NAME, VERSION = "tiny", "1"
MODEL = "MobileNet v2, YAMNet and PP-OCRv6"
WORDS = Hashing()
LOOK, SOUND = f"{NAME}.look", f"{NAME}.sound"
LOOK_DIMENSIONS, SOUND_DIMENSIONS = 256, 128
"""On clips of even sources they rank as well as all 1,280 features and 521 classes do."""

SPACE = Space(
    f"{NAME}-{VERSION}",
    (
        Block(TEXT, 256, 0.1),
        Block(LOOK, LOOK_DIMENSIONS, 0.7, VERSION),
        Block(SOUND, SOUND_DIMENSIONS, 0.2, VERSION),
    ),
    Template.READ,
    NAME,
    WORDS.name,
)
"""Round weights, chosen on clips of even sources (`benchmarks/similar.py --provider tiny --choose`)."""


class Tiny(FootageProvider):
    """Names what the classifiers are sure of, and nothing else; genres follow from those words alone.

    The text block holds on-screen and given text only. With all words the clips rank no better (P@5 of 0.537
    both ways, chance 0.06), and a given title would be drowned: a query for it finds 19 % of them. What was
    recognised is found by full-text search, and places the video by its look and sound.
    """

    name, version, model = NAME, VERSION, MODEL
    takes = frozenset({Medium.FRAMES, Medium.SOUND})
    text, space = WORDS, SPACE

    def __init__(self, models: Path) -> None:
        """models: the folder of the files"""
        self._models = models

    @staticmethod
    def lacks(settings: Settings) -> str | None:
        """The package, or the files."""
        if find_spec("ai_edge_litert") is None:
            return "`pip install 'coldreel[tiny]'` brings what runs its models"
        if absent(settings.models_dir):
            size = sum(file.size for file in FILES) / 1e6
            return f"`coldreel models pull` brings its models ({size:.1f} MB) to {settings.models_dir}"
        return None

    @classmethod
    def open(cls, settings: Settings, meter: Meter) -> Tiny:  # noqa: ARG003
        """Raises ProviderError with what is lacking."""
        if (lacking := cls.lacks(settings)) is not None:
            raise ProviderError(f"Provider {NAME} is not ready: {lacking}")
        return cls(settings.models_dir)

    def understand(self, footage: Footage) -> Understanding:
        """A silent video has no sound block."""
        from coldreel.understand.tiny.measuring import measure  # models and OCR: not for who only asks

        return measure(footage, self._models)
