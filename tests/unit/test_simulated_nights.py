"""What a simulated recommender learns over night: who is pleased by the same, and what pleases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np
import pytest

from coldreel.evaluate.books import Books
from coldreel.evaluate.counting import Counting
from coldreel.evaluate.memory import MemoryDesk
from coldreel.evaluate.nights import Logged, refitted_by_now, related_by_now
from coldreel.evaluate.policies import Coldreel
from coldreel.evaluate.vectors import unit
from coldreel.learn.counting import CountingRules
from coldreel.learn.feedback import FeedbackRules
from coldreel.learn.learning import LearningRules
from coldreel.learn.relating import RelatingRules
from coldreel.model import EVERYTHING, Event, EventKind, Origin, Slot
from coldreel.recommend.candidates import Question
from coldreel.recommend.feed import FeedRules
from coldreel.recommend.request import Request
from coldreel.recommend.scoring import SHIPPED

NOON = datetime(2026, 1, 20, 12, tzinfo=UTC)
ITEMS, PEOPLE, GROUP = 40, 40, 10
DURATION_S = 20.0


@pytest.fixture
def books() -> Books:
    """The even people like six of the first ten items, the odd ones of the next ten; their looks are chance.

    The last item is not there yet.
    """
    rng = np.random.default_rng(1)
    books = Books(
        unit(rng.standard_normal((ITEMS, 8))), np.full(ITEMS, DURATION_S), PEOPLE + 1,
        NOON - timedelta(days=1), FeedbackRules(),
    )  # fmt: skip
    books.visible[:-1] = True
    books.now = NOON
    for person in range(PEOPLE):
        own = np.arange(GROUP) + GROUP * (person % 2)
        for item in rng.choice(own, 6, replace=False).tolist():
            _watch(books, person, item)
    return books


def _watch(books: Books, user: int, item: int, watched_s: float = DURATION_S) -> None:
    event = Event(UUID(int=1), str(user), str(item), EventKind.VIEW, books.now, watched_s)
    books.take(user, item, [event])


def test_what_pleased_the_same_people_is_related_and_what_is_not_there_is_not(books: Books) -> None:
    scores = related_by_now(books, RelatingRules())
    assert scores is not None
    dense = scores.toarray()
    same, other = dense[:GROUP, :GROUP], dense[:GROUP, GROUP : 2 * GROUP]
    assert same[~np.eye(GROUP, dtype=bool)].min() > other.max()
    assert not dense[-1].any()
    assert not dense[:, -1].any()


def test_with_little_known_nothing_is_related(books: Books) -> None:
    assert related_by_now(books, RelatingRules(least=10_000)) is None


def test_a_desk_answers_with_what_is_related_and_unseen(books: Books) -> None:
    Counting(books, CountingRules()).count()
    newcomer = PEOPLE
    _watch(books, newcomer, 0)
    _watch(books, newcomer, 1)
    books.neighbours = related_by_now(books, RelatingRules())
    desk = MemoryDesk(books, SHIPPED)
    request = Request(desk.viewer(str(newcomer)), 10, EVERYTHING, desk.showcase(), np.random.default_rng(0))
    pool = desk.candidates(request, Question(seeds=(0, 1), related=5))
    assert (pool.origins == pool.origins[0]).all()
    assert pool.origin(0) is Origin.COLLABORATIVE
    assert set(pool.items.tolist()) < set(range(2, GROUP))
    assert (np.diff(pool.related) <= 0).all()
    assert pool.related.min() > 0


def _log(books: Books, rng: np.random.Generator, places: int) -> list[Logged]:
    """People who like what is new, whatever else is said of it: nothing that is shipped knows that."""
    log = []
    for n in range(places):
        user, item = n % PEOPLE, n // PEOPLE
        new = float(rng.random())
        pleased = rng.random() < 1 / (1 + np.exp(4 * (0.5 - new)))
        _watch(books, user, item, DURATION_S if pleased else 1.0)
        parts = {"bias": 1.0, "age": new}
        at = (books.now - timedelta(days=3 * (1 - n / places))).timestamp()
        log.append(Logged(user, item, at, Slot.MAIN, None, parts))
    return log


def test_the_ranker_learns_what_pleases_and_only_from_enough() -> None:
    rng = np.random.default_rng(2)
    books = Books(
        unit(rng.standard_normal((ITEMS, 8))), np.full(ITEMS, DURATION_S), PEOPLE, NOON, FeedbackRules()
    )
    books.now = NOON
    log = _log(books, rng, PEOPLE * ITEMS)
    weights = refitted_by_now(books, log, SHIPPED, SHIPPED, LearningRules())
    assert weights.values["age"] > 0.5 > SHIPPED.values["age"]
    assert refitted_by_now(books, log[:20], SHIPPED, SHIPPED, LearningRules()) is SHIPPED
    books.now = NOON + timedelta(days=60)  # all of it was too long ago
    assert refitted_by_now(books, log, SHIPPED, SHIPPED, LearningRules()) is SHIPPED


def test_pages_after_a_night_follow_what_was_learned_in_it(books: Books) -> None:
    """Of the eight that please the same people more are on the page than without that night."""
    newcomer = PEOPLE
    _watch(books, newcomer, 0)
    _watch(books, newcomer, 1)
    Counting(books, CountingRules()).count()
    related = set(range(2, GROUP))
    found = []
    for learned in (False, True):
        policy = Coldreel(books, np.random.default_rng(3), FeedRules())
        if learned:
            policy.over_night()
        found.append(len(related & {place.item for place in policy.page(newcomer, 10)}))
    before, after = found
    assert after > before
