"""Whether two fingerprints are of one video, and the keys by which such pairs are found without a scan.

Difference hashes (dHash: one bit for each pixel that is brighter than its left neighbour) find pictures of
one scene; they do not tell one speaker before a wall from the same speaker on another day. So where all
seconds of a video look alike, what moves must move alike too: their differences from the mean of all have to
correlate.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

COLUMNS, ROWS = 9, 8
"""Of a fingerprint's pictures; a row of nine gives eight bits."""
BITS = 64
CLEAR_STEP = 0.2
"""Share of a picture's mean step by which a pixel must be brighter: below, noise would decide."""
MOST_BITS = 10
"""Bits in which two hashes of one picture differ at most, for half of the seconds or more."""
VARIED_BITS = 8
"""Bits in which the seconds of a video differ, from which on agreeing second by second is enough. It also is
when they agree in two seconds that are unlike each other."""
ALIKE_MOTION, ALIKE_MOTION_OF_FEW, FEW_SECONDS = 0.7, 0.9, 4
"""Correlation of what moves. More is asked of few seconds: motion can only be the same or the opposite."""
UNCAPTIONED = (slice(None), slice(2, None), slice(None, -2))
"""Rows that are compared: all, or without those at the top or at the bottom that a caption may cover."""
STILL = 0.03
"""Where less moves, as a share of the picture's contrast, there is nothing to correlate."""
ALIKE_STILLS = 0.97
"""Correlation of pictures in which nothing moves."""
LEAST_OVERLAP = 0.6
"""Share of the longer video that the two must have in common."""
LEAST_DETAIL = 8.0
"""Standard deviation of a small picture, in grey levels, below which it is too plain to be looked for."""
BAND_BITS = 16
KEYED_SECONDS = 16
"""Telling seconds of a video by which it is found, from its start."""


@dataclass(frozen=True, slots=True, eq=False)
class Fingerprint:
    """pictures: uint8 grey (n, ROWS, COLUMNS), one a second, n at least 1"""

    pictures: NDArray[np.uint8]

    @property
    def mirrored(self) -> Fingerprint:
        return Fingerprint(self.pictures[:, :, ::-1])

    @property
    def hashes(self) -> NDArray[np.uint64]:
        """uint64 (n,), the difference hash of each picture."""
        steps = np.diff(self.pictures.astype(np.int16), axis=2)
        clear = CLEAR_STEP * np.abs(steps).mean(axis=(1, 2), keepdims=True)
        bits = (steps > clear).reshape(-1, BITS)
        weights = np.uint64(1) << np.arange(BITS, dtype=np.uint64)
        return np.asarray((bits * weights).sum(axis=1, dtype=np.uint64))

    def keys(self, seconds: int = KEYED_SECONDS) -> list[int]:
        """The hashes of the first telling seconds in bands of 16 bits, each with the number of its band.

        Two hashes that differ in no more than three bits share a band for sure. A band of equal bits says
        nothing and is left out.
        """
        telling = self.pictures.astype(np.float32).std(axis=(1, 2)) >= LEAST_DETAIL
        bands = self.hashes[telling][:seconds].view(np.uint16).reshape(-1, BITS // BAND_BITS).astype(np.int64)
        plain = (bands == 0) | (bands == 2**BAND_BITS - 1)
        numbered = bands + (np.arange(BITS // BAND_BITS) << BAND_BITS)
        return sorted(set(numbered[~plain].tolist()))

    def to_bytes(self) -> bytes:
        return self.pictures.tobytes()

    @classmethod
    def from_bytes(cls, content: bytes) -> Fingerprint:
        return cls(np.frombuffer(content, np.uint8).reshape(-1, ROWS, COLUMNS))


def is_one_video(one: Fingerprint, other: Fingerprint) -> bool:
    """Whether the one is the other, altered as re-uploads are: mirrored, and begun earlier or later, too."""
    return any(_is_same(given, other) for given in (one, one.mirrored))


def _is_same(one: Fingerprint, other: Fingerprint) -> bool:
    overlap = _best_overlap(one, other)
    if overlap is None:
        return False
    left, right = (Fingerprint(f.pictures[part]) for f, part in zip((one, other), overlap, strict=True))
    if min(_variety(left), _variety(right)) >= VARIED_BITS or _scenes_in_common(left, right) > 1:
        return True
    moving, moving_other = _even(left.pictures), _even(right.pictures)
    return any(_move_alike(moving[:, rows], moving_other[:, rows]) for rows in UNCAPTIONED)


def _best_overlap(one: Fingerprint, other: Fingerprint) -> tuple[slice, slice] | None:
    """The seconds of both at the offset where their hashes differ least; None where they differ too much."""
    left, right = one.hashes, other.hashes
    least = math.ceil(LEAST_OVERLAP * max(len(left), len(right)))
    best, best_bits = None, float(MOST_BITS)
    for offset in range(least - len(left), len(right) - least + 1):  # none where one is much longer
        mine = slice(max(0, -offset), min(len(left), len(right) - offset))
        theirs = slice(mine.start + offset, mine.stop + offset)
        bits = np.bitwise_count(left[mine] ^ right[theirs])
        if np.median(bits) <= MOST_BITS and bits.mean() <= best_bits:
            best, best_bits = (mine, theirs), float(bits.mean())
    return best


def _variety(video: Fingerprint) -> float:
    """Bits in which its seconds differ from each other, in the middle."""
    hashes = video.hashes
    apart = np.bitwise_count(hashes[:, None] ^ hashes[None])[np.triu_indices(len(hashes), 1)]
    return float(np.median(apart)) if len(apart) else 0.0


def _scenes_in_common(one: Fingerprint, other: Fingerprint) -> int:
    """Seconds in which both agree and that are unlike each other."""
    left, right = one.hashes, other.hashes
    agree = np.bitwise_count(left ^ right) <= MOST_BITS
    return min(_unlike(left[agree]), _unlike(right[agree]))


def _unlike(hashes: NDArray[np.uint64]) -> int:
    kept: list[np.uint64] = []
    for each in hashes:
        if all(np.bitwise_count(each ^ before) > MOST_BITS for before in kept):
            kept.append(each)
    return len(kept)


def _even(pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Without brightness and contrast."""
    values = pictures.astype(np.float32)
    values -= values.mean(axis=(1, 2), keepdims=True)
    return np.asarray(values / np.maximum(values.std(axis=(1, 2), keepdims=True), 1.0))


def _move_alike(one: NDArray[np.float32], other: NDArray[np.float32]) -> bool:
    moving, moving_other = one - one.mean(axis=0), other - other.mean(axis=0)
    strength, strength_other = float(moving.std()), float(moving_other.std())
    if max(strength, strength_other) < STILL:
        return float((one * other).mean()) >= ALIKE_STILLS
    needed = ALIKE_MOTION if len(one) >= FEW_SECONDS else ALIKE_MOTION_OF_FEW
    return float((moving * moving_other).mean()) >= needed * max(strength * strength_other, STILL**2)
