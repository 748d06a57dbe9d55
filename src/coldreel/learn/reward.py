"""What an event says about an item: the reward that statistics and interests are moved by."""

from __future__ import annotations

from dataclasses import dataclass

from coldreel.model import Event, EventKind


@dataclass(frozen=True, slots=True)
class RewardRules:
    """coldreel's own thresholds: a prior until enough views are there to learn them from."""

    skip_s: float = 2.0
    """A swipe within so many seconds is a dislike, unless the video itself is hardly longer."""
    long_view: tuple[tuple[float, float], ...] = ((10.0, 0.9), (30.0, 0.7), (60.0, 0.5), (float("inf"), 0.35))
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
    likes: the change of their count"""

    reward: float
    shown: bool = False
    long_view: bool = False
    skipped: bool = False
    likes: int = 0


SILENT = Verdict(0.0)


def judge(event: Event, duration_s: float, rules: RewardRules, watched_s: float | None = None) -> Verdict:
    """What one event on a video of this length says.

    watched_s: seconds that the user had watched it before on the same page; None when it was not shown yet
    """
    match event.kind:
        case EventKind.LIKE:
            return Verdict(rules.like, likes=1)
        case EventKind.SHARE:
            return Verdict(rules.share)
        case EventKind.NOT_INTERESTED:
            return Verdict(rules.not_interested)
        case EventKind.UNLIKE:
            return Verdict(-rules.like, likes=-1)
        case EventKind.VIEW | EventKind.AWAY:
            return _judge_watching(event, duration_s, rules, watched_s)


def _judge_watching(event: Event, duration_s: float, rules: RewardRules, before: float | None) -> Verdict:
    shown = before is None
    if event.watched_s is None:
        return Verdict(0.0, shown)  # for how long is not known
    was, now = before or 0.0, (before or 0.0) + event.watched_s
    enough = rules.long_share(duration_s) * duration_s
    if now >= enough:
        return Verdict(rules.long, shown, long_view=True) if was < enough else Verdict(0.0, shown)
    if event.kind is EventKind.VIEW and now < min(rules.skip_s, duration_s / 2):
        return Verdict(rules.skip, shown, skipped=True)
    return Verdict(0.0, shown)
