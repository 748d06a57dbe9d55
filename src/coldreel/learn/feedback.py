"""Taking feedback: events are appended, and all that follows from them changes in the same transaction.

In whatever order events come, what follows is what a rebuild from all of them would give. Those that come in
the order of their times, as nearly all do, are added to what there is; what a late one touches is derived
anew.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from coldreel.learn.interactions import CountRules, InteractionRules, changes, related
from coldreel.learn.interests import InterestRules
from coldreel.learn.long_views import active_rules
from coldreel.learn.replaying import Said, hide_creators, in_order, moved_by, past, replayed, telling_items
from coldreel.learn.reward import RewardRules
from coldreel.model import Event, Interaction, Interests, Refusal
from coldreel.store.events import Pair, PlacedEvent
from coldreel.store.store import Store
from coldreel.store.vectors import StoredSpace

_STORABLE = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)
"""Times that the database gives back whatever the time zone."""


@dataclass(frozen=True, slots=True)
class FeedbackRules:
    reward: RewardRules = field(default_factory=RewardRules)
    page_life: timedelta = InteractionRules().page_life
    interests: InterestRules = field(default_factory=InterestRules)
    counts: CountRules = field(default_factory=CountRules)
    earliest: datetime = datetime(2000, 1, 1, tzinfo=UTC)
    """A clock that shows an earlier time has lost it, as one that shows a time to come is ahead."""

    @property
    def interactions(self) -> InteractionRules:
        return InteractionRules(self.reward, self.page_life)


def rules_in_use(store: Store) -> FeedbackRules:
    """The rules as shipped, with the thresholds of long views that were learned."""
    shipped = FeedbackRules()
    return replace(shipped, reward=active_rules(store, shipped.reward))


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a batch: every event was accepted, or had been before, or is refused with a reason.

    clamped: of those accepted how many had an impossible time, which was set to the nearest possible one
    """

    accepted: int
    duplicates: int
    refused: tuple[Refusal, ...]
    clamped: int = 0


def take(store: Store, events: Sequence[Event], now: datetime) -> Receipt:
    """Store a batch of events. Sending it twice changes nothing; one bad event does not lose the others."""
    known = store.items.durations([event.item for event in events])
    refused = tuple(_unknown(event) for event in events if event.item not in known)
    good = [event for event in events if event.item in known]
    if not good:
        return Receipt(0, 0, refused)
    with store.database.transaction():
        users = store.users.hold_all(event.user for event in good)
        # Now, for a rebuild that a change of these has set off may have had its turn with a user just before.
        rules, space = rules_in_use(store), store.spaces.active()
        placed = [
            _placed(event, users[event.user], known[event.item].id, now, rules.earliest) for event in good
        ]
        placed.sort(key=lambda p: p.event.event_id)  # one order for all writers, as in `Events.change`
        news = store.events.append(placed)
        first = {p.event.event_id: p for p in reversed(placed)}  # of an id that a batch repeats
        fresh = [p for event_id, p in first.items() if event_id in news]
        if fresh:
            durations = {entry.id: entry.duration_s for entry in known.values()}
            _learn(store, space, fresh, durations, now, rules)
    return Receipt(len(fresh), len(good) - len(fresh), refused, sum(p.said_at is not None for p in fresh))


def _unknown(event: Event) -> Refusal:
    return Refusal(event.event_id, "unknown_item", f"There is no item {event.item!r} (any more)")


def _placed(event: Event, user: int, item: int, now: datetime, earliest: datetime) -> PlacedEvent:
    at = min(max(event.at, earliest), now)
    if at == event.at:
        return PlacedEvent(event, user, item)
    said_at = min(max(event.at, _STORABLE[0]), _STORABLE[1])
    return PlacedEvent(replace(event, at=at), user, item, said_at)


def _learn(
    store: Store,
    space: StoredSpace | None,
    fresh: Sequence[PlacedEvent],
    durations: Mapping[int, float],
    now: datetime,
    rules: FeedbackRules,
) -> None:
    """All that follows from events that were stored just now."""
    before = store.users.interactions(sorted({p.pair for p in fresh}))
    late = {p.pair for p in fresh if p.pair in before and p.event.at <= before[p.pair].last_at}
    after, said = _related(store, fresh, before, late, durations, rules.interactions)
    store.users.put_interactions(list(after.values()))
    counts = changes([(before.get(pair), after[pair]) for pair in after], now, rules.counts)
    store.events.change(counts, rules.counts.fast, rules.counts.slow)
    hide_creators(store, said)
    if space is not None:
        _move_interests(store, space, said, {user for user, _ in late}, rules)


def _related(
    store: Store,
    fresh: Sequence[PlacedEvent],
    before: Mapping[Pair, Interaction],
    late: set[Pair],
    durations: Mapping[int, float],
    rules: InteractionRules,
) -> tuple[dict[Pair, Interaction], tuple[Said, ...]]:
    """What is between users and items now, and what the fresh events said. Late pairs begin anew."""
    by_pair: dict[Pair, dict[object, PlacedEvent]] = defaultdict(dict)
    for p in sorted(fresh, key=lambda p: p.pair):
        by_pair[p.pair][p.event.event_id] = p
    names = {pair: (p.event.user, p.event.item) for pair, its in by_pair.items() for p in its.values()}
    since = {
        pair: None if pair in late else min(p.event.at for p in its.values()) - rules.page_life
        for pair, its in by_pair.items()
    }
    after, said = {}, []
    for pair, events in store.events.between(names, since).items():
        user, item = pair
        known = set() if pair in late else {e.event_id for e in events if e.event_id not in by_pair[pair]}
        old = None if pair in late else before.get(pair)
        after[pair], verdicts = related(user, item, events, durations[item], rules, old, known)
        heard = [event for event in events if event.event_id not in known]
        said += [
            Said(by_pair[pair][event.event_id], verdict)
            for event, verdict in zip(heard, verdicts, strict=True)
            if event.event_id in by_pair[pair]
        ]
    return after, in_order(said)


def _move_interests(
    store: Store, space: StoredSpace, said: Sequence[Said], late: set[int], rules: FeedbackRules
) -> None:
    """late: users of whom something that was said before may have another meaning now"""
    by_user = defaultdict(list)
    for one in said:
        if one.tells:
            by_user[one.placed.user].append(one)
    touched = sorted(by_user.keys() | late)
    interests = store.users.interests_of(touched, space.id)
    vectors = store.vectors(space).of(telling_items(said))
    moves, here = {}, rules.interests.in_space(space.baseline)
    for user in touched:
        old, new = interests.get(user, Interests()), by_user[user]
        if user in late or _is_late(old, new):
            moves[user] = replayed(store, space, past(store, user, rules.interactions), rules.interests)
        else:
            moves[user] = moved_by(old, new, vectors, here)
    store.users.put_interests(
        space.id, {user: moved for user, moved in moves.items() if moved.updated_at is not None}
    )


def _is_late(interests: Interests, said: Sequence[Said]) -> bool:
    """Whether any of it happened before what has moved the interests already."""
    last = interests.updated_at
    return last is not None and any(one.placed.event.at <= last for one in said)
