"""Judging the feed by what was logged of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from coldreel.app.catalogue import Catalogue
from coldreel.evaluate.logged import Judgement, JudgingRules, judge
from coldreel.learn.long_views import active_rules
from coldreel.learn.showings import gathered
from coldreel.recommend.scoring import SHIPPED
from coldreel.store.showings import ShownPlace


class Judging(Catalogue):
    def evaluate(self) -> Judgement:
        """What people did with the feed in the last weeks, and how well the rankers knew beforehand.

        Nothing is learned by it: what is in use stays.
        """
        rules, now = JudgingRules(), datetime.now(UTC)
        learning = rules.learning
        reward = active_rules(self.store, learning.reward)
        slots: list[str] = []
        space = self.store.spaces.active()
        serving = 0 if space is None else space.id  # there is no space 0, and nothing that it served
        places = self.store.showings.latest(
            serving, now - learning.window, now - learning.settled, learning.most
        )
        showings = gathered(_noting(places, slots), sorted(SHIPPED.values))
        known = showings.known()
        showings = showings[known]
        return judge(
            showings,
            [slot for slot, kept in zip(slots, known.tolist(), strict=True) if kept],
            showings.pleased(reward),
            SHIPPED,
            self.store.models.weights(serving) or SHIPPED,
            rules,
        )


def _noting(places: Iterable[ShownPlace], slots: list[str]) -> Iterator[ShownPlace]:
    """The same places, the names of whose slots are written down."""
    for place in places:
        slots.append(place.slot)
        yield place
