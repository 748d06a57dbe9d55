"""What follows from all that one user did, in the order in which it happened."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from coldreel.learn.interactions import InteractionRules, related
from coldreel.learn.interests import InterestRules, moved
from coldreel.learn.reward import Verdict
from coldreel.model import EventKind, Interaction, Interests, Vector
from coldreel.store.events import Pair, PlacedEvent
from coldreel.store.store import Store
from coldreel.store.vectors import StoredSpace


@dataclass(frozen=True, slots=True)
class Said:
    """An event, and what it said that was new."""

    placed: PlacedEvent
    verdict: Verdict

    @property
    def tells(self) -> bool:
        """Something about taste."""
        return self.verdict.reward != 0.0 or self.verdict.unwanted


@dataclass(frozen=True, slots=True)
class Past:
    """All events of a user as they happened, and what they say."""

    interactions: tuple[Interaction, ...]
    said: tuple[Said, ...]


def past(store: Store, user: int, rules: InteractionRules) -> Past:
    placed, durations = store.events.history(user)
    by_pair: dict[Pair, list[PlacedEvent]] = defaultdict(list)
    for one in placed:
        by_pair[one.pair].append(one)
    interactions, said = [], []
    for (_, item), its in by_pair.items():
        interaction, verdicts = related(user, item, [p.event for p in its], durations[item], rules)
        interactions.append(interaction)
        said += [Said(*both) for both in zip(its, verdicts, strict=True)]
    return Past(tuple(interactions), in_order(said))


def in_order(said: Sequence[Said]) -> tuple[Said, ...]:
    """As things happened; of what happened at once the lower id first."""
    return tuple(sorted(said, key=lambda s: (s.placed.event.at, s.placed.event.event_id)))


def replayed(store: Store, space: StoredSpace, past: Past, rules: InterestRules) -> Interests:
    """What a user cares about in a space, from all that was said."""
    vectors = store.vectors(space).of(telling_items(past.said))
    return moved_by(Interests(), past.said, vectors, rules.in_space(space.baseline))


def telling_items(said: Sequence[Said]) -> list[int]:
    return sorted({s.placed.item for s in said if s.tells})


def moved_by(
    interests: Interests, said: Sequence[Said], vectors: Mapping[int, Vector], rules: InterestRules
) -> Interests:
    """The interests after what was said about items that have vectors, in this order."""
    for one in said:
        event, verdict = one.placed.event, one.verdict
        if one.tells and one.placed.item in vectors:
            interests = moved(
                interests,
                vectors[one.placed.item],
                verdict.reward,
                event.at,
                rules,
                unwanted=verdict.unwanted,
            )
    return interests


def hide_creators(store: Store, said: Sequence[Said]) -> None:
    """Write down whose videos these users want no more of."""
    store.users.hide_creators(
        [
            (s.placed.user, s.placed.item, s.placed.event.at)
            for s in said
            if s.placed.event.kind is EventKind.HIDE_CREATOR
        ]
    )
