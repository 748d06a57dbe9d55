"""Speech to text with Whisper (Radford et al., 2022) on faster-whisper."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coldreel.errors import ProviderError
from coldreel.model import SOUND_RATE, Spoken, Transcript
from coldreel.settings import Settings
from coldreel.understand.speech.weights import how_to_get, located

SILENCE = 1e-3
"""Highest amplitude, -60 dB of the full one, below which nobody is asked whether it is speech."""
MOST_NO_SPEECH, LEAST_LOGPROB, MOST_COMPRESSION = 0.6, -1.0, 2.4
"""Of a stretch: the probability that nobody speaks, the mean log probability of its tokens, and how well its
text compresses, which it does when it repeats itself. The thresholds are Whisper's own (section 4.5 of the
paper). There a failed stretch is tried again with chance at work, and is silent only when the first two say
so; here one of them is enough to leave it out, since music makes Whisper invent words."""
_ISO = {"jw": "jv"}
"""Of Whisper's codes for languages, the one that is not the code of ISO 639-1 though there is one."""

_loaded: dict[Path, Any] = {}
_one_at_a_time = Lock()


class Recogniser:
    """Writes down what is said. The model is loaded once in a process, on first use."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._name = folder, folder.name if Path(name).expanduser().is_dir() else name

    @staticmethod
    def lacks(settings: Settings) -> str | None:
        """What has to be done before speech is written down; None when it is ready. Touches no network."""
        if settings.speech_model is None:
            return (
                "no model is set: COLDREEL_SPEECH_MODEL names a faster-whisper model, such as "
                "large-v3-turbo, or its folder"
            )
        if find_spec("faster_whisper") is None:
            return 'its package is not installed: pip install "coldreel[speech]"'
        return None if located(settings.speech_model) is not None else how_to_get(settings.speech_model)

    @classmethod
    def open(cls, settings: Settings) -> Recogniser:
        """Raises ProviderError where something is lacking."""
        if (lacking := cls.lacks(settings)) is not None:
            raise ProviderError(f"Speech cannot be written down: {lacking}")
        name = settings.speech_model
        folder = located(name) if name is not None else None
        assert name is not None
        assert folder is not None
        return cls(folder, name)

    def transcribe(self, sound: NDArray[np.float32]) -> Transcript | None:
        """What is said, in the language it is said in; None when nobody is heard to speak.

        sound: float32 (samples,), 16 kHz mono in [-1, 1]
        The same sound gives the same words: the likeliest ones, with no chance at work. Raises ProviderError.
        """
        if not sound.size or float(np.abs(sound).max()) < SILENCE:
            return None
        with _one_at_a_time:
            try:
                stretches, about = self._model().transcribe(
                    sound, vad_filter=True, temperature=0.0, condition_on_previous_text=False
                )
                spoken = tuple(_kept(stretches, len(sound) / SOUND_RATE))
            except Exception as error:  # the code of a model may raise anything
                raise ProviderError(
                    f"The speech model {self._name} failed: {error}. Check that COLDREEL_SPEECH_MODEL is a "
                    "whole faster-whisper model, or unset it to go on without"
                ) from error
        if not spoken:
            return None
        language = _ISO.get(about.language, about.language)
        return Transcript(language, float(about.language_probability), spoken, self._name)

    def _model(self) -> Any:
        if self._folder not in _loaded:
            from faster_whisper import WhisperModel

            _loaded[self._folder] = WhisperModel(str(self._folder), local_files_only=True)
        return _loaded[self._folder]


def _kept(stretches: Iterable[Any], duration: float) -> Iterable[Spoken]:
    for each in stretches:
        sure = (
            each.no_speech_prob <= MOST_NO_SPEECH
            and each.avg_logprob >= LEAST_LOGPROB
            and each.compression_ratio <= MOST_COMPRESSION
        )
        if sure and each.text.strip():
            yield Spoken(float(each.start), min(float(each.end), duration), each.text.strip())
