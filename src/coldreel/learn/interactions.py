"""What is between one user and one item, and what a change of that means for the counts of the item.

Both are functions of the events alone. An item's counts are the sum over its interactions, so they change by
what an interaction counts after an event less what it counted before, in whatever order events come in.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from coldreel.learn.reward import RewardRules, Verdict, judge
from coldreel.model import WATCHING, Event, Interaction, ItemStats


@dataclass(frozen=True, slots=True)
class InteractionRules:
    """coldreel's own numbers."""

    reward: RewardRules = field(default_factory=RewardRules)
    page_life: timedelta = timedelta(days=1)
    """What was watched of an item within so long on the same page is one showing."""


@dataclass(frozen=True, slots=True)
class CountRules:
    """How fast the decayed counts forget. Stored counts follow a change of these once they are rebuilt."""

    fast: timedelta = timedelta(days=1)
    """Half-life of the fast counts: what an item does now."""
    slow: timedelta = timedelta(days=7)
    """Half-life of the slow counts, which the fast ones are compared with."""


# --- from events to an interaction ----------------------------------------


def related(
    user: int,
    item: int,
    events: Sequence[Event],
    duration_s: float,
    rules: InteractionRules,
    before: Interaction | None = None,
    known: Collection[UUID] = (),
) -> tuple[Interaction, list[Verdict]]:
    """What is between a user and an item after these events, and what each of them said that is not `known`.

    events: of the two, in the order of their times, one at least
    before, known: to go on from an interaction that the known events were a part of, the latest ones of which
    are here as far as they lie less than a page's life before the others
    """
    interaction = before
    pages: dict[UUID | None, list[Event]] = defaultdict(list)
    verdicts = []
    for event in events:
        page = [shown for shown in pages[event.request_id] if event.at - shown.at <= rules.page_life]
        watched_s = sum(shown.watched_s or 0.0 for shown in page) if page else None
        pages[event.request_id] = [*page, event] if event.kind in WATCHING else page
        if event.event_id in known:
            continue
        verdict = heard(judge(event, duration_s, rules.reward, watched_s), interaction)
        interaction = changed(interaction, user, item, event, verdict)
        verdicts.append(verdict)
    if interaction is None:
        raise ValueError("without an event nothing is between a user and an item")
    return interaction, verdicts


def heard(verdict: Verdict, before: Interaction | None) -> Verdict:
    """What is new in a verdict: a like of what is liked already says nothing, nor does taking back one that
    was never given, nor being not interested twice."""
    liked, unwanted = (before.liked, before.not_interested) if before else (False, False)
    if (verdict.likes and (verdict.likes > 0) == liked) or (verdict.unwanted and unwanted):
        return replace(verdict, reward=0.0, likes=0, unwanted=False)
    return verdict


def changed(before: Interaction | None, user: int, item: int, event: Event, verdict: Verdict) -> Interaction:
    """What is between a user and an item after one more event, of which `verdict` is what was heard."""
    old = before or Interaction(user, item, event.at, event.at)
    return replace(
        old,
        first_at=min(old.first_at, event.at),
        last_at=max(old.last_at, event.at),
        views=old.views + verdict.shown,
        watched_s=old.watched_s + ((event.watched_s or 0.0) if event.kind in WATCHING else 0.0),
        long_views=old.long_views + verdict.long_view,
        skips=old.skips + verdict.skipped,
        shares=old.shares + verdict.shared,
        loops=old.loops + verdict.loops,
        liked=old.liked if verdict.likes == 0 else verdict.likes > 0,
        not_interested=old.not_interested or verdict.unwanted,
    )


# --- from interactions to the counts of an item ----------------------------------------


def counted(interaction: Interaction, at: datetime, rules: CountRules) -> ItemStats:
    """What one interaction adds to the counts of its item, the decayed ones as of `at`.

    Its viewer counts one when it first sees the item, and half as much after every half-life.
    """
    age, pleased = at - interaction.first_at, interaction.pleased
    fast, slow = 0.5 ** (age / rules.fast), 0.5 ** (age / rules.slow)
    return ItemStats(
        item=interaction.item,
        viewers=1,
        pleased=int(pleased),
        views=interaction.views,
        long_views=interaction.long_views,
        skips=interaction.skips,
        likes=int(interaction.liked),
        shares=interaction.shares,
        not_interested=int(interaction.not_interested),
        loops=interaction.loops,
        watched_s=interaction.watched_s,
        fast_viewers=fast,
        fast_pleased=fast * pleased,
        slow_viewers=slow,
        slow_pleased=slow * pleased,
        decayed_at=at,
    )


def added(one: ItemStats, other: ItemStats, times: int = 1) -> ItemStats:
    """The counts of an item together with others of it as of the same time; `times` -1 takes these away."""
    if (one.item, one.decayed_at) != (other.item, other.decayed_at):
        raise ValueError("counts of two items, or as of two times, do not add up")
    return ItemStats(
        item=one.item,
        viewers=one.viewers + times * other.viewers,
        pleased=one.pleased + times * other.pleased,
        views=one.views + times * other.views,
        long_views=one.long_views + times * other.long_views,
        skips=one.skips + times * other.skips,
        likes=one.likes + times * other.likes,
        shares=one.shares + times * other.shares,
        not_interested=one.not_interested + times * other.not_interested,
        loops=one.loops + times * other.loops,
        watched_s=one.watched_s + times * other.watched_s,
        fast_viewers=one.fast_viewers + times * other.fast_viewers,
        fast_pleased=one.fast_pleased + times * other.fast_pleased,
        slow_viewers=one.slow_viewers + times * other.slow_viewers,
        slow_pleased=one.slow_pleased + times * other.slow_pleased,
        decayed_at=one.decayed_at,
    )


def decayed(stats: ItemStats, at: datetime, rules: CountRules) -> ItemStats:
    """The same counts, the decayed ones as of another time."""
    if stats.decayed_at is None:
        return replace(stats, decayed_at=at)
    age = at - stats.decayed_at
    fast, slow = 0.5 ** (age / rules.fast), 0.5 ** (age / rules.slow)
    return replace(
        stats,
        fast_viewers=stats.fast_viewers * fast,
        fast_pleased=stats.fast_pleased * fast,
        slow_viewers=stats.slow_viewers * slow,
        slow_pleased=stats.slow_pleased * slow,
        decayed_at=at,
    )


def changes(
    pairs: Iterable[tuple[Interaction | None, Interaction | None]], at: datetime, rules: CountRules
) -> list[ItemStats]:
    """What the counts of items change by as interactions go from one to the other, in the order of ids.

    pairs: each interaction before and after; None where there is none. Items that stay as they are
    are left out.
    """
    totals: dict[int, ItemStats] = {}
    for before, after in pairs:
        if before == after:
            continue
        for interaction, times in ((after, 1), (before, -1)):
            if interaction is not None:
                total = totals.get(interaction.item, ItemStats(interaction.item, decayed_at=at))
                totals[interaction.item] = added(total, counted(interaction, at, rules), times)
    return [totals[item] for item in sorted(totals)]
