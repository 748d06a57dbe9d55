"""What strangers have in common in a space is measured, and tastes are told apart by what is above it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from store_rows import directions, many_items, space_of

from coldreel.learn.baseline import BaselineRules, common, measured
from coldreel.learn.counting import CountingRules, count
from coldreel.learn.feedback import FeedbackRules, take
from coldreel.learn.learning import LearningRules, learn
from coldreel.learn.rebuilding import rebuild
from coldreel.model import Event, EventKind, Interests, Vector
from coldreel.recommend.scoring import SHIPPED
from coldreel.store.store import Store
from coldreel.store.vectors import StoredSpace
from event_ids import uuid7

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
RULES = FeedbackRules()
BASELINES = BaselineRules()
AT_ONCE = CountingRules(pause=timedelta(0))


def _crowded(count: int) -> Vector:
    """Directions that share most of their length, as texts of one kind do: two by two about .75 alike."""
    vectors = 0.5 * directions(count)
    vectors[:, 0] += np.float32(np.sqrt(0.75))
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def _fill(store: Store, count: int) -> StoredSpace:
    space = space_of(store)
    many_items(store, space, _crowded(count))
    return space


def _serving(store: Store) -> StoredSpace:
    space = store.spaces.active()
    assert space is not None
    return space


def _liked(store: Store, *items: int) -> Interests:
    """What ada cares about when she has watched these, as they are numbered, one a minute."""
    events = []
    for n, item in enumerate(items):
        at = NOW + timedelta(minutes=n)
        events.append(Event(uuid7(at), "ada", f"item-{item}", EventKind.VIEW, at, watched_s=6.0))
    assert take(store, events, NOW + timedelta(hours=1)).accepted == len(items)
    return _interests(store)


def _interests(store: Store) -> Interests:
    user = store.users.ensure("ada")
    return store.users.interests_of([user], _serving(store).id)[user]


def _rebuild(store: Store) -> None:
    rebuild(store, store.spaces.active(), NOW, RULES)


def test_a_count_measures_it_on_the_items_that_there_are(store: Store) -> None:
    _fill(store, 30)
    count(store, NOW, AT_ONCE)
    space = _serving(store)
    assert space.baseline == pytest.approx(common(_crowded(30)), abs=1e-5)
    assert space.baseline_of == 30


def test_few_items_say_nothing(store: Store) -> None:
    _fill(store, BASELINES.least - 1)
    count(store, NOW, AT_ONCE)
    assert (_serving(store).baseline, _serving(store).baseline_of) == (0.0, 0)


def test_it_is_measured_again_when_the_catalogue_has_doubled(store: Store) -> None:
    _fill(store, 40)
    count(store, NOW, AT_ONCE)
    hide = b"update items set hidden_at = now() where id %% 2 = %(odd)s"
    store.database.execute(hide, {"odd": 0})
    count(store, NOW + timedelta(minutes=2), AT_ONCE)
    assert _serving(store).baseline_of == 40  # no more than there were
    store.database.execute(b"update spaces set baseline_of = 10")
    count(store, NOW + timedelta(minutes=4), AT_ONCE)
    assert _serving(store).baseline_of == 20


def test_of_a_large_catalogue_a_sample_is_enough(store: Store) -> None:
    space = _fill(store, 60)
    assert measured(store, space, replace(BASELINES, most=25)).baseline_of == 25


def test_two_tastes_are_two_interests_where_all_texts_are_alike(store: Store) -> None:
    """Items 1 and 2 are strangers, as any two are; without a baseline they would be one taste."""
    _fill(store, 30)
    assert len(_liked(store, 1, 2).vectors) == 1
    count(store, NOW, AT_ONCE)
    assert store.models.rebuild_owed_since() is not None
    _rebuild(store)
    assert len(_interests(store).vectors) == 2


def test_learning_measures_it_and_derives_anew_what_follows(store: Store) -> None:
    _fill(store, 30)
    _liked(store, 1, 2)
    learn(store, SHIPPED, LearningRules(), NOW, lambda _: _rebuild(store))
    assert _serving(store).baseline > 0.5
    assert len(_interests(store).vectors) == 2
    assert store.models.rebuild_owed_since() is None


def test_feedback_and_a_rebuild_give_the_same(store: Store) -> None:
    _fill(store, 30)
    count(store, NOW, AT_ONCE)
    followed = _liked(store, 1, 2, 3, 1)
    _rebuild(store)
    rebuilt = _interests(store)
    assert len(followed.vectors) > 1
    assert np.allclose(np.stack(followed.vectors), np.stack(rebuilt.vectors))
    assert followed.weights == rebuilt.weights


def test_a_small_change_is_none(store: Store) -> None:
    space = replace(_fill(store, 30), baseline=common(_crowded(30)) + 0.01, baseline_of=15)
    store.spaces.note_baseline(space)
    found = measured(store, _serving(store), BASELINES)
    assert found.baseline == pytest.approx(space.baseline)
    assert found.baseline_of == 30
    assert store.models.rebuild_owed_since() is None


def test_a_space_beside_the_one_that_serves_owes_nothing(store: Store) -> None:
    space_of(store, 8)
    other = space_of(store)
    many_items(store, other, _crowded(30))
    assert not other.active
    assert measured(store, other, BASELINES).baseline > 0.5
    assert store.models.rebuild_owed_since() is None
