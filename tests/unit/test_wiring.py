"""Settings reach the rules of the parts, and say the same as these where nothing is set."""

from __future__ import annotations

from datetime import timedelta

from coldreel.app import wiring
from coldreel.learn.counting import CountingRules
from coldreel.model import Policy
from coldreel.recommend.feed import FeedRules
from coldreel.settings import Settings


def test_nothing_set_is_what_the_parts_do_by_themselves() -> None:
    settings = Settings.load()
    assert wiring.feed_rules(settings) == FeedRules()
    assert wiring.counting_rules(settings) == CountingRules()


def test_what_is_set_is_what_the_parts_are_told() -> None:
    settings = Settings.load(
        explore_per_item=20, explore_per_day=3, random_share=0.1, show_again=False, count_s=5.0,
        exclude_tags="War, blood", min_age_s=60.0, with_sound=True, feed_max_duration_s=30.0,
    )  # fmt: skip
    feed, counting = wiring.feed_rules(settings), wiring.counting_rules(settings)
    assert (feed.selection.explore_per_item, feed.selection.explore_per_day) == (20, 3)
    assert feed.selection.random_share == 0.1
    assert feed.policy == Policy(("War", "blood"), 60.0, True, 30.0)
    assert not feed.show_again
    assert (counting.trial.budget, counting.pause) == (20, timedelta(seconds=5))
