"""What rankers and thresholds are learned from: showings as arrays, one row each."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from coldreel.learn.reward import RewardRules
from coldreel.store.showings import ShownPlace

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

BIAS = "bias"
"""The feature that is one for everybody, whether it was logged or not."""


@dataclass(frozen=True, slots=True, eq=False)
class Showings:
    """n places that were seen, the latest first. All arrays have the shape (n,), save `features`: (n, names).

    features: as they were logged, 0 where one was not; served: seconds since 1970
    watched_s: NaN where it is not known for how long; propensity: NaN where the place was not drawn at random
    slots: which kind of place, as a number of its own
    """

    names: tuple[str, ...]
    features: Floats
    users: NDArray[np.int64]
    served: Floats
    slots: NDArray[np.int64]
    propensity: Floats
    duration_s: Floats
    watched_s: Floats
    liked: Flags
    shared: Flags
    not_interested: Flags

    def __len__(self) -> int:
        return len(self.users)

    def __getitem__(self, rows: Flags) -> Showings:
        return Showings(
            self.names, self.features[rows], self.users[rows], self.served[rows], self.slots[rows],
            self.propensity[rows], self.duration_s[rows], self.watched_s[rows], self.liked[rows],
            self.shared[rows], self.not_interested[rows],
        )  # fmt: skip

    @property
    def fingerprint(self) -> str:
        """Of all that is in here: the same data have the same one."""
        digest = blake2b(repr(self.names).encode(), digest_size=16)
        for column in (
            self.features, self.users, self.served, self.slots, self.propensity, self.duration_s,
            self.watched_s, self.liked, self.shared, self.not_interested,
        ):  # fmt: skip
            digest.update(np.ascontiguousarray(column).tobytes())
        return digest.hexdigest()

    def known(self) -> Flags:
        """Whose outcome is known: it was watched for a known time.

        A like alone does not count: what was watched as briefly and not liked would be missing.
        """
        return np.isfinite(self.watched_s)

    def pleased(self, rules: RewardRules) -> Floats:
        """1 where the viewer was pleased by this showing, else 0: a long view, a like or a share, and not
        "not interested"."""
        uppers, shares = (np.array(column) for column in zip(*rules.long_view, strict=True))
        enough = shares[np.searchsorted(uppers, self.duration_s)] * self.duration_s
        long = self.watched_s >= enough  # not so where it is not known
        return np.asarray((long | self.liked | self.shared) & ~self.not_interested, np.float64)


def gathered(places: Iterable[ShownPlace], names: Sequence[str]) -> Showings:
    """Places as arrays. A feature that was logged under no name among these is left out."""
    features, served, propensity, duration_s, watched_s = (array("d") for _ in range(5))
    users, slots = array("q"), array("q")
    liked, shared, not_interested = (array("b") for _ in range(3))
    numbers: dict[str, int] = {}
    for place in places:
        features.extend(1.0 if name == BIAS else place.parts.get(name, 0.0) for name in names)
        users.append(place.user)
        served.append(place.served)
        slots.append(numbers.setdefault(place.slot, len(numbers)))
        propensity.append(np.nan if place.propensity is None else place.propensity)
        duration_s.append(place.duration_s)
        watched_s.append(np.nan if place.watched_s is None else place.watched_s)
        liked.append(place.liked)
        shared.append(place.shared)
        not_interested.append(place.not_interested)
    return Showings(
        tuple(names), _floats(features).reshape(len(users), len(names)), np.frombuffer(users, np.int64),
        _floats(served), np.frombuffer(slots, np.int64), _floats(propensity), _floats(duration_s),
        _floats(watched_s), _flags(liked), _flags(shared), _flags(not_interested),
    )  # fmt: skip


def _floats(column: array[float]) -> Floats:
    return np.frombuffer(column, np.float64)


def _flags(column: array[int]) -> Flags:
    return np.frombuffer(column, np.bool_)
