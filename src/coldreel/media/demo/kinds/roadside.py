"""What stands beside the road."""

from __future__ import annotations

import math

import numpy as np

from coldreel.media.demo import canvas
from coldreel.media.demo.canvas import Colour, Picture

TRUNK: Colour = (112, 72, 46)
CACTUS: Colour = (58, 125, 72)
LEAF: Colour = (46, 140, 84)
CROWNS: dict[str, tuple[Colour, Colour]] = {
    "tree": ((46, 132, 66), (66, 158, 82)),
    "autumn": ((196, 78, 40), (226, 118, 48)),
    "blossom": ((238, 140, 180), (250, 178, 206)),
}
"""The shaded and the bright side of a leafy crown."""


def plant(picture: Picture, thing: str, x: float, y: float, size: float, side: int) -> None:
    """Draw a cactus, a palm or a leafy tree with its foot at x, y; palms lean away from `side`."""
    if thing == "cactus":
        _cactus(picture, x, y, size)
    elif thing == "palm":
        _palm(picture, x, y, size, side)
    else:
        _tree(picture, x, y, size, *CROWNS[thing])


def _cactus(picture: Picture, x: float, y: float, size: float) -> None:
    canvas.taper(picture, [(x, y), (x, y - 0.8 * size)], CACTUS, 0.2 * size, 0.16 * size)
    for arm in (-1, 1):
        elbow = (x + arm * 0.36 * size, y - 0.3 * size)
        path = canvas.curve((x, y - 0.35 * size), elbow, (x + arm * 0.3 * size, y - 0.66 * size))
        canvas.taper(picture, path, CACTUS, 0.13 * size, 0.1 * size)


def _palm(picture: Picture, x: float, y: float, size: float, side: int) -> None:
    top_x, top_y = x - side * 0.12 * size, y - size
    stem = canvas.curve((x, y), (x, y - 0.6 * size), (top_x, top_y))
    canvas.taper(picture, stem, TRUNK, 0.11 * size, 0.06 * size)
    for angle in np.linspace(-2.7, -0.4, 7):
        across, rise = math.cos(angle) * size, 0.34 * math.sin(angle) * size
        tip = (top_x + 0.5 * across, top_y + rise + 0.28 * size)
        leaf = canvas.curve((top_x, top_y), (top_x + 0.3 * across, top_y + rise), tip)
        canvas.taper(picture, leaf, LEAF, 0.1 * size, 0.02 * size)


def _tree(picture: Picture, x: float, y: float, size: float, dark: Colour, bright: Colour) -> None:
    canvas.taper(picture, [(x, y), (x, y - 0.5 * size)], TRUNK, 0.12 * size, 0.08 * size)
    for across, up, radius in ((-0.2, 0.55, 0.26), (0.2, 0.58, 0.25), (0, 0.8, 0.3)):
        left, top = x + across * size, y - up * size
        canvas.disc(picture, left, top, radius * size, dark)
        canvas.disc(picture, left - 0.05 * size, top - 0.05 * size, 0.74 * radius * size, bright)
