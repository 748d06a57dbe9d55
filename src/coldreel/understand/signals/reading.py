"""Reading what is written on the screen, with the models that `rapidocr` carries in its package."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from coldreel.understand.signals.pictures import spread

FRAMES = 2
"""Frames read, at a quarter and three quarters of the video."""
LEAST_SCORE = 0.8
"""Lines that the recogniser is less sure of are left out."""
LEAST_LETTERS = 3
"""Shorter lines are as often ornament as writing."""
LONGEST_SIDE = 480
"""Pixels: the detector's picture. Of 41 real clips, 480 finds writing in as many as 640 does (15), and 81 %
of its lines, in 63 % of the time; 320 finds it in 12."""
SMALLEST_SIDE = 16
"""Pixels: nothing can be written in a smaller picture, and the detector fails on it."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of writing.

    score: the recogniser's certainty; area: share of the picture; top, height: shares of the picture's
    height; all 0..1. frame: which of the frames that were read shows it first
    """

    text: str
    score: float
    area: float
    frame: int = 0
    top: float = 0.0
    height: float = 0.0


def read(frames: NDArray[np.uint8]) -> tuple[Line, ...]:
    """The lines on the screen, from top to bottom, each once. frames: uint8 (n, height, width, 3), RGB."""
    lines: dict[str, Line] = {}
    for i in spread(len(frames), FRAMES):
        for line in _read_one(frames[i], i):
            lines.setdefault(line.text.casefold(), line)
    return tuple(lines.values())


def _read_one(frame: NDArray[np.uint8], index: int) -> list[Line]:
    if min(frame.shape[:2]) < SMALLEST_SIDE:
        return []
    found = _engine()(cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))
    if found.txts is None or found.boxes is None:
        return []
    return [
        _line(" ".join(text.split()), float(score), np.asarray(box, np.float32), frame.shape, index)
        for text, score, box in zip(found.txts, found.scores, found.boxes, strict=True)
        if score >= LEAST_SCORE and sum(c.isalpha() for c in text) >= LEAST_LETTERS
    ]


def _line(text: str, score: float, box: NDArray[np.float32], shape: tuple[int, ...], index: int) -> Line:
    """box: the corners (4, 2) in pixels; shape: of the frame"""
    top, bottom = float(box[:, 1].min()), float(box[:, 1].max())
    area = cv2.contourArea(box) / (shape[0] * shape[1])
    return Line(text, score, area, index, top / shape[0], (bottom - top) / shape[0])


@cache
def _engine() -> Any:
    """Loaded at the first frame: 0.3 s and 150 MB that a process without videos does not pay."""
    from rapidocr import RapidOCR

    return RapidOCR(
        params={
            "Global.use_cls": False,
            "Global.log_level": "critical",
            "Det.limit_type": "max",
            "Det.limit_side_len": LONGEST_SIDE,
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )
