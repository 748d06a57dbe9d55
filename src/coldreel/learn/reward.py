"""What an event says about an item: the reward that interests are moved by, and what there is to count."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from coldreel.model import Event, EventKind


@dataclass(frozen=True, slots=True)
class RewardRules:
    """coldreel's own thresholds: a prior until enough views are there to learn them from."""

    skip_s: float = 2.0
    """A swipe within so many seconds is a dislike, unless the video itself is hardly longer."""
    long_view: tuple[tuple[float, float], ...] = ((10.0, 0.9), (30.0, 0.7), (60.0, 0.5), (inf, 0.35))
    """Per bucket of duration (its upper end in seconds): the share of the video that makes a view long."""

    like: float = 1.0
    share: float = 1.0
    long: float = 0.7
    skip: float = -0.5
    not_interested: float = -1.0

    def long_share(self, duration_s: float) -> float:
        """The share of a video of this length that makes a view of it long."""
        return next(share for upper, share in self.long_view if duration_s <= upper)


@dataclass(frozen=True, slots=True)
class Verdict:
    """reward: in [-1, 1], 0 where the event says nothing about taste; shown: for the first time on its page;
    likes: the change of their count; unwanted: the user wants nothing like it; loops: times that it began
    again"""

    reward: float
    shown: bool = False
    long_view: bool = False
    skipped: bool = False
    likes: int = 0
    shared: bool = False
    unwanted: bool = False
    loops: int = 0


SILENT = Verdict(0.0)


def judge(event: Event, duration_s: float, rules: RewardRules, watched_s: float | None = None) -> Verdict:
    """What one event on a video of this length says.

    watched_s: seconds that the user had watched it before on the same page; None when it was not shown yet
    """
    match event.kind:
        case EventKind.LIKE:
            return Verdict(rules.like, likes=1)
        case EventKind.SHARE:
            return Verdict(rules.share, shared=True)
        case EventKind.NOT_INTERESTED:
            return Verdict(rules.not_interested, unwanted=True)
        case EventKind.UNLIKE:
            return Verdict(-rules.like, likes=-1)
        case EventKind.HIDE_CREATOR:
            return SILENT  # about who made it, and not about what it shows
        case EventKind.VIEW | EventKind.AWAY:
            return _judge_watching(event, duration_s, rules, watched_s)


def _judge_watching(event: Event, duration_s: float, rules: RewardRules, before: float | None) -> Verdict:
    shown = before is None
    if event.watched_s is None:
        return Verdict(0.0, shown)  # for how long is not known
    was, now = before or 0.0, (before or 0.0) + event.watched_s
    loops = int(now // duration_s) - int(was // duration_s) if duration_s > 0 else 0
    enough = rules.long_share(duration_s) * duration_s
    if now >= enough:
        news = was < enough or shown
        return Verdict(rules.long if news else 0.0, shown, long_view=news, loops=loops)
    if event.kind is EventKind.VIEW and now < min(rules.skip_s, duration_s / 2):
        return Verdict(rules.skip, shown, skipped=True)
    return Verdict(0.0, shown)
