"""Every policy in a small world from end to end, its report and its pictures; and the desk it asks."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest
from typer.testing import CliRunner

from coldreel.cli.application import app
from coldreel.errors import SettingsError
from coldreel.evaluate.books import Books
from coldreel.evaluate.counting import Counting
from coldreel.evaluate.experiment import Experiment, Outcome, run, run_one
from coldreel.evaluate.memory import MemoryDesk
from coldreel.evaluate.plots import draw
from coldreel.evaluate.policies import Coldreel, PolicyName, Popular, Similar, without_exploration
from coldreel.evaluate.report import LIMITS, as_json, markdown, report
from coldreel.evaluate.schedule import ScheduleRules
from coldreel.evaluate.simulator import SimulationRules
from coldreel.evaluate.vectors import WorldKind, unit
from coldreel.evaluate.world import QUICK
from coldreel.learn.counting import CountingRules
from coldreel.learn.feedback import FeedbackRules
from coldreel.model import EVERYTHING, Board, Event, EventKind, Origin, Slot, Trial
from coldreel.recommend.candidates import Question
from coldreel.recommend.feed import FeedRules
from coldreel.recommend.request import Request
from coldreel.recommend.scoring import SHIPPED

TINY = replace(QUICK, items=120, users=30, schedule=ScheduleRules(450, days=3, aftermath=1))
RULES = SimulationRules(counting=CountingRules(pause=timedelta(hours=12)))
SMALL = Experiment(WorldKind.CLUSTERS, seeds=1, first_seed=5, world=TINY, simulation=RULES)
NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def outcomes() -> list[Outcome]:
    return run(SMALL, processes=1)


# --- an experiment ----------------------------------------


def test_every_policy_runs_in_every_world(outcomes: list[Outcome]) -> None:
    assert [(o.policy, o.seed) for o in outcomes] == [(name, 5) for name in PolicyName]
    for outcome in outcomes:
        assert 0.05 < outcome.figures["reward"] < 0.9, outcome.policy
        assert 0 < outcome.figures["coverage"] <= 1


def test_a_run_comes_out_the_same_again(outcomes: list[Outcome]) -> None:
    (first,) = (o for o in outcomes if o.policy is PolicyName.COLDREEL)
    assert run_one(SMALL, 5, PolicyName.COLDREEL).figures == pytest.approx(first.figures, nan_ok=True)


def test_popularity_shows_little_and_bad_items_least(outcomes: list[Outcome]) -> None:
    of = {o.policy: o.figures for o in outcomes}
    assert of[PolicyName.POPULAR]["coverage"] < of[PolicyName.RANDOM]["coverage"]
    assert of[PolicyName.POPULAR]["gini"] > of[PolicyName.RANDOM]["gini"]
    assert of[PolicyName.POPULAR]["bad_impressions"] < of[PolicyName.RANDOM]["bad_impressions"]


def test_the_report_says_all_figures_and_what_they_are_not(outcomes: list[Outcome]) -> None:
    # As if a second world had been a little better.
    outcomes = outcomes + [
        replace(o, seed=6, figures={name: value + 0.1 for name, value in o.figures.items()}) for o in outcomes
    ]
    found = report(replace(SMALL, seeds=2), outcomes)
    text, data = markdown(found), as_json(found)
    assert LIMITS in text
    assert "seeds 5 to 6" in text
    assert "no evidence of lift with people" in text
    ours = np.mean([o.figures["reward"] for o in outcomes if o.policy is PolicyName.COLDREEL])
    random = np.mean([o.figures["reward"] for o in outcomes if o.policy is PolicyName.RANDOM])
    assert f"| coldreel | {ours:.3f} ± 0.635 " in text  # 12.7 times the error of the mean, which is 0.05
    assert data["policies"]["coldreel"]["reward"]["mean"] == pytest.approx(ours)
    assert data["coldreel_less"]["random"]["reward"]["mean"] == pytest.approx(ours - random)
    assert {m["name"] for m in data["measures"]} == set(outcomes[0].figures)
    assert json.loads(json.dumps(data, allow_nan=False)) == data


def test_pictures_are_drawn(outcomes: list[Outcome], tmp_path: Path) -> None:
    found = report(SMALL, outcomes)
    files = draw(found, outcomes, tmp_path / "one")
    assert {f.name for f in files} == {
        f"clusters-{name}.{ending}" for name in ("figures", "curves") for ending in ("png", "svg")
    }
    assert all(file.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n" for file in files if file.suffix == ".png")
    assert all(file.stat().st_size > 10_000 for file in files)
    assert b"<dc:date>" not in (tmp_path / "one" / "clusters-curves.svg").read_bytes()


def test_the_command_runs_in_processes_and_prints() -> None:
    words = ["simulate", "--quick", "--seeds", "1", "--impressions", "300", "--processes", "2", "--json"]
    words += ["--policy", "random", "--policy", "coldreel"]
    ended = CliRunner().invoke(app, words, catch_exceptions=False)
    data = json.loads(ended.stdout)
    assert set(data["policies"]) == {"random", "coldreel"}
    assert data["impressions"] == 300
    assert data["policies"]["coldreel"]["reward"]["low"] is None  # one seed says nothing of its error


def test_the_world_of_a_seed_is_the_same_whichever_is_the_first(outcomes: list[Outcome]) -> None:
    before = replace(SMALL, first_seed=4, seeds=2, policies=(PolicyName.POPULAR,))
    _, again = run(before, 1)
    (first,) = (o for o in outcomes if o.policy is PolicyName.POPULAR)
    assert again.seed == 5
    assert again.figures == pytest.approx(first.figures, nan_ok=True)


def test_where_nothing_can_be_drawn_is_said_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr("coldreel.cli.simulating.run", pytest.fail)
    words = ["simulate", "--quick", "--plot", str(tmp_path / "file")]
    ended = CliRunner().invoke(app, words)
    assert isinstance(ended.exception, SettingsError)
    assert "name another folder" in str(ended.exception)


# --- the books, and the desk over them ----------------------------------------


def _books(content: np.ndarray) -> Books:
    books = Books(unit(content), np.full(len(content), 20.0), 3, NOON - timedelta(days=1), FeedbackRules())
    books.visible[:] = True
    books.now = NOON
    return books


def _watch(books: Books, user: int, item: int, watched_s: float = 20.0, like: bool = False) -> None:
    kinds = [(EventKind.VIEW, watched_s)] + [(EventKind.LIKE, None)] * like
    books.take(
        user,
        item,
        [Event(UUID(int=n), str(user), str(item), kind, books.now, s) for n, (kind, s) in enumerate(kinds)],
    )


def _request(desk: MemoryDesk, user: int) -> Request:
    return Request(desk.viewer(str(user)), 10, EVERYTHING, desk.showcase(), np.random.default_rng(0))


def test_books_hold_what_the_events_say() -> None:
    books = _books(np.eye(4))
    _watch(books, 0, 1, like=True)
    _watch(books, 1, 1)
    _watch(books, 2, 1, watched_s=1.0)
    assert (books.viewers[1], books.pleased[1]) == (3, 2)
    assert books.unseen(0).tolist() == [True, False, True, True]
    assert books.interests(0).vectors[0].tolist() == books.content[1].tolist()
    assert books.interests(2).vectors == ()
    later = books.standings(NOON + timedelta(days=1))
    assert (later.fast_viewers[1], later.viewers[1]) == (pytest.approx(1.5), 3)


def test_a_desk_answers_with_the_nearest_that_were_not_seen() -> None:
    rng = np.random.default_rng(5)
    books = _books(rng.standard_normal((50, 8)))
    _watch(books, 0, 7)
    Counting(books, CountingRules()).count()
    desk = MemoryDesk(books, SHIPPED)
    probe = books.content[7]
    order = [i for i in np.argsort(-(books.content @ probe)).tolist() if i != 7]
    question = Question(probes=(probe,), depth=5, named=((Origin.GEM, 7), (Origin.GEM, 9)))
    pool = desk.candidates(_request(desk, 0), question)
    assert pool.items[pool.of(Origin.INTEREST)].tolist() == order[:5]
    assert pool.items[pool.of(Origin.GEM)].tolist() == [9]  # item 7 was seen
    found, chance = desk.lottery(_request(desk, 0), 49)
    assert sorted(found.items.tolist()) == [i for i in range(50) if i != 7]
    assert chance == pytest.approx(1 / 49)


def test_a_fresh_place_counts_for_the_item_and_for_the_user_until_midnight() -> None:
    books = _books(np.random.default_rng(1).standard_normal((60, 8)))
    Counting(books, CountingRules()).count()
    policy = Coldreel(books, np.random.default_rng(2), FeedRules())
    page = policy.page(0, 10)
    fresh = [place.item for place in page if place.slot is Slot.FRESH]
    assert len(fresh) >= 1
    assert np.flatnonzero(books.explored).tolist() == sorted(fresh)


def test_without_exploration_nothing_fresh_or_random_is_placed() -> None:
    books = _books(np.random.default_rng(1).standard_normal((80, 8)))
    Counting(books, CountingRules()).count()
    policy = Coldreel(books, np.random.default_rng(2), without_exploration(FeedRules()))
    slots = {place.slot for user in range(3) for place in policy.page(user, 10)}
    assert not slots & {Slot.FRESH, Slot.RANDOM}


def test_a_count_graduates_what_pleases_and_lists_it() -> None:
    books = Books(unit(np.eye(30)), np.full(30, 20.0), 40, NOON - timedelta(days=1), FeedbackRules())
    books.visible[:] = True
    books.now = NOON
    for user in range(40):
        for item in range(30):
            if (user + item) % 3:
                _watch(books, user, item, 20.0 if item == 4 or (user * 7 + item) % 5 == 0 else 1.0)
    count = Counting(books, CountingRules()).count()
    assert count.graduated.tolist() == [4]
    assert books.states[4] == Trial.GRADUATED
    assert count.boards[Board.HITS][0].item == 4


def test_baselines_do_what_they_are_called() -> None:
    books = _books(np.random.default_rng(1).standard_normal((30, 8)))
    for user in (1, 2):
        _watch(books, user, 11)
    _watch(books, 1, 12)
    assert [p.item for p in Popular(books, np.random.default_rng(0)).page(0, 2)] == [11, 12]
    nearest = [i for i in np.argsort(-(books.content @ books.content[11])).tolist() if i != 11]
    assert [p.item for p in Similar(books, np.random.default_rng(0)).page(2, 3)] == nearest[:3]
