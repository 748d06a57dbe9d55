"""Four descriptors of the look: colour, layout, shape and texture.

Each takes `Pictures` and gives the mean over them of one raw vector a picture, float64 (dimensions,). None
is learned; they complement each other. A Gabor gist was tried and left out: it lowered the figures of
benchmarks/similar.py on the sources that weights were chosen on.
"""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from coldreel.understand.signals.pictures import SIDE, Pictures

Raw = NDArray[np.float64]

HUES, SATURATIONS, VALUES = 12, 3, 3
"""Bins of the colour histogram."""
LAYOUT_SIDE = 8
"""Cells a side of the Lab layout."""
FLAT_LAB = 8.0
"""Added to the contrast, of 0 to 255: a flat picture must not become pure noise."""
SHAPE_SIDE, SHAPE_CELL = 96, 32
"""Pixels of the picture and of a cell for the histograms of oriented gradients."""
NEIGHBOURS = ((-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1))
UNIFORM_PATTERNS = 59
"""58 patterns with at most two changes around the circle, and one bin for the rest."""


def colour(pictures: Pictures) -> Raw:
    """A joint histogram of hue, saturation and value, square roots of the shares (Hellinger)."""
    total = np.zeros(HUES * SATURATIONS * VALUES)
    bins, ranges = [HUES, SATURATIONS, VALUES], [0, 180, 0, 256, 0, 256]
    for picture in pictures.rgb:
        hsv = cv2.cvtColor(picture, cv2.COLOR_RGB2HSV)
        counts = cv2.calcHist([hsv], [0, 1, 2], None, bins, ranges).ravel()
        total += np.sqrt(counts / (SIDE * SIDE))
    return total / len(pictures.rgb)


def layout(pictures: Pictures) -> Raw:
    """Lab colours of an 8 x 8 grid, without the picture's own mean and contrast."""
    total = np.zeros(3 * LAYOUT_SIDE**2)
    for picture in pictures.rgb:
        lab = cv2.cvtColor(picture, cv2.COLOR_RGB2LAB).astype(np.float32)
        lab = (lab - lab.mean(axis=(0, 1))) / (lab.std(axis=(0, 1)) + FLAT_LAB)
        cells = cv2.resize(lab, (LAYOUT_SIDE, LAYOUT_SIDE), interpolation=cv2.INTER_AREA)
        total += np.asarray(cells, np.float64).ravel()
    return total / len(pictures.rgb)


def shape(pictures: Pictures) -> Raw:
    """Histograms of oriented gradients, 2 x 2 overlapping blocks of 2 x 2 cells (Dalal and Triggs, 2005)."""
    hog = _hog()
    size = (SHAPE_SIDE, SHAPE_SIDE)
    rows = [hog.compute(cv2.resize(grey, size, interpolation=cv2.INTER_AREA)) for grey in pictures.grey]
    return np.asarray(np.mean(rows, axis=0, dtype=np.float64)).ravel()


def texture(pictures: Pictures) -> Raw:
    """Uniform local binary patterns of the 8 neighbours (Ojala, Pietikäinen and Mäenpää, 2002)."""
    return np.asarray(np.mean([_patterns(grey) for grey in pictures.grey], axis=0))


@cache
def _hog() -> cv2.HOGDescriptor:
    cell, block = (SHAPE_CELL, SHAPE_CELL), (2 * SHAPE_CELL, 2 * SHAPE_CELL)
    return cv2.HOGDescriptor((SHAPE_SIDE, SHAPE_SIDE), block, cell, cell, 9)


def _patterns(grey: NDArray[np.uint8]) -> Raw:
    """Square roots of the shares of each pattern."""
    height, width = grey.shape
    centre = grey[1:-1, 1:-1]
    code = np.zeros(centre.shape, np.uint8)
    for bit, (dy, dx) in enumerate(NEIGHBOURS):
        neighbour = grey[1 + dy : height - 1 + dy, 1 + dx : width - 1 + dx]
        code |= (neighbour >= centre).astype(np.uint8) << np.uint8(bit)
    counts = np.bincount(_uniform()[code.ravel()], minlength=UNIFORM_PATTERNS)
    return np.sqrt(counts / code.size)


@cache
def _uniform() -> NDArray[np.intp]:
    """The bin of each of the 256 codes."""
    bins = np.full(256, UNIFORM_PATTERNS - 1, np.intp)
    codes = np.arange(256)
    bits = (codes[:, None] >> np.arange(8)) & 1
    uniform = (bits != np.roll(bits, 1, axis=1)).sum(axis=1) <= 2
    bins[uniform] = np.arange(uniform.sum())
    return bins
