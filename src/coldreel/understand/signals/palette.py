"""Named colours and brightness of the picture, as shares that a sentence can quote."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from coldreel.understand.signals.pictures import Pictures

HUES = (
    ("red", 8),
    ("orange", 22),
    ("yellow", 34),
    ("green", 85),
    ("turquoise", 98),
    ("blue", 130),
    ("purple", 150),
    ("pink", 170),
    ("red", 180),
)
"""Names and the hue, in OpenCV's half degrees, that each ends before."""
BROWN_VALUE = 150
"""Orange that is darker than this, of 255, is called brown."""
GREY_SATURATION, BLACK_VALUE, WHITE_VALUE = 40, 45, 205
"""Of 255. Paler than the first is grey; darker than the second is black, grey above the third is white."""


@dataclass(frozen=True, slots=True)
class Palette:
    """brightness: mean grey, 0..1 · colourless: share of pixels without a hue ·
    shares: of each named colour, largest first, summing to one"""

    brightness: float
    colourless: float
    shares: Mapping[str, float]


def palette(pictures: Pictures) -> Palette:
    """Measured over all pictures."""
    hsv = cv2.cvtColor(pictures.rgb.reshape(-1, 1, 3), cv2.COLOR_RGB2HSV)[:, 0]
    names, codes = _named(hsv)
    shares = np.bincount(codes, minlength=len(names)) / len(codes)
    found = sorted(((float(s), n) for n, s in zip(names, shares, strict=True) if s > 0), reverse=True)
    named = {name: share for share, name in found}
    colourless = sum(named.get(name, 0.0) for name in ("black", "white", "grey"))
    return Palette(float(pictures.grey.mean() / 255), colourless, named)


def _named(hsv: NDArray[np.uint8]) -> tuple[list[str], NDArray[np.intp]]:
    """The names, and the index of each pixel's name."""
    names = list(dict.fromkeys([name for name, _ in HUES] + ["brown", "black", "white", "grey"]))
    by_hue = np.zeros(256, np.intp)
    start = 0
    for name, end in HUES:
        by_hue[start:end] = names.index(name)
        start = end
    hue, saturation, value = hsv[:, 0], hsv[:, 1], hsv[:, 2]
    codes = by_hue[hue]
    codes[(codes == names.index("orange")) & (value < BROWN_VALUE)] = names.index("brown")
    pale = saturation < GREY_SATURATION
    codes[pale] = names.index("grey")
    codes[pale & (value > WHITE_VALUE)] = names.index("white")
    codes[value < BLACK_VALUE] = names.index("black")
    return names, codes
