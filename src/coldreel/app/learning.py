"""Learning from what people watched, and going back."""

from __future__ import annotations

from datetime import UTC, datetime

from coldreel.app.catalogue import Catalogue
from coldreel.learn.feedback import rules_in_use
from coldreel.learn.learning import LearningRules, Report, derive_anew, go_back, learn
from coldreel.learn.rebuilding import rebuild
from coldreel.learn.relating import Relations
from coldreel.recommend.scoring import SHIPPED
from coldreel.store.models import Model


class Learning(Catalogue):
    def learn(self) -> Report:
        """Learn from the showings of the last weeks; what is better is put to use.

        Raises AlreadyLearningError.
        """
        return learn(self.store, SHIPPED, LearningRules(), datetime.now(UTC), self._rebuild)

    def unlearn(self) -> tuple[Model, ...]:
        """Undo the latest pass of learning that put anything to use; returns what was given up.

        Raises AlreadyLearningError.
        """
        return go_back(self.store, LearningRules(), self._rebuild)

    def rebuild(self) -> Relations:
        """Derive statistics, what users care about and which items are related from the events alone.

        Raises AlreadyLearningError.
        """
        return derive_anew(self.store, LearningRules(), self._rebuild)

    def _rebuild(self, *_: object) -> None:
        rules = rules_in_use(self.store)
        rebuild(self.store, self.store.spaces.active(), datetime.now(UTC), rules)
