"""Whether two fingerprints are of one video, and the vector by which such pairs are found without a scan.

Difference hashes (dHash: one bit for each pixel that is brighter than its left neighbour) find pictures of
one scene; they do not tell one speaker before a wall from the same speaker on another day. So where all
seconds of a video look alike, what moves must move alike too: their differences from the mean of all have to
correlate.

A copy that begins some part of a second later was looked at in other moments, in which things have moved on.
There the sound decides, which is known sixteen times a second: where the same sound is found between two
seconds, pictures that are roughly alike are enough. Where it is found on the second, the same music may lie
under two takes of one scene, and what moves has to tell.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from coldreel.media.envelopes import BANDS, Envelope, delay_s

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
BETWEEN_SECONDS_S = 0.15
"""From a whole second, from which on pictures of two moments have to be compared."""
ROUGHLY_BITS = 14
"""The same as MOST_BITS for such pictures. Of 7,381 pairs of clips 102 are as much alike, nearly all of one
source; of 121 clips that begin half a second later, 111."""
STILL = 0.03
"""Where less moves, as a share of the picture's contrast, there is nothing to correlate."""
ALIKE_STILLS = 0.97
"""Correlation of pictures in which nothing moves."""
LEAST_OVERLAP = 0.6
"""Share of the longer video that the two must have in common."""
LEAST_DETAIL = 8.0
"""Standard deviation of a small picture, in grey levels, below which it is too plain to be looked for."""
SCENE_ROWS = slice(2, 6)
"""A caption at the top or at the bottom covers two of the others."""
SCENE_SIZE = 2 * (SCENE_ROWS.stop - SCENE_ROWS.start) * COLUMNS


@dataclass(frozen=True, eq=False)
class Fingerprint:
    """pictures: uint8 grey (n, ROWS, COLUMNS), one a second, n at least 1 · sound: its envelope"""

    pictures: NDArray[np.uint8]
    sound: Envelope = field(default_factory=lambda: np.zeros((0, BANDS), np.uint8))

    @cached_property
    def mirrored(self) -> Fingerprint:
        return Fingerprint(self.pictures[:, :, ::-1], self.sound)

    @cached_property
    def hashes(self) -> NDArray[np.uint64]:
        """uint64 (n,), the difference hash of each picture."""
        steps = np.diff(self.pictures.astype(np.int16), axis=2)
        clear = CLEAR_STEP * np.abs(steps).mean(axis=(1, 2), keepdims=True)
        bits = (steps > clear).reshape(-1, BITS)
        weights = np.uint64(1) << np.arange(BITS, dtype=np.uint64)
        return np.asarray((bits * weights).sum(axis=1, dtype=np.uint64))

    @property
    def is_plain(self) -> bool:
        """Whether no picture has anything in it by which it could be known again."""
        return bool((self.pictures.std(axis=(1, 2)) < LEAST_DETAIL).all())

    @property
    def scene(self) -> NDArray[np.float32]:
        """float32 (SCENE_SIZE,): the mean of all seconds and how far they are from it, without brightness and
        contrast, of the rows that a caption leaves. Copies of a video lie close together, in L2."""
        pictures = _even(self.pictures[:, SCENE_ROWS])
        return np.concatenate([pictures.mean(axis=0).ravel(), pictures.std(axis=0).ravel()])

    def to_bytes(self) -> bytes:
        count = len(self.pictures).to_bytes(1, "big")
        return count + self.pictures.tobytes() + self.sound.tobytes()

    @classmethod
    def from_bytes(cls, content: bytes) -> Fingerprint:
        values = np.frombuffer(content, np.uint8)
        end = 1 + int(values[0]) * ROWS * COLUMNS
        return cls(values[1:end].reshape(-1, ROWS, COLUMNS), values[end:].reshape(-1, BANDS))


def is_one_video(one: Fingerprint, other: Fingerprint) -> bool:
    """Whether the one is the other, altered as re-uploads are: mirrored, and begun earlier or later, too."""
    both_ways = (one, one.mirrored)
    return any(_is_seen(given, other) for given in both_ways) or _is_heard(both_ways, other)


def _is_seen(one: Fingerprint, other: Fingerprint) -> bool:
    overlap = _best_overlap(one, other)
    if overlap is None:
        return False
    left, right = (Fingerprint(f.pictures[part]) for f, part in zip((one, other), overlap, strict=True))
    if min(_variety(left), _variety(right)) >= VARIED_BITS or _scenes_in_common(left, right) > 1:
        return True
    moving, moving_other = _even(left.pictures), _even(right.pictures)
    return any(_move_alike(moving[:, rows], moving_other[:, rows]) for rows in UNCAPTIONED)


def _is_heard(both_ways: tuple[Fingerprint, Fingerprint], other: Fingerprint) -> bool:
    """Whether the same sound begins between two seconds of the other, and the pictures before and after that
    are roughly those of the one."""
    delay = delay_s(both_ways[0].sound, other.sound, LEAST_OVERLAP)
    if delay is None or abs(delay - round(delay)) < BETWEEN_SECONDS_S:
        return False
    offsets = (math.floor(delay), math.ceil(delay))
    return any(_bits_apart(one, other, offset) <= ROUGHLY_BITS for one in both_ways for offset in offsets)


def _bits_apart(one: Fingerprint, other: Fingerprint, offset: int) -> float:
    """Bits in which the hashes differ at an offset, in the middle."""
    mine, theirs = _overlap(len(one.pictures), len(other.pictures), offset)
    bits = np.bitwise_count(one.hashes[mine] ^ other.hashes[theirs])
    return float(np.median(bits)) if len(bits) else float(BITS)


def _overlap(length: int, other: int, offset: int) -> tuple[slice, slice]:
    """The seconds that two videos have in common when the one begins at `offset` of the other."""
    start = max(0, -offset)
    end = max(start, min(length, other - offset))
    return slice(start, end), slice(start + offset, end + offset)


def _best_overlap(one: Fingerprint, other: Fingerprint) -> tuple[slice, slice] | None:
    """The seconds of both at the offset where their hashes differ least; None where they differ too much."""
    left, right = one.hashes, other.hashes
    least = math.ceil(LEAST_OVERLAP * max(len(left), len(right)))
    best, best_bits = None, float(MOST_BITS)
    for offset in range(least - len(left), len(right) - least + 1):  # none where one is much longer
        mine, theirs = _overlap(len(left), len(right), offset)
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
