"""Learning from what people watched, and going back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from coldreel.app.catalogue import Catalogue
from coldreel.learn.feedback import FeedbackRules
from coldreel.learn.learning import LearningRules, Report, go_back, learn
from coldreel.learn.long_views import active_rules
from coldreel.learn.rebuilding import rebuild
from coldreel.learn.reward import RewardRules
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

    def rebuild(self) -> None:
        """Derive statistics and what users care about from the events alone."""
        self._rebuild(active_rules(self.store, LearningRules().reward))

    def _rebuild(self, reward: RewardRules) -> None:
        rules = replace(FeedbackRules(), reward=reward)
        rebuild(self.store, self.store.spaces.serving(), datetime.now(UTC), rules)
