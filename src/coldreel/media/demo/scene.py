"""What a kind of demo short is: a scene that can be looked at and listened to."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, TypeVar

import numpy as np

from coldreel.media.demo.canvas import Picture
from coldreel.media.demo.synth import Sound

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class Take:
    """One variation of a kind.

    number:     0, 1, 2…; chooses the palette, the composition and the caption
    duration_s: how long the short is, in seconds
    rng:        everything that differs between two takes of the same number
    """

    number: int
    duration_s: float
    rng: np.random.Generator

    def pick(self, *options: T) -> T:
        """The option that belongs to this take; neighbouring takes get different ones."""
        return options[self.number % len(options)]


class Scene(ABC):
    """Moving pictures and sound of one take. Pictures depend on the time alone, so any can be drawn first."""

    captions: ClassVar[tuple[str, ...]]

    def __init__(self, take: Take) -> None:
        self.take = take

    @abstractmethod
    def frame(self, t: float) -> Picture:
        """The picture at `t` seconds: uint8 (640, 360, 3), RGB, without the caption."""

    @abstractmethod
    def sound(self, rate: int) -> Sound:
        """The whole sound track: float32 (samples,), mono, at `rate` samples per second, any loudness."""
