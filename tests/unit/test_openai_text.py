"""Text vectors from a server, and those that are too long for a space."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from coldreel.errors import BadAnswerError, ProviderError, RateLimitedError
from coldreel.settings import Settings
from coldreel.understand.hashing import Hashing
from coldreel.understand.metering import EMBED, Order, Reply, Unmetered
from coldreel.understand.openai import OpenAI
from coldreel.understand.openai.embedding import OpenAIText
from coldreel.understand.projection import project
from openai_stand_in import Raw, StandIn, failure, serving

TEXTS = ["a dog on a beach", "cooking pasta", "東京の夜"]


@pytest.fixture
def server() -> Iterator[StandIn]:
    with serving(StandIn()) as stand_in:
        yield stand_in


def text(
    server: StandIn, meter: Any = None, model: str = "stand-in-text", dimensions: int = 768
) -> OpenAIText:
    settings = Settings.load(
        openai_base_url=server.url,
        openai_embedding_model=model,
        openai_embedding_dimensions=dimensions,
        openai_embedding_price=0.5,
    )
    return OpenAIText(settings, meter or Unmetered())


def test_rows_are_those_of_the_server_with_norm_one(server: StandIn) -> None:
    rows = text(server).embed(TEXTS)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(rows, Hashing(768).embed(TEXTS), atol=1e-6)
    assert "dimensions" not in server.asked[0]


def test_the_order_is_that_of_the_index(server: StandIn) -> None:
    server.order = lambda data: data[::-1]
    np.testing.assert_allclose(text(server).embed(TEXTS), Hashing(768).embed(TEXTS), atol=1e-6)


def test_texts_without_a_word_are_not_sent(server: StandIn) -> None:
    rows = text(server).embed(["", "a dog", " … "])
    assert server.asked[0]["input"] == ["a dog"]
    assert np.linalg.norm(rows, axis=1) == pytest.approx([0, 1, 0])
    assert text(server).embed([]).shape == (0, 768)


def test_many_texts_are_sent_in_batches(server: StandIn) -> None:
    texts = [f"video {i}" for i in range(130)]
    rows = text(server).embed(texts)
    assert sorted(len(asked["input"]) for asked in server.asked) == [30, 100]
    np.testing.assert_allclose(rows, Hashing(768).embed(texts), atol=1e-6)


@pytest.mark.parametrize("kept", [0, 1, 2])
def test_too_few_vectors_are_an_error(server: StandIn, kept: int) -> None:
    server.order = lambda data: data[:kept]
    with pytest.raises(BadAnswerError, match=f"3 text vectors and gave {kept}.*EMBEDDING_MODEL"):
        text(server).embed(TEXTS)


def test_one_vector_twice_is_an_error(server: StandIn) -> None:
    server.order = lambda data: [data[0], data[0], data[2]]
    with pytest.raises(BadAnswerError, match="3 text vectors"):
        text(server).embed(TEXTS)


def test_numbers_that_are_none_are_an_error(server: StandIn) -> None:
    row = {"object": "embedding", "index": 0, "embedding": [1.0, None]}
    server.answers.append(Raw(json.dumps({"object": "list", "data": [row], "usage": None}).encode()))
    with pytest.raises(BadAnswerError, match="that can be used"):
        text(server, dimensions=2).embed(["a dog"])


def test_another_size_names_the_setting_and_the_right_number(server: StandIn) -> None:
    server.dimensions = 384
    with pytest.raises(ProviderError, match=r"EMBEDDING_DIMENSIONS is 768.*set it to 384"):
        text(server).embed(TEXTS)


def test_a_model_that_can_is_asked_for_the_size(server: StandIn) -> None:
    rows = text(server, model="text-embedding-3-small", dimensions=512).embed(TEXTS)
    assert server.asked[0]["dimensions"] == 512
    assert rows.shape == (3, 512)


def test_an_unknown_model_names_its_setting(server: StandIn) -> None:
    with pytest.raises(ProviderError, match="COLDREEL_OPENAI_EMBEDDING_MODEL"):
        text(server, model="gone").embed(TEXTS)


def test_a_busy_server_is_left_alone(server: StandIn) -> None:
    server.answers.append(failure(429, "slow down", headers={"retry-after": "3"}))
    with pytest.raises(RateLimitedError) as raised:
        text(server).embed(TEXTS)
    assert raised.value.retry_after_s == 3


def test_the_tokens_are_paid(server: StandIn) -> None:
    bought: list[tuple[Order, Reply]] = []

    class Ledger:
        def buy(self, order: Order, send: Any) -> Any:
            bought.append((order, send()))
            return bought[-1][1].answer

    text(server, Ledger()).embed(TEXTS)
    ((order, reply),) = bought
    assert (order.purpose, order.model, order.about) == (EMBED, "stand-in-text", None)
    assert reply.usage.cost == pytest.approx(3 * 0.5 / 1e6)
    assert order.expected.cost > reply.usage.cost


def test_long_vectors_are_projected_and_the_name_says_so(server: StandIn) -> None:
    server.dimensions = 1536
    short, long = text(server), text(server, dimensions=1536)
    assert long.dimensions == 1000
    assert long.name != short.name
    assert "1536-to-1000" in long.name
    rows, wanted = long.embed(TEXTS), Hashing(1536).embed(TEXTS)
    assert rows.shape == (3, 1000)
    np.testing.assert_allclose(rows @ rows.T, wanted @ wanted.T, atol=0.12)


def test_a_space_holds_any_size() -> None:
    for size in (384, 1000, 4096):
        settings = Settings.load(
            openai_model="m",
            openai_base_url="http://localhost/v1",
            openai_embedding_model="e",
            openai_embedding_dimensions=size,
        )
        provider = OpenAI.open(settings, Unmetered())
        assert provider.space.dimensions == min(size, 1000)
        assert provider.space.embedder == provider.text.name


def test_a_projection_keeps_cosines_and_is_the_same_everywhere() -> None:
    rows = np.random.default_rng(3).normal(size=(60, 600)).astype(np.float32)
    rows[30:] += rows[:30]
    rows[7] = 0
    unit = project(rows, 600)
    short = project(rows, 300)
    assert short.shape == (60, 300)
    assert np.linalg.norm(np.delete(short, 7, 0), axis=1) == pytest.approx(1, abs=1e-6)
    assert not short[7].any()
    errors = (unit @ unit.T - short @ short.T)[~np.eye(60, dtype=bool)]
    assert np.std(errors) < 1.1 * np.sqrt(1 / 300 - 1 / 600)
    np.testing.assert_array_equal(short, project(rows, 300))
    assert np.abs(short - project(rows, 300, seed=1)).max() > 0.01
    assert project(np.eye(600, dtype=np.float32)[:1], 300)[0, :3] == pytest.approx(PINNED, abs=1e-6)


PINNED = [-0.0565086, 0.0548380, 0.0579775]
"""Of the first unit vector: another seed, generator or order of columns would show."""
