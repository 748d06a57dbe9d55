"""What the frames look like, and what is seen in them."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from coldreel.model import Footage
from coldreel.understand.signals.pictures import spread
from coldreel.understand.tiny.networks import SIDE, PictureNetwork

MOST_FRAMES = 12
"""Frames looked at, evenly spread over those that differ; each costs 15 ms. On clips of even sources the
figures of benchmarks/similar.py stay the same from 4 frames on; words gain from more."""


@dataclass(frozen=True, slots=True, eq=False)
class Looks:
    """features: float32 (FEATURES,), the mean over frames; chances: float32 (frames, CLASSES), each row the
    probabilities of one frame."""

    features: NDArray[np.float32]
    chances: NDArray[np.float32]


def look(footage: Footage, network: PictureNetwork) -> Looks:
    """Each frame is shown twice: its middle, whose features are taken, and squashed, so that its edges count.

    The probabilities are the mean of both: it is wrong less often than either.
    """
    distinct = footage.distinct if len(footage.distinct) else np.arange(len(footage.frames))
    features, chances = [], []
    for at in spread(len(distinct), MOST_FRAMES):
        frame = footage.frames[distinct[at]]
        feature, inside = network.run(_square(_middle(frame)))
        _, whole = network.run(_square(frame))
        features.append(feature)
        chances.append((inside + whole) / 2)
    return Looks(np.mean(features, axis=0, dtype=np.float32), np.stack(chances))


def _middle(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = frame.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return frame[top : top + side, left : left + side]


def _square(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(cv2.resize(frame, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.uint8)
