"""A small paint box: soft-edged shapes, light and smooth noise on an RGB picture."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

Picture: TypeAlias = NDArray[np.uint8]
"""uint8 (height, width, 3), RGB."""
Field: TypeAlias = NDArray[np.float32]
"""float32 (height, width): a mask or a height map."""
Colour: TypeAlias = tuple[int, int, int]

WIDTH = 360
HEIGHT = 640
SUBPIXEL_BITS = 4
"""OpenCV draws with this many fractional bits, so slow movements do not jerk."""


def rgb(code: str) -> Colour:
    """The colour of a code such as `#ff8800`."""
    return int(code[1:3], 16), int(code[3:5], 16), int(code[5:7], 16)


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """A colour between two: the first at 0, the second at 1."""
    red, green, blue = (
        round(a + (b - a) * min(max(share, 0.0), 1.0)) for a, b in zip(first, second, strict=True)
    )
    return red, green, blue


def gradient(*stops: tuple[float, Colour], width: int = WIDTH, height: int = HEIGHT) -> Picture:
    """A vertical gradient through stops of (place from the top in 0…1, colour), dithered against banding."""
    places = [place for place, _ in stops]
    rows = np.linspace(0, 1, height)
    columns = [np.interp(rows, places, [colour[i] for _, colour in stops]) for i in range(3)]
    ramp = np.repeat(np.stack(columns, axis=1)[:, None, :], width, axis=1)
    checker = np.indices((height, width)).sum(axis=0)[..., None] % 2
    dithered: Picture = np.clip(ramp + checker * 0.5, 0, 255).astype(np.uint8)
    return dithered


def disc(picture: Picture, x: float, y: float, radius: float, colour: Colour) -> None:
    """A filled circle."""
    ellipse(picture, x, y, radius, radius, colour)


def ellipse(
    picture: Picture, x: float, y: float, a: float, b: float, colour: Colour, turn: float = 0.0
) -> None:
    """A filled ellipse with half-axes `a` and `b`, turned by `turn` radians."""
    across, down = _circle(8 + int(min(max(a, b), 100) ** 0.5 * 4))
    cos, sin = math.cos(turn), math.sin(turn)
    turned = np.array([[a * cos, a * sin], [-b * sin, b * cos]])
    outline = across * turned[0] + down * turned[1] + (x, y)
    cv2.fillConvexPoly(picture, _fixed(outline), colour, cv2.LINE_AA, SUBPIXEL_BITS)


def polygon(picture: Picture, points: ArrayLike, colour: Colour) -> None:
    """A filled polygon; points are (n, 2) as x, y in pixels."""
    cv2.fillPoly(picture, [_fixed(points)], colour, cv2.LINE_AA, SUBPIXEL_BITS)


def stroke(
    picture: Picture, points: ArrayLike, colour: Colour, thickness: float = 1.0, closed: bool = False
) -> None:
    """A line through points (n, 2)."""
    width = max(1, round(thickness))
    cv2.polylines(picture, [_fixed(points)], closed, colour, width, cv2.LINE_AA, SUBPIXEL_BITS)


def taper(picture: Picture, points: ArrayLike, colour: Colour, start: float, end: float = 0.0) -> None:
    """A ribbon along points (n, 2), `start` pixels wide at first and `end` at last."""
    path = np.asarray(points, dtype=np.float64)
    step = np.diff(path, axis=0)
    along = np.concatenate([step[:1], step[1:] + step[:-1], step[-1:]])
    normal = np.stack([-along[:, 1], along[:, 0]], axis=1)
    normal /= np.maximum(np.hypot(normal[:, :1], normal[:, 1:]), 1e-6)
    half = np.linspace(start / 2, end / 2, len(path))[:, None]
    polygon(picture, np.concatenate([path + normal * half, (path - normal * half)[::-1]]), colour)


def curve(
    start: Sequence[float], pull: Sequence[float], end: Sequence[float], steps: int = 14
) -> NDArray[np.float64]:
    """Points (steps, 2) on the quadratic Bézier curve from `start` to `end`, drawn towards `pull`."""
    s = np.linspace(0, 1, steps)[:, None]
    first, middle, last = (np.asarray(point, dtype=np.float64) for point in (start, pull, end))
    return np.asarray((1 - s) ** 2 * first + 2 * s * (1 - s) * middle + s**2 * last)


def cover(picture: Picture, colour: Colour, mask: Field) -> None:
    """Paint a colour over the picture, in place, as thick as the mask (0…1) says."""
    paint = np.empty_like(picture)
    paint[:] = colour
    cv2.blendLinear(picture, paint, 1 - mask, np.ascontiguousarray(mask), dst=picture)


def light(picture: Picture, x: float, y: float, radius: float, colour: Colour, gain: float = 1.0) -> None:
    """Add a soft round light, brightest in the middle and dark at `radius`."""
    left, right = max(0, int(x - radius)), min(picture.shape[1], int(x + radius) + 1)
    top, bottom = max(0, int(y - radius)), min(picture.shape[0], int(y + radius) + 1)
    if left >= right or top >= bottom or gain <= 0:
        return
    across = (np.arange(left, right, dtype=np.float32) - x) / radius
    down = (np.arange(top, bottom, dtype=np.float32) - y) / radius
    fall = np.clip(1 - (down[:, None] ** 2 + across[None, :] ** 2), 0, 1) ** 2 * np.float32(gain)
    part = picture[top:bottom, left:right]
    tinted = cv2.convertScaleAbs(cv2.transform(fall, np.array(colour, np.float32)[:, None]))
    cv2.add(part, tinted, dst=part)


def bloom(picture: Picture, threshold: int = 120, gain: float = 0.6, reach: float = 24) -> Picture:
    """The picture with its bright parts shining `reach` pixels over their surroundings."""
    small = cv2.resize(picture, None, fx=0.125, fy=0.125, interpolation=cv2.INTER_AREA)
    bright = cv2.GaussianBlur(cv2.subtract(small, (threshold, threshold, threshold, 0)), (0, 0), reach / 8)
    halo = cv2.resize(bright, (picture.shape[1], picture.shape[0]), interpolation=cv2.INTER_LINEAR)
    shining: Picture = cv2.addWeighted(picture, 1.0, halo, gain, 0)
    return shining


def noise(rng: np.random.Generator, height: int, width: int, cells: int, octaves: int = 4) -> Field:
    """Smooth noise in 0…1: `cells` bumps over the longer side, each octave finer and weaker."""
    total: Any = np.zeros((height, width), np.float32)
    for octave in range(octaves):
        scale = cells * 2**octave / max(height, width)
        shape = (max(2, round(height * scale)), max(2, round(width * scale)))
        bumps = cv2.resize(rng.random(shape, np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
        total += bumps / 2**octave
    low, high = float(total.min()), float(total.max())
    smooth: Field = ((total - low) / (high - low)).astype(np.float32)
    return smooth


def enlarge(small: NDArray[Any], width: int = WIDTH, height: int = HEIGHT) -> NDArray[Any]:
    """A small picture or field smoothly brought to full size."""
    large: NDArray[Any] = cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
    return large


@functools.cache
def _circle(corners: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Cosines and sines (corners, 1) around a circle."""
    angles = np.linspace(0, 2 * math.pi, corners, endpoint=False)[:, None]
    return np.cos(angles), np.sin(angles)


def _fixed(points: ArrayLike) -> NDArray[np.int32]:
    """Points as OpenCV's fixed-point integers."""
    fixed: NDArray[np.int32] = np.round(np.asarray(points) * 2**SUBPIXEL_BITS).astype(np.int32)
    return fixed
