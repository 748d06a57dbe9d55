"""How a coded picture is scaled, turned and mirrored so that a person sees it upright and undistorted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeVar

import numpy as np
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

_SANE_PIXEL = (Fraction(1, 4), Fraction(4))
"""Pixels that claim to be longer are taken for square: a broken header."""
_MATRIX = "DISPLAYMATRIX"
_ONE = 1 << 16
"""In the fixed point numbers of a display matrix."""
_ASKEW = 0.1
"""Share of the one axis in the other from which a picture is turned by no quarter; it is left as it is."""
_TURNS = {90: (True, False, True), 180: (False, True, True), 270: (True, True, False)}
"""Sideways, mirrored, flipped, by the degrees that PyAV says."""

Level = TypeVar("Level", bound=np.generic)


@dataclass(frozen=True, slots=True)
class Geometry:
    """Of a coded frame: its size in pixels, the shape of a pixel (width / height), and how it is shown.

    sideways: its rows become columns. Then, on the screen, mirrored: left and right change places; flipped:
    top and bottom do. A quarter turn is sideways and one of these.
    """

    width: int
    height: int
    pixel: Fraction
    sideways: bool
    mirrored: bool
    flipped: bool

    @classmethod
    def of(cls, frame: VideoFrame, stream: VideoStream) -> Geometry:
        pixel = stream.sample_aspect_ratio or Fraction(1)
        if not _SANE_PIXEL[0] <= pixel <= _SANE_PIXEL[1]:
            pixel = Fraction(1)
        return cls(frame.width, frame.height, pixel, *_axes(frame))

    @property
    def shown(self) -> tuple[int, int]:
        """Width and height as a player shows it: upright, the longer side of a pixel drawn out."""
        width, height = self.width, self.height
        if self.pixel > 1:
            width = round(width * self.pixel)
        else:
            height = round(height / self.pixel)
        return (height, width) if self.sideways else (width, height)

    @property
    def matrix(self) -> tuple[int, ...]:
        """The display matrix that tells a player the same (ISO/IEC 14496-12, 8.3.2), nine numbers."""
        across, down = -_ONE if self.mirrored else _ONE, -_ONE if self.flipped else _ONE
        a, b, c, d = (0, down, across, 0) if self.sideways else (across, 0, 0, down)
        return (a, b, 0, c, d, 0, 0, 0, 1 << 30)

    def within(self, width: int, height: int) -> tuple[int, int]:
        """The coded frame's size (before turning) that fits an upright box in its true shape.

        Neither side grows beyond its coded length.
        """
        if self.sideways:
            width, height = height, width
        own_width = self.width * min(Fraction(1), self.pixel)
        own_height = self.height / max(Fraction(1), self.pixel)
        scale = min(Fraction(1), width / own_width, height / own_height)
        return max(1, round(own_width * scale)), max(1, round(own_height * scale))

    def upright(self, picture: NDArray[Level]) -> NDArray[Level]:
        """A coded picture (height, width, …) as it is seen: a view, not a copy."""
        if self.sideways:
            picture = picture.swapaxes(0, 1)
        return picture[:: -1 if self.flipped else 1, :: -1 if self.mirrored else 1]


def _axes(frame: VideoFrame) -> tuple[bool, bool, bool]:
    """Sideways, mirrored, flipped, by the frame's display matrix."""
    try:
        told: Mapping[str, Any] = frame.side_data
    except ValueError:
        # PyAV lists all that is told beside a frame, or nothing when one kind is newer than its own list (the
        # second eye of a spatial film); the angle alone it still tells.
        return _TURNS.get(frame.rotation % 360, (False, False, False))
    if _MATRIX not in told:
        return False, False, False
    a, b, _, c, d = np.frombuffer(told[_MATRIX], np.int32)[:5].astype(np.float64)
    straight, turned = abs(a) + abs(d), abs(b) + abs(c)
    if min(straight, turned) > _ASKEW * max(straight, turned):
        return False, False, False
    if turned > straight:
        return True, bool(c < 0), bool(b < 0)
    return False, bool(a < 0), bool(d < 0)
