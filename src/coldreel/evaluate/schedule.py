"""Who asks for a page of the feed, and when."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class ScheduleRules:
    """How a world's users come."""

    impressions: int = 100_000
    """Of all users together, over the days that the measures are taken from."""
    days: int = 20
    aftermath: int = 3
    """Days more, at the same rate, in which no policy explores: what was discovered shows then."""
    page: int = 10
    """Items of one page, all of which are watched."""
    more: float = 0.5
    """Probability that a page is followed by another in the same session."""
    minutes: float = 3.0
    """Between two pages of a session."""
    early: float = 0.5
    """Share of the users that is there from the first day; the others join evenly until the last quarter."""
    activity: float = 1.0
    """Shape of the gamma distribution of how active users are; smaller is more uneven."""


@dataclass(frozen=True, slots=True, eq=False)
class Schedule:
    """Requests for a page in the order of their times (in days; the feed begins on day 1)."""

    at: NDArray[np.float64]
    user: NDArray[np.int64]


def drawn_schedule(users: int, rules: ScheduleRules, rng: np.random.Generator) -> Schedule:
    """Sessions of one or more pages by users who join on different days.

    Every user comes at least once, where there are pages enough for that.
    """
    pages = round(rules.impressions / rules.page)
    last = 1.0 + rules.days
    joins = 1.0 + np.where(rng.random(users) < rules.early, 0.0, rng.random(users) * 0.75 * rules.days)
    activity = rng.gamma(rules.activity, size=users)
    weights = activity * (last - joins)
    counts = np.bincount(rng.permutation(users)[:pages], minlength=users)
    counts += rng.multinomial(max(pages - users, 0), weights / weights.sum())
    main = [_visits(user, counts[user], joins[user], last, rules, rng) for user in range(users)]
    after = rng.multinomial(round(pages * rules.aftermath / rules.days), activity / activity.sum())
    end = last + rules.aftermath
    main += [_visits(user, after[user], last, end, rules, rng) for user in range(users)]
    at, user = np.concatenate(main, axis=1)
    order = np.argsort(at, kind="stable")
    return Schedule(at[order], user[order].astype(np.int64))


def _visits(
    user: int, pages: int, first: float, last: float, rules: ScheduleRules, rng: np.random.Generator
) -> NDArray[np.float64]:
    """(2, pages): the times and the user."""
    follows = rng.random(pages) < rules.more
    follows[:1] = False
    # The last session is over by the end.
    starts = rng.uniform(first, max(last - 0.1, first), size=pages)
    session = np.cumsum(~follows) - 1
    place = np.arange(pages) - np.maximum.accumulate(np.where(follows, 0, np.arange(pages)))
    at = np.minimum(starts[session] + place * rules.minutes / 1440, last - 1e-6)
    return np.stack([at, np.full(pages, float(user))])
