"""Models: one of a kind is in use, and each knows whose place it took."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from coldreel.model import ModelKind, Weights
from coldreel.store.models import Model
from coldreel.store.store import Store

RANKER, REWARD = ModelKind.RANKER, ModelKind.REWARD


def _keep(store: Store, name: str, kind: ModelKind = RANKER) -> Model:
    return store.models.keep(
        kind, {"version": name, "weights": {"bias": 0.5}, "space": 7}, {"gain": 0.1}, f"data of {name}"
    )


def _active(store: Store, kind: ModelKind = RANKER) -> str | None:
    model = store.models.active(kind)
    return None if model is None else str(model.params["version"])


def test_at_first_what_is_shipped_is_in_use(store: Store) -> None:
    assert store.models.active(RANKER) is None
    assert store.models.weights(7) is None
    assert store.models.all() == []
    assert store.models.back(RANKER) is None


def test_what_is_kept_is_in_use_with_all_that_is_known_of_it(store: Store) -> None:
    kept = _keep(store, "one")
    assert store.models.active(RANKER) == kept
    assert (kept.kind, kept.active, kept.follows) == ("ranker", True, None)
    assert (kept.metrics, kept.fingerprint) == ({"gain": 0.1}, "data of one")
    assert store.models.weights(7) == Weights("one", {"bias": 0.5})
    assert store.models.weights(8) is None  # another space's cosines mean something else


def test_one_of_a_kind_is_in_use_and_the_others_stay(store: Store) -> None:
    for name, kind in (("one", RANKER), ("two", RANKER), ("long", REWARD)):
        _keep(store, name, kind)
    assert (_active(store, RANKER), _active(store, REWARD)) == ("two", "long")
    assert [model.params["version"] for model in store.models.all(RANKER)] == ["two", "one"]
    assert [model.active for model in store.models.all()] == [True, True, False]


def test_going_back_ends_at_what_is_shipped(store: Store) -> None:
    one, two = _keep(store, "one"), _keep(store, "two")
    given_up = store.models.back(RANKER)
    assert given_up is not None and given_up.id == two.id
    assert _active(store) == "one"
    given_up = store.models.back(RANKER)
    assert given_up is not None and given_up.id == one.id
    assert _active(store) is None
    assert store.models.back(RANKER) is None


def test_what_was_given_up_is_not_gone_back_to(store: Store) -> None:
    for name in ("one", "bad"):
        _keep(store, name)
    store.models.back(RANKER)
    _keep(store, "three")
    store.models.back(RANKER)
    assert _active(store) == "one"


def test_models_that_are_kept_at_once_take_each_others_place(store: Store) -> None:
    with ThreadPoolExecutor(4) as threads:
        kept = list(threads.map(lambda n: _keep(store, str(n)), range(12)))
    assert len({model.follows for model in kept}) == 12
    assert sum(model.active for model in store.models.all()) == 1
