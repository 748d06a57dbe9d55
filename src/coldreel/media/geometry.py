"""Sizes: how a coded picture is scaled and turned so that a person sees it upright and undistorted."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from av.video.frame import VideoFrame
from av.video.stream import VideoStream

_SANE_PIXEL = (Fraction(1, 4), Fraction(4))
"""Pixels that claim to be longer are taken for square: a broken header."""


@dataclass(frozen=True, slots=True)
class Geometry:
    """Of a coded frame: its size in pixels, the shape of a pixel (width / height), and the quarter turns
    counterclockwise (0 to 3) that bring it upright."""

    width: int
    height: int
    pixel: Fraction
    turns: int

    @classmethod
    def of(cls, frame: VideoFrame, stream: VideoStream) -> Geometry:
        pixel = stream.sample_aspect_ratio or Fraction(1)
        if not _SANE_PIXEL[0] <= pixel <= _SANE_PIXEL[1]:
            pixel = Fraction(1)
        turns = frame.rotation // 90 % 4 if frame.rotation % 90 == 0 else 0
        return cls(frame.width, frame.height, pixel, turns)

    @property
    def sideways(self) -> bool:
        return self.turns % 2 == 1

    @property
    def shown(self) -> tuple[int, int]:
        """Width and height as a player shows it: upright, the longer side of a pixel drawn out."""
        width, height = self.width, self.height
        if self.pixel > 1:
            width = round(width * self.pixel)
        else:
            height = round(height / self.pixel)
        return (height, width) if self.sideways else (width, height)

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
