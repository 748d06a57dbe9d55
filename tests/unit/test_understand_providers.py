"""What every provider promises, held against each one that is installed."""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np
import pytest

from coldreel.ingest.handing import material
from coldreel.model import Given, Understanding, Vector
from coldreel.understand.choice import Chosen, Rooms, known
from coldreel.understand.contract import FootageProvider, MaterialProvider
from coldreel.understand.spaces import TEXT, Template
from coldreel.understand.text import NOTHING_GIVEN
from made_footage import ODD
from provider_sites import SITES


@pytest.fixture(params=sorted(known()), scope="module")
def chosen(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chosen]:
    name = str(request.param)
    with SITES[name](tmp_path_factory.mktemp(name)) as settings:
        yield Rooms(settings).choose()


def seen(chosen: Chosen, kind: str) -> Understanding:
    """What a provider understands of odd footage, whichever way it is given."""
    provider, shown = chosen.provider, ODD[kind]
    if isinstance(provider, FootageProvider):
        return provider.understand(shown)
    assert isinstance(provider, MaterialProvider)
    return provider.understand(material(shown, provider.takes, 16, b"the proxy of " + kind.encode()))


def placed(chosen: Chosen, understanding: Understanding, given: Given = NOTHING_GIVEN) -> Vector:
    return chosen.place(understanding.blocks, understanding.description, given)


@pytest.mark.parametrize("kind", ODD)
def test_any_footage_becomes_a_description_and_a_vector(chosen: Chosen, kind: str) -> None:
    understanding = seen(chosen, kind)
    described = understanding.description
    assert described.title
    assert described.provider == chosen.provider.name
    assert described.model
    assert described.prompt_version
    json.dumps(dict(described.evidence), allow_nan=False)
    sizes = {block.name: block.dimensions for block in chosen.space.blocks}
    assert TEXT not in understanding.blocks
    for name, values in understanding.blocks.items():
        assert values.dtype == np.float32
        assert values.shape == (sizes[name],)
        assert float(np.linalg.norm(values)) == pytest.approx(1, abs=1e-5)
    vector = placed(chosen, understanding)
    assert vector.shape == (chosen.space.dimensions,)
    assert float(np.linalg.norm(vector)) == pytest.approx(1, abs=1e-5)


def test_the_same_footage_gives_the_same_answer(chosen: Chosen) -> None:
    once, again = (seen(chosen, "ordinary") for _ in range(2))
    assert once.description == again.description
    np.testing.assert_array_equal(placed(chosen, once), placed(chosen, again))


def test_the_frames_are_not_changed(chosen: Chosen) -> None:
    before = ODD["ordinary"].frames.copy()
    seen(chosen, "ordinary")
    np.testing.assert_array_equal(ODD["ordinary"].frames, before)


def test_a_given_title_moves_the_vector_towards_its_words(chosen: Chosen) -> None:
    understanding = seen(chosen, "no sound track")
    query = chosen.query("basketball training")
    titled = placed(chosen, understanding, Given(title="Basketball training", tags=("sport",)))
    words = chosen.space.place_of(TEXT)
    norm = chosen.space.text_norm(titled)
    if chosen.space.template is Template.READ:  # else the words of the description are there too
        assert float(query @ titled[words]) / norm > chosen.text.floor
    assert float(query @ placed(chosen, understanding)[words]) < float(query @ titled[words])


def test_a_provider_says_what_it_is(chosen: Chosen) -> None:
    provider = chosen.provider
    assert provider.takes
    assert provider.model
    assert provider.version
    assert provider.space.provider == provider.name
    assert provider.space.embedder in ("", provider.text.name)
    assert all(maker in known() for maker in provider.space.makers)


def test_a_provider_places_texts(chosen: Chosen) -> None:
    rows = chosen.text.embed(["a dog on a beach", "", "two dogs on the beach", "cello concerto"])
    assert rows.shape == (4, chosen.text.dimensions)
    assert rows.dtype == np.float32
    norms = np.linalg.norm(rows, axis=1)
    np.testing.assert_allclose(norms, [1, 0, 1, 1], atol=1e-5)
    assert chosen.text.embed([]).shape == (0, chosen.text.dimensions)


def test_every_provider_is_held_to_this() -> None:
    assert set(SITES) == set(known())
