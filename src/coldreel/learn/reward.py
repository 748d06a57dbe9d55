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
    """reward: in [-1, 1], 0 where the event says nothing about taste; likes: the change of their count"""

    reward: float
    long_view: bool = False
    skipped: bool = False
    likes: int = 0


SILENT = Verdict(0.0)


def judge(event: Event, duration_s: float, rules: RewardRules) -> Verdict:
    """What one event on a video of this length says."""
    match event.kind:
        case EventKind.LIKE:
            return Verdict(rules.like, likes=1)
        case EventKind.SHARE:
            return Verdict(rules.share)
        case EventKind.NOT_INTERESTED:
            return Verdict(rules.not_interested)
        case EventKind.UNLIKE:
            return Verdict(-rules.like, likes=-1)
        case EventKind.VIEW if event.watched_s is None:
            return SILENT  # it was shown; for how long is not known
        case EventKind.VIEW:
            watched = event.watched_s or 0.0
            if watched >= rules.long_share(duration_s) * duration_s:
                return Verdict(rules.long, long_view=True)
            if watched < min(rules.skip_s, duration_s / 2):
                return Verdict(rules.skip, skipped=True)
            return SILENT
