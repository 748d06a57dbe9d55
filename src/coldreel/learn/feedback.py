"""Taking feedback: events are appended, and all that follows from them changes in the same transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from coldreel.learn.interests import InterestRules, moved
from coldreel.learn.reward import SILENT, RewardRules, Verdict, judge
from coldreel.model import WATCHING, Event, EventKind, Interests, ItemStats, Refusal
from coldreel.store.events import PlacedEvent, Showing
from coldreel.store.store import Store
from coldreel.store.vectors import StoredSpace

_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
"""A clock that shows an earlier time is wrong, and the database cannot give back the earliest ones."""


@dataclass(frozen=True, slots=True)
class FeedbackRules:
    reward: RewardRules = field(default_factory=RewardRules)
    interests: InterestRules = field(default_factory=InterestRules)
    page_life: timedelta = timedelta(days=1)
    """Watching an item goes on for so long where it was left on the same page."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a batch: every event was accepted, or had been before, or is refused with a reason."""

    accepted: int
    duplicates: int
    refused: tuple[Refusal, ...]


def take(
    store: Store, space: StoredSpace | None, events: Sequence[Event], now: datetime, rules: FeedbackRules
) -> Receipt:
    """Store a batch of events. Sending it twice changes nothing; one bad event does not lose the others."""
    known = store.items.durations([event.item for event in events])
    refused = tuple(_unknown(event) for event in events if event.item not in known)
    good = [replace(event, at=min(max(event.at, _EARLIEST), now)) for event in events if event.item in known]
    if not good:
        return Receipt(0, 0, refused)
    with store.database.transaction():
        users = store.users.ensure_all(event.user for event in good)
        store.users.lock(users.values())
        placed = [PlacedEvent(event, users[event.user], known[event.item].id) for event in good]
        placed.sort(key=lambda p: p.event.event_id)  # one order for all, see _count
        watched = store.events.watched(placed, rules.page_life)
        news = store.events.append(placed)
        fresh = _once([p for p in placed if p.event.event_id in news])
        durations = {entry.id: entry.duration_s for entry in known.values()}
        verdicts = _judged(store, fresh, durations, watched, rules.reward)
        _count(store, verdicts)
        _relate(store, verdicts)
        if space is not None:
            _move_interests(store, space, verdicts, rules.interests)
    return Receipt(len(fresh), len(good) - len(fresh), refused)


def _unknown(event: Event) -> Refusal:
    return Refusal(event.event_id, "unknown_item", f"There is no item {event.item!r} (any more)")


def _once(placed: list[PlacedEvent]) -> list[PlacedEvent]:
    """Each event once, the first of that id as it is stored, in the order in which things happened."""
    first = {p.event.event_id: p for p in reversed(placed)}
    return sorted(first.values(), key=lambda p: (p.event.at, p.event.event_id))


def _judged(
    store: Store,
    placed: list[PlacedEvent],
    durations: dict[int, float],
    watched: dict[Showing, float],
    rules: RewardRules,
) -> list[tuple[PlacedEvent, Verdict]]:
    """A like of what is liked already says nothing new, nor does taking back one that was never given.

    watched: the seconds of each showing before these events; brought up to date
    """
    by_user = defaultdict(set)
    for p in placed:
        by_user[p.user].add(p.item)
    liked = {(user, item) for user, items in by_user.items() for item in store.users.liked(user, list(items))}
    return _in_order(placed, durations, watched, liked, rules)


def _in_order(
    placed: list[PlacedEvent],
    durations: dict[int, float],
    watched: dict[Showing, float],
    liked: set[tuple[int, int]],
    rules: RewardRules,
) -> list[tuple[PlacedEvent, Verdict]]:
    """liked: pairs of user and item before these events; brought up to date like `watched`"""
    verdicts = []
    for p in placed:
        verdict = judge(p.event, durations[p.item], rules, watched.get(p.showing))
        if p.event.kind in WATCHING:
            watched[p.showing] = watched.get(p.showing, 0.0) + (p.event.watched_s or 0.0)
        if verdict.likes and (verdict.likes > 0) == ((p.user, p.item) in liked):
            verdict = SILENT
        if verdict.likes > 0:
            liked.add((p.user, p.item))
        elif verdict.likes < 0:
            liked.remove((p.user, p.item))
        verdicts.append((p, verdict))
    return verdicts


def _count(store: Store, verdicts: list[tuple[PlacedEvent, Verdict]]) -> None:
    totals: dict[int, ItemStats] = {}
    for placed, verdict in verdicts:
        kind, before = placed.event.kind, totals.get(placed.item, ItemStats(placed.item))
        totals[placed.item] = replace(
            before,
            shown=before.shown + verdict.shown,
            positives=before.positives + (verdict.reward > 0) - (verdict.likes < 0),
            long_views=before.long_views + verdict.long_view,
            likes=before.likes + verdict.likes,
            shares=before.shares + (kind is EventKind.SHARE),
            skips=before.skips + verdict.skipped,
            watched_s=before.watched_s + (placed.event.watched_s or 0.0),
        )
    for item in sorted(totals):  # one order for all writers, so that none waits for another in a ring
        store.events.count(totals[item])


def _relate(store: Store, verdicts: list[tuple[PlacedEvent, Verdict]]) -> None:
    for p, verdict in verdicts:
        kind = p.event.kind
        store.users.interact(
            p.user,
            p.item,
            p.event.at,
            views=int(verdict.shown),
            watched_s=p.event.watched_s or 0.0,
            liked={EventKind.LIKE: True, EventKind.UNLIKE: False}.get(kind),
            not_interested=True if kind is EventKind.NOT_INTERESTED else None,
        )


def _move_interests(
    store: Store, space: StoredSpace, verdicts: list[tuple[PlacedEvent, Verdict]], rules: InterestRules
) -> None:
    telling = [(placed, verdict) for placed, verdict in verdicts if verdict.reward != 0.0]
    vectors = store.vectors(space).of(sorted({placed.item for placed, _ in telling}))
    by_user = defaultdict(list)
    for placed, verdict in telling:
        if placed.item in vectors:
            by_user[placed.user].append((placed, verdict))
    for user, moves in by_user.items():
        interests = store.users.interests(user, space.id)
        for placed, verdict in moves:
            interests = moved(interests, vectors[placed.item], verdict.reward, placed.event.at, rules)
        store.users.put_interests(user, space.id, interests)


def replayed(store: Store, space: StoredSpace, user: int, rules: FeedbackRules) -> Interests:
    """What a user cares about in a space, from all events of theirs, in the order of their times."""
    placed, durations = store.events.history(user)
    verdicts = _in_order(placed, durations, {}, set(), rules.reward)
    telling = [(p, verdict.reward) for p, verdict in verdicts if verdict.reward != 0.0]
    vectors = store.vectors(space).of(sorted({p.item for p, _ in telling}))
    interests = Interests()
    for p, reward in telling:
        if p.item in vectors:
            interests = moved(interests, vectors[p.item], reward, p.event.at, rules.interests)
    return interests
