"""What is heard."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from coldreel.understand.signals.pictures import spread
from coldreel.understand.tiny.networks import WINDOW, SoundNetwork

STEP = WINDOW // 2
"""Samples from one stretch to the next."""
MOST_WINDOWS = 120
"""Stretches listened to, evenly spread: a minute without gaps. Each costs 2.5 ms."""
SHORTEST = 1600
"""Samples: 0.1 s. Of less nothing can be said."""
SILENCE_DB = -60.0
"""Below this root mean square, relative to full scale, a stretch is silent."""


def listen(samples: NDArray[np.float32] | None, network: SoundNetwork) -> NDArray[np.float32] | None:
    """The scores of all classes, float32 (stretches, SOUND_CLASSES), of the stretches that are not silent.

    None for no sound track, one too short, or silence from end to end.
    """
    if samples is None or len(samples) < SHORTEST:
        return None
    padded = np.pad(samples, (0, max(0, WINDOW - len(samples))))
    starts = range(0, len(padded) - WINDOW + 1, STEP)
    heard = [
        network.run(stretch)
        for at in spread(len(starts), MOST_WINDOWS)
        if _audible(stretch := padded[starts[at] : starts[at] + WINDOW])
    ]
    return np.stack(heard) if heard else None


def _audible(stretch: NDArray[np.float32]) -> bool:
    power = float(np.mean(stretch.astype(np.float64) ** 2))
    return 10 * math.log10(power + 1e-12) > SILENCE_DB
