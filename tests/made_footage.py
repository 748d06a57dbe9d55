"""Footage made by hand: ordinary and odd."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from coldreel.model import Footage, MediaFacts

RATE = 16_000


def footage(
    frames: NDArray[np.uint8], sound: NDArray[np.float32] | None = None, seconds: float | None = None
) -> Footage:
    """Frames one second apart."""
    height, width = frames.shape[1:3]
    length = float(len(frames)) if seconds is None else seconds
    facts = MediaFacts(
        length, width, height, 25.0, "mp4", "h264", "yuv420p", None if sound is None else "aac"
    )
    return Footage(facts, frames, np.arange(len(frames), dtype=np.float64), sound, b"")


def plain(colour: tuple[int, int, int], n: int = 3, height: int = 320, width: int = 180) -> NDArray[np.uint8]:
    return np.full((n, height, width, 3), colour, np.uint8)


def noise(n: int = 3, height: int = 120, width: int = 200) -> NDArray[np.uint8]:
    return np.random.default_rng(1).integers(0, 256, (n, height, width, 3)).astype(np.uint8)


def tone(seconds: float, hertz: float = 440.0, level: float = 0.3) -> NDArray[np.float32]:
    return (level * np.sin(2 * np.pi * hertz * np.arange(int(seconds * RATE)) / RATE)).astype(np.float32)


def captioned(text: str) -> NDArray[np.uint8]:
    frames = plain((20, 40, 160), height=360, width=640)
    for frame in frames:
        cv2.putText(frame, text, (40, 200), cv2.FONT_HERSHEY_SIMPLEX, 1.6, (255, 255, 255), 3, cv2.LINE_AA)
    return frames


ODD = {
    "ordinary": footage(noise(), tone(3)),
    "no sound track": footage(noise()),
    "a silent track": footage(noise(), np.zeros(3 * RATE, np.float32)),
    "an empty track": footage(noise(), np.zeros(0, np.float32)),
    "a click of sound": footage(noise(), tone(0.01)),
    "black": footage(plain((0, 0, 0))),
    "white": footage(plain((255, 255, 255))),
    "one frame": footage(noise(1), seconds=0.04),
    "one frame for long": footage(noise(1), seconds=9.0),
    "tiny": footage(noise(2, 2, 2)),
    "a strip": footage(noise(2, 2, 768)),
    "long": footage(np.repeat(noise(2, 24, 32), 100, axis=0), tone(200)),
}
