"""Stage 1, hydrate: who is watching."""

from __future__ import annotations

from dataclasses import dataclass

from coldreel.model import Interests, Vector


@dataclass(frozen=True, slots=True, eq=False)
class Favourite:
    """An item that the viewer liked or watched for long: what a reason can be made from."""

    title: str
    liked: bool
    vector: Vector


@dataclass(frozen=True, slots=True, eq=False)
class Viewer:
    """The user of one request."""

    id: int
    ref: str
    interests: Interests
    favourites: tuple[Favourite, ...]

    @property
    def is_new(self) -> bool:
        """Nothing is known of its taste yet."""
        return not self.interests.vectors
