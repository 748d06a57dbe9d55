"""How the picture changes from one sampled second to the next."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from coldreel.model import Footage
from coldreel.understand.signals.pictures import spread

SIDE = 64
"""Pixels of the grey picture that is compared."""
MOST_PAIRS = 30
"""Pairs of neighbouring frames compared, evenly over the video."""
DIRECTIONS = 8
CELLS = 3
CUT_CHANGE, CUT_OVERLAP = 0.12, 0.6
"""A cut: the mean grey change is above the one and the overlap of the colour histograms below the other."""
STILL_S = 2.0
"""Seconds: a single frame on show for so long is a still video."""
DIMENSIONS = 6 + DIRECTIONS + CELLS * CELLS


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """raw: float64 (DIMENSIONS,) · change: mean grey change a second, 0..1 · cuts: how many were seen,
    in `seconds` of video, looking once a second (longer clips: every other second, and so on)"""

    raw: NDArray[np.float64]
    change: float
    cuts: int
    seconds: float


def motion(footage: Footage) -> Motion | None:
    """None when the video is too short to have a second frame.

    A frame that stays on show is sampled once, so a still video has one frame and a long duration: no change.
    """
    frames, seconds = footage.frames, footage.facts.duration_s
    if len(frames) == 1 and seconds < STILL_S:
        return None
    # frames that stayed on show were sampled once: those seconds had no change, and dilute the mean
    step = float(np.diff(footage.times).min()) if len(frames) > 1 else 1.0
    moving = min(1.0, len(frames) * step / max(seconds, step))
    if len(frames) == 1:
        pairs = [_compare(frames[0], frames[0])]
    else:
        pairs = [_compare(frames[i], frames[i + 1]) for i in spread(len(frames) - 1, MOST_PAIRS)]
    changes = np.array([pair.change for pair in pairs])
    cuts = sum(pair.cut for pair in pairs)
    flows = [pair.flow for pair in pairs if not pair.cut] or [pairs[0].flow]
    change = float(changes.mean() * moving / step)
    head = [np.log(change + 1e-3), np.log(changes.max() + 1e-3), np.log(changes.min() + 1e-3)]
    head += [cuts / len(pairs), float(changes.std()), moving]
    seen = round(cuts * (len(frames) - 1) / len(pairs))
    return Motion(np.concatenate([head, np.mean(flows, axis=0)]), change, seen, seconds)


@dataclass(frozen=True, slots=True, eq=False)
class _Pair:
    change: float
    cut: bool
    flow: NDArray[np.float64]


def _compare(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> _Pair:
    before, after = _small(before), _small(after)
    first, second = (cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) for picture in (before, after))
    change = float(cv2.absdiff(first, second).mean() / 255)
    cut = change > CUT_CHANGE and _overlap(before, after) < CUT_OVERLAP
    return _Pair(change, cut, _flow(first, second))


def _small(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(cv2.resize(frame, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.uint8)


def _overlap(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> float:
    """Shared mass of the two colour histograms (4 bins a channel), 0..1."""
    counts = [cv2.calcHist([p], [0, 1, 2], None, [4, 4, 4], [0, 256] * 3) for p in (before, after)]
    return float(np.minimum(*counts).sum() / (SIDE * SIDE))


def _flow(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Shares of eight directions, then the log of the mean speed in each of 3 x 3 cells (Farneback, 2003)."""
    flow = cv2.calcOpticalFlowFarneback(first, second, None, 0.5, 3, 13, 2, 5, 1.1, 0)
    speed = np.hypot(flow[..., 0], flow[..., 1])
    sector = np.round(np.arctan2(flow[..., 1], flow[..., 0]) * DIRECTIONS / (2 * np.pi)).astype(np.intp)
    shares = np.bincount((sector % DIRECTIONS).ravel(), speed.ravel(), DIRECTIONS) / (speed.sum() + SIDE)
    cells = cv2.resize(speed, (CELLS, CELLS), interpolation=cv2.INTER_AREA).ravel()
    return np.concatenate([shares, np.log(cells + 0.05)])
