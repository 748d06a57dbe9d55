"""A pass of learning over real rows: what counts, what is kept, and the way back."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from learning_rows import NOW, Said, Served, tasteful, write
from store_rows import directions, many_items, space_of
from typer.testing import CliRunner

from coldreel import Coldreel
from coldreel.cli.application import app
from coldreel.errors import AlreadyLearningError
from coldreel.learn.learning import LearningRules, Report, derive_anew, go_back, learn
from coldreel.learn.long_views import active_rules
from coldreel.learn.reward import RewardRules
from coldreel.model import EventKind, ModelKind, Weights
from coldreel.recommend.scoring import SHIPPED
from coldreel.store.showings import ShownPlace
from coldreel.store.store import Store

PRIOR = Weights("shipped-1", {"bias": -0.6, "content_fit": 1.5, "age": 0.2})
RULES = LearningRules()
EARLY = NOW - timedelta(days=2)
VIEW, LIKE, UNLIKE = EventKind.VIEW, EventKind.LIKE, EventKind.UNLIKE


@pytest.fixture
def items(store: Store) -> list[int]:
    return many_items(store, space_of(store), directions(20))


@pytest.fixture
def users(store: Store) -> list[int]:
    return [store.users.ensure(f"user-{n}") for n in range(40)]


class Rebuilds(list[RewardRules]):
    """The rules that were asked to be followed."""

    def __call__(self, rules: RewardRules) -> None:
        self.append(rules)


def _learn(store: Store, rules: LearningRules = RULES) -> tuple[Report, Rebuilds]:
    rebuilds = Rebuilds()
    return learn(store, PRIOR, rules, NOW, rebuilds), rebuilds


def _read(store: Store, most: int = 1_000) -> list[ShownPlace]:
    return list(store.showings.latest(_space(store), NOW - RULES.window, NOW - RULES.settled, most))


def _space(store: Store) -> int:
    space = store.spaces.active()
    assert space is not None
    return space.id


# --- what counts as a showing ----------------------------------------


def test_what_was_served_without_being_seen_is_missing(
    store: Store, users: list[int], items: list[int]
) -> None:
    write(store, [Served(users[0], items[0], EARLY), Served(users[0], items[1], EARLY, [Said(VIEW, 1.0)])])
    assert [place.watched_s for place in _read(store)] == [1.0]


def test_what_was_done_on_another_page_is_not_of_this_one(
    store: Store, users: list[int], items: list[int]
) -> None:
    write(
        store,
        [
            Served(users[0], items[0], EARLY, [Said(VIEW, 1.0)]),
            Served(users[0], items[0], EARLY + timedelta(hours=1), [Said(VIEW, 5.0), Said(LIKE)]),
            Served(users[1], items[0], EARLY + timedelta(hours=2), [Said(VIEW, 2.0)]),
        ],
    )
    assert [(p.user, p.watched_s, p.liked) for p in _read(store)] == [
        (users[1], 2.0, False),
        (users[0], 5.0, True),
        (users[0], 1.0, False),
    ]


def test_what_was_done_on_a_page_is_taken_together(store: Store, users: list[int], items: list[int]) -> None:
    soon, later = timedelta(seconds=5), timedelta(seconds=9)
    cases = {
        "watched twice": [Said(VIEW, 2.0), Said(EventKind.AWAY, 1.5, soon)],
        "liked, not so": [Said(LIKE, after=soon), Said(UNLIKE, after=later)],
        "not so, liked": [Said(UNLIKE, after=soon), Said(LIKE, after=later)],
        "shared": [Said(EventKind.SHARE)],
        "not for me": [Said(VIEW, 6.0), Said(EventKind.NOT_INTERESTED)],
        "the page was left": [Said(EventKind.AWAY, 1.5)],
    }
    write(
        store,
        [Served(users[n], items[n], EARLY, said, {"age": 0.5}) for n, said in enumerate(cases.values())],
    )
    found = {p.user: (p.watched_s, p.liked, p.shared, p.not_interested) for p in _read(store)}
    assert dict(zip(cases, (found[user] for user in users[: len(cases)]), strict=True)) == {
        "watched twice": (3.5, False, False, False),
        "liked, not so": (None, False, False, False),
        "not so, liked": (None, True, False, False),
        "shared": (None, False, True, False),
        "not for me": (6.0, False, False, True),
        "the page was left": (None, False, False, False),
    }
    assert {(p.duration_s, p.parts["age"]) for p in _read(store)} == {(6.0, 0.5)}


def test_places_that_are_old_again_or_still_on_the_screen_do_not_count(
    store: Store, users: list[int], items: list[int]
) -> None:
    seen = [Said(VIEW, 1.0)]
    write(
        store,
        [
            Served(users[0], items[0], NOW - RULES.window - timedelta(hours=1), seen),
            Served(users[0], items[1], NOW - timedelta(minutes=5), seen),
            Served(users[0], items[2], EARLY, seen, origin="again"),
            Served(users[0], items[3], EARLY, seen, slot="random", propensity=0.05),
        ],
    )
    assert [(p.slot, p.propensity) for p in _read(store)] == [("random", 0.05)]


def test_of_too_many_the_latest_are_read(store: Store, users: list[int], items: list[int]) -> None:
    write(
        store,
        [Served(users[n], items[n], EARLY + timedelta(hours=n), [Said(VIEW, 1.0)]) for n in range(10)],
    )
    assert [p.user for p in _read(store, most=3)] == [users[9], users[8], users[7]]


def test_a_feed_that_was_really_served_and_watched_is_learned_from(store: Store, tmp_path: Path) -> None:
    space = space_of(store)
    many_items(store, space, directions(30))
    store.spaces.settle(space)
    with Coldreel(data_dir=tmp_path, database_url=store.database.url) as reel:
        page = reel.feed("ada", 10)
        for place in page.items[:6]:
            reel.record("ada", place.ref, VIEW, watched_s=6.0, request_id=page.request_id)
    moment = datetime.now(UTC) + RULES.settled + timedelta(seconds=1)
    report = learn(store, SHIPPED, replace(RULES, least=6), moment, Rebuilds())
    assert (report.showings, report.pleased) == (6, 6)
    places = list(store.showings.latest(space.id, moment - RULES.window, moment, 10))
    assert all({"bias", "age", "short"} <= set(place.parts) <= set(SHIPPED.values) for place in places)


# --- what is learned, and kept ----------------------------------------


def test_without_showings_nothing_is_learned_and_nothing_changes(store: Store) -> None:
    report, rebuilds = _learn(store)
    assert (report.showings, report.first, report.comparison) == (0, None, None)
    assert report.weights.values == PRIOR.values
    assert not (report.ranker_kept or report.thresholds_kept or rebuilds or store.models.all())
    assert "only 0 showings" in report.ranker_why


def test_with_tens_of_showings_what_is_shipped_prevails(
    store: Store, users: list[int], items: list[int]
) -> None:
    write(store, tasteful(users, items, 60, 5, np.random.default_rng(0)))
    report, _ = _learn(store)
    assert report.showings == 60
    for name, weight in PRIOR.values.items():
        assert report.weights.values[name] == pytest.approx(weight, abs=0.5)  # the data's fit is at -3


def test_weights_that_predict_the_latest_day_better_are_put_to_use(
    store: Store, users: list[int], items: list[int]
) -> None:
    write(store, tasteful(users, items, 3_000, 5, np.random.default_rng(0)))
    report, _ = _learn(store)
    assert report.ranker_kept and report.comparison is not None
    assert report.weights.values["content_fit"] < -1.0
    assert report.weights.values["age"] == PRIOR.values["age"]  # of which nothing was logged
    assert report.comparison.showings == pytest.approx(3_000 / 5, rel=0.15)
    assert report.comparison.new.log_loss < report.comparison.present.log_loss
    assert report.comparison.new.calibration_error < report.comparison.present.calibration_error
    assert store.models.weights(_space(store)) == report.weights
    model = store.models.active(ModelKind.RANKER)
    assert model is not None and model.fingerprint == report.fingerprint
    assert model.metrics["comparison"]["gain"] == pytest.approx(report.comparison.gain)


def test_the_same_showings_again_give_nothing_better(
    store: Store, users: list[int], items: list[int]
) -> None:
    write(store, tasteful(users, items, 2_000, 5, np.random.default_rng(0)))
    first, _ = _learn(store)
    again, rebuilds = _learn(store)
    assert first.ranker_kept and not again.ranker_kept
    assert again.fingerprint == first.fingerprint
    assert again.weights.values == pytest.approx(
        first.weights.values
    )  # sums over threads vary in the last bit
    assert again.present == first.weights
    assert not rebuilds and len(store.models.all()) == 1 + first.thresholds_kept


def test_a_catalogue_of_one_evening_holds_its_latter_half_out(
    store: Store, users: list[int], items: list[int]
) -> None:
    write(store, tasteful(users, items, 400, 0.1, np.random.default_rng(0)))
    report, _ = _learn(store)
    assert report.comparison is not None
    assert report.comparison.showings == 200


def test_where_few_watch_more_than_a_day_is_held_out(
    store: Store, users: list[int], items: list[int]
) -> None:
    write(store, tasteful(users, items, 300, 25, np.random.default_rng(0)))
    report, _ = _learn(store)
    assert report.comparison is not None
    assert report.comparison.showings == pytest.approx(300 / 5, abs=1)
    assert report.ranker_kept


# --- thresholds ----------------------------------------


def _watched(users: list[int], items: list[int], n: int, now: datetime = NOW) -> list[Served]:
    """Of six seconds between none and half are watched."""
    rng = np.random.default_rng(0)
    return [
        Served(
            users[n % len(users)], items[n % len(items)], now - timedelta(hours=1 + n / 100),
            [Said(VIEW, float(rng.uniform(0, 3)))],
        )
        for n in range(n)
    ]  # fmt: skip


def test_thresholds_that_moved_are_put_to_use_and_everything_follows_them(
    store: Store, users: list[int], items: list[int]
) -> None:
    write(store, _watched(users, items, 2_000))
    report, rebuilds = _learn(store)
    short = report.thresholds[0]
    assert (short.showings, short.present) == (2_000, 0.9)
    assert short.learned == pytest.approx((2_000 * 0.3 + 200 * 0.9) / 2_200, abs=0.02)
    assert report.thresholds_kept
    assert rebuilds == [active_rules(store, RULES.reward)]
    assert rebuilds[0].long_share(6.0) == short.learned
    assert rebuilds[0].long_share(60.0) == RULES.reward.long_share(60.0)
    assert report.pleased == pytest.approx(2_000 * (0.5 - short.learned) / 0.5, rel=0.1)


def test_thresholds_that_hardly_move_are_left_alone(store: Store, users: list[int], items: list[int]) -> None:
    write(store, _watched(users, items, 2_000))
    lazy = replace(RULES, long_views=replace(RULES.long_views, move=0.9))
    report, rebuilds = _learn(store, lazy)
    assert not report.thresholds_kept and not rebuilds
    assert report.pleased == 0  # by the thresholds that stayed
    assert active_rules(store, RULES.reward) == RULES.reward


# --- going back ----------------------------------------


def test_going_back_undoes_a_pass_and_what_followed_from_it(
    store: Store, users: list[int], items: list[int]
) -> None:
    write(store, tasteful(users, items, 3_000, 5, np.random.default_rng(0)))
    eager = replace(RULES, long_views=replace(RULES.long_views, move=0.0, most=0.8))
    report, _ = _learn(store, eager)
    assert report.ranker_kept and report.thresholds_kept
    rebuilds = Rebuilds()
    given_up = go_back(store, RULES, rebuilds)
    assert {model.kind for model in given_up} == {"ranker", "reward"}
    assert store.models.weights(_space(store)) is None
    assert rebuilds == [RULES.reward]
    assert go_back(store, RULES, rebuilds) == ()
    assert len(rebuilds) == 1


def test_going_back_from_weights_alone_rebuilds_nothing(
    store: Store, users: list[int], items: list[int]
) -> None:
    store.models.keep(ModelKind.REWARD, {"long_view": [[None, 0.5]]}, {}, "earlier data")
    store.models.keep(ModelKind.RANKER, {"version": "one", "weights": {}}, {}, "later data")
    rebuilds = Rebuilds()
    assert [model.kind for model in go_back(store, RULES, rebuilds)] == ["ranker"]
    assert not rebuilds
    assert store.models.active(ModelKind.REWARD) is not None


def test_a_rebuild_that_was_interrupted_is_done_by_the_next_pass(
    store: Store, users: list[int], items: list[int]
) -> None:
    write(store, tasteful(users, items, 3_000, 5, np.random.default_rng(0)))
    eager = replace(RULES, long_views=replace(RULES.long_views, move=0.0, most=0.8))

    def interrupted(rules: RewardRules) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        learn(store, PRIOR, eager, NOW, interrupted)
    in_use = active_rules(store, RULES.reward)
    assert in_use != RULES.reward
    _, rebuilds = _learn(store)
    assert rebuilds == [in_use]
    assert _learn(store)[1] == []
    with pytest.raises(KeyboardInterrupt):
        go_back(store, RULES, interrupted)
    derived = Rebuilds()
    derive_anew(store, RULES, derived)
    assert derived == [RULES.reward]
    assert store.models.rebuild_owed_since() is None


def test_what_comes_to_be_owed_during_a_rebuild_is_done_afterwards(store: Store) -> None:
    """A count may find another baseline while users are replayed by the old one."""
    derive_anew(store, RULES, lambda _: store.models.owe_rebuild())
    assert store.models.rebuild_owed_since() is not None
    derive_anew(store, RULES, Rebuilds())
    assert store.models.rebuild_owed_since() is None


def test_what_another_space_has_served_teaches_nothing(
    store: Store, users: list[int], items: list[int]
) -> None:
    write(store, tasteful(users, items, 3_000, 5, np.random.default_rng(0)))
    assert _learn(store)[0].ranker_kept
    store.database.execute(b"update impressions set space = space + 1")
    report, _ = _learn(store)
    assert report.showings == 0
    assert store.models.weights(_space(store) + 1) is None


def test_one_pass_at_a_time(store: Store) -> None:
    with store.database.alone("coldreel.learn") as alone:
        assert alone
        with pytest.raises(AlreadyLearningError):
            _learn(store)
        with pytest.raises(AlreadyLearningError):
            go_back(store, RULES, Rebuilds())
        with pytest.raises(AlreadyLearningError):
            derive_anew(store, RULES, Rebuilds())
    _learn(store)


# --- the command ----------------------------------------


def _command(store: Store, folder: Path, *arguments: str) -> tuple[str, str]:
    """What it said on stdout and on stderr."""
    env = {"COLDREEL_DATABASE_URL": store.database.url, "COLUMNS": "200"}
    ended = CliRunner().invoke(app, ["learn", *arguments, "--data-dir", str(folder)], env=env)
    assert ended.exit_code == 0, ended.stderr
    return ended.stdout, ended.stderr


def _json(store: Store, folder: Path, *arguments: str) -> Any:
    return json.loads(_command(store, folder, *arguments, "--json")[0])


def test_the_command_learns_says_why_and_goes_back(
    store: Store, users: list[int], items: list[int], tmp_path: Path
) -> None:
    now = datetime.now(UTC)
    places = tasteful(users, items, 3_000, 5, np.random.default_rng(0), now)
    write(
        store, [*places[1:], replace(places[0], slot="random", propensity=0.05, at=now - timedelta(hours=1))]
    )
    table, remarks = _command(store, tmp_path)
    assert "content_fit" in table and "to 10 s" in table and "calibration error" in table
    assert "] of 1\n" in table  # one random place
    assert "3000 showings" in remarks
    assert "are in use now: its log loss is lower by" in remarks
    assert "coldreel learn --back" in remarks
    assert "20 items are related, by what pleased 40 people" in remarks

    again = _json(store, tmp_path)
    assert (again["showings"], again["ranker_kept"], again["thresholds_kept"]) == (3_000, False, False)
    assert again["thresholds"][-1]["upper_s"] is None
    assert again["comparison"]["gain"] == 0

    given_up = _json(store, tmp_path, "--back")
    assert "ranker" in {model["kind"] for model in given_up}
    assert store.models.weights(_space(store)) is None


def test_what_past_events_mean_follows_the_thresholds_there_and_back(
    store: Store, users: list[int], items: list[int], tmp_path: Path
) -> None:
    """Nobody watched more than half, so nobody was pleased until half was learned to be a lot."""

    def pleased() -> int:
        return int(store.database.value(b"select coalesce(sum(pleased), 0) from item_stats"))

    write(store, _watched(users, items, 600, datetime.now(UTC)))
    _command(store, tmp_path, "--rebuild")
    assert pleased() == 0
    learned = _json(store, tmp_path)
    assert learned["thresholds_kept"] and learned["pleased"] > 0
    assert 0 < pleased() <= learned["pleased"]  # a viewer who was pleased twice by an item counts once
    assert "reward" in {model["kind"] for model in _json(store, tmp_path, "--back")}
    assert pleased() == 0


def test_the_command_with_nothing_to_learn_from_succeeds_and_says_so(store: Store, tmp_path: Path) -> None:
    remarks = _command(store, tmp_path)[1]
    assert "There is nothing to learn from yet" in remarks
    assert "No items are related yet: 100 more long views, likes or shares are needed" in remarks
    rebuilt = _json(store, tmp_path, "--rebuild")
    assert rebuilt["rebuilt"]
    assert rebuilt["relations"]["needed"] == RULES.relating.least


def test_rebuilding_and_going_back_are_two_things(tmp_path: Path) -> None:
    ended = CliRunner().invoke(app, ["learn", "--rebuild", "--back", "--data-dir", str(tmp_path)])
    assert (ended.exit_code, list(tmp_path.iterdir())) == (2, [])
