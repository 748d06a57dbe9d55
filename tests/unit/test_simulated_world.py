"""The simulated worlds: what is planted in them holds, and follows from the seed alone."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from coldreel.errors import SettingsError
from coldreel.evaluate.schedule import ScheduleRules, drawn_schedule
from coldreel.evaluate.vectors import WorldKind
from coldreel.evaluate.viewing import Audience, ViewingRules, chances, pleasing
from coldreel.evaluate.world import QUICK, World, make_world

MIDDLE = replace(QUICK, items=2_000)
"""Items enough that planted shares can be seen."""


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(WorldKind.CLUSTERS, 3, MIDDLE)


def _features(folder: Path, rows: int) -> Path:
    rng = np.random.default_rng(0)
    for name in ("image_feat.npy", "audio_feat.npy"):
        np.save(folder / name, rng.normal(2.0, 1.0, (rows, 16)).astype(np.float16))
    return folder


def test_the_same_seed_makes_the_same_world_and_another_one_does_not(world: World) -> None:
    again, other = (make_world(WorldKind.CLUSTERS, seed, MIDDLE) for seed in (3, 4))
    for field in fields(World):
        if isinstance(value := getattr(world, field.name), np.ndarray):
            assert np.array_equal(value, getattr(again, field.name)), field.name
    assert np.array_equal(world.schedule.at, again.schedule.at)
    assert np.array_equal(world.openings.follower, again.openings.follower)
    assert not np.array_equal(world.quality, other.quality)


def test_a_gem_is_of_the_best_tenth_and_nobody_sees_it_on_its_first_day(world: World) -> None:
    assert world.gem.sum() >= 40
    best = np.flatnonzero(world.quality >= np.quantile(world.quality, 0.9))
    assert not set(np.flatnonzero(world.gem)) & (set(world.openings.item) | set(world.hits))
    assert set(np.setdiff1d(best, world.openings.item)) - set(world.hits) == set(np.flatnonzero(world.gem))


def test_bad_items_are_the_worst_tenth(world: World) -> None:
    assert world.bad.mean() == pytest.approx(0.1, abs=0.01)
    assert world.quality[world.bad].max() < world.quality[~world.bad].min()


def test_quality_hangs_on_content_in_one_half_and_on_nothing_in_the_other(world: World) -> None:
    def explained(rows: np.ndarray) -> float:
        """R² on rows that the fit has not seen."""
        rows = np.setdiff1d(np.flatnonzero(rows), world.hits)
        x, y = world.content[rows].astype(np.float64), world.quality[rows]
        half = len(rows) // 2
        weights = np.linalg.lstsq(x[:half], y[:half], rcond=None)[0]
        left = y[half:] - x[half:] @ weights
        return float(1 - left.var() / y[half:].var())

    assert 0.4 < world.tied.mean() < 0.6
    assert explained(world.tied) > 0.2
    assert explained(~world.tied) < 0.02


def test_openings_are_seen_by_followers_on_the_first_day(world: World) -> None:
    first = world.arrives[world.openings.item]
    assert ((world.openings.at >= first) & (world.openings.at < first + 1)).all()
    assert world.openings.follower.min() >= world.rules.users
    assert len(set(world.openings.item)) / world.rules.items == pytest.approx(0.6, abs=0.05)


def test_all_users_come_and_as_often_as_asked(world: World) -> None:
    rules, end = world.rules.schedule, 1.0 + world.rules.schedule.days
    main = world.schedule.at < end
    assert main.sum() * rules.page == rules.impressions
    assert set(world.schedule.user[main]) == set(range(world.rules.users))
    assert (np.diff(world.schedule.at) >= 0).all()
    assert world.schedule.at.max() < end + rules.aftermath


def test_few_pages_are_for_some_of_the_users() -> None:
    rules = ScheduleRules(impressions=300, days=2, aftermath=1)
    drawn = drawn_schedule(100, rules, np.random.default_rng(0))
    main = drawn.at < 3.0
    assert main.sum() == len(set(drawn.user[main])) == 30


def test_the_other_world_needs_its_features(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="--data"):
        make_world(WorldKind.TIKTOK, 0, QUICK)
    with pytest.raises(SettingsError, match=r"image_feat\.npy, which cannot be read"):
        make_world(WorldKind.TIKTOK, 0, QUICK, tmp_path)
    with pytest.raises(SettingsError, match="200 are needed"):
        make_world(WorldKind.TIKTOK, 0, QUICK, _features(tmp_path, 150))


def test_in_the_other_world_content_is_sound_and_tastes_are_for_the_look(tmp_path: Path) -> None:
    world = make_world(WorldKind.TIKTOK, 0, QUICK, _features(tmp_path, 250))
    audio = np.load(tmp_path / "audio_feat.npy").astype(np.float64)
    audio /= np.linalg.norm(audio, axis=1, keepdims=True)
    assert (world.content @ audio.T).max(axis=1).min() > 0.75
    assert world.fit.mean() == pytest.approx(0, abs=1e-5)
    assert world.fit.std() == pytest.approx(1, abs=1e-5)


# --- reactions ----------------------------------------


def test_fit_and_quality_please_and_boredom_does_not() -> None:
    rules = ViewingRules()
    average = pleasing(0, 0, 0, rules)
    assert average == pytest.approx(0.1824, abs=1e-4)
    assert pleasing(1, 0, 0, rules) == pleasing(0, 1, 0, rules) > average
    assert pleasing(0, 0, 3, rules) < average


def test_a_reaction_follows_from_the_pair_and_from_what_was_watched_lately(world: World) -> None:
    user, item = 5, int(np.argmax(world.quality + world.fit[5]))
    first = Audience(world, ViewingRules()).react(user, item, 1.0)
    assert first == Audience(world, ViewingRules()).react(user, item, 7.0)
    bored = Audience(world, ViewingRules(boredom=5.0))
    assert bored.react(user, item, 1.0) == first
    assert first.pleased
    assert not bored.react(user, item, 1.001).pleased
    assert bored.react(user, item, 3.0) == first


def test_who_is_pleased_watches_longer_and_alone_likes(world: World) -> None:
    audience = Audience(world, ViewingRules(boredom=0.0))
    seen = [(audience.react(u, i, 1.0), world.duration_s[i]) for u in range(60) for i in range(0, 2000, 40)]
    pleased = [r.watched_s / d for r, d in seen if r.pleased]
    others = [r.watched_s / d for r, d in seen if not r.pleased]
    assert np.mean(pleased) > 0.9 > 0.3 > np.mean(others)
    assert 0.05 < np.mean([r.like for r, _ in seen if r.pleased]) < 0.2
    assert not any(r.like or r.share for r, _ in seen if not r.pleased)
    assert not any(r.not_interested for r, _ in seen if r.pleased)


def test_chances_are_uniform_and_apart() -> None:
    drawn = np.array([chances(1, person, item, 3) for person in range(60) for item in range(60)])
    assert drawn.min() >= 0
    assert drawn.max() < 1
    assert np.histogram(drawn, 10, (0, 1))[0] / drawn.size == pytest.approx(0.1, abs=0.01)
    assert abs(np.corrcoef(drawn.T) - np.eye(3)).max() < 0.06
    assert chances(2, 0, 0, 1) != chances(1, 0, 0, 1)
