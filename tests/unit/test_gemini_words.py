"""Text vectors by Gemini, over real HTTP, by key and through Vertex."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from google.oauth2.credentials import Credentials

from coldreel.errors import BadAnswerError, ColdreelError, ProviderError, RateLimitedError, UnavailableError
from coldreel.model import Description
from coldreel.settings import Settings
from coldreel.understand.contract import TextEmbedder
from coldreel.understand.gemini.connection import Connection
from coldreel.understand.gemini.provider import Gemini
from coldreel.understand.gemini.words import GeminiText
from coldreel.understand.metering import EMBED, Order, Reply, Unmetered
from coldreel.understand.spaces import TEXT, Template
from coldreel.understand.text import text_for
from gemini_faults import EMBEDDING, Fault, always, once
from gemini_stand_in import KEY, TOKEN, GeminiStandIn, quick_clients
from gemini_wire import WORD_TOKENS

TEXTS = ["A dog runs on the beach", "", "Ein Hund am Strand", "…!", "浜辺を走る犬"]
Start = Callable[..., GeminiStandIn]
Open = Callable[..., GeminiText]


class Ledger:
    """A meter that writes down what was ordered and what was paid."""

    def __init__(self) -> None:
        self.orders: list[Order] = []
        self.replies: list[Reply] = []

    def buy(self, order: Order, send: Callable[[], Reply]) -> Mapping[str, Any]:
        self.orders.append(order)
        self.replies.append(send())
        if (error := self.replies[-1].error) is not None:
            raise error
        return self.replies[-1].answer


@pytest.fixture(autouse=True)
def clients_are_quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    quick_clients(monkeypatch, tmp_path)


@pytest.fixture
def start() -> Iterator[Start]:
    with ExitStack() as stack:
        yield lambda **given: stack.enter_context(GeminiStandIn(**given))


def by_key(stand_in: GeminiStandIn, ledger: Ledger | None = None, **given) -> GeminiText:
    settings = Settings(gemini_api_key=KEY, gemini_base_url=stand_in.url, **given)
    return GeminiText(Connection(settings), ledger or Unmetered())


def by_vertex(stand_in: GeminiStandIn, ledger: Ledger | None = None, **given) -> GeminiText:
    settings = Settings(gemini_project="films", gemini_base_url=stand_in.url, **given)
    return GeminiText(Connection(settings, Credentials(token=TOKEN)), ledger or Unmetered())


BOTH = pytest.mark.parametrize("open_text", [by_key, by_vertex])


@BOTH
def test_rows_have_norm_one_and_empty_texts_are_zero(start: Start, open_text: Open) -> None:
    text: TextEmbedder = open_text(start())
    rows = text.embed(TEXTS)
    assert rows.shape == (5, text.dimensions) == (5, 768)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), [1, 0, 1, 0, 1], atol=1e-6)


@BOTH
def test_texts_keep_their_places(start: Start, open_text: Open) -> None:
    text = open_text(start())
    together = text.embed(TEXTS)
    alone = [text.embed([each])[0] for each in TEXTS]
    np.testing.assert_allclose(together, alone, atol=1e-6)


def test_texts_without_a_word_are_not_sent(start: Start) -> None:
    stand_in = start()
    text = by_key(stand_in)
    assert text.embed([]).shape == (0, 768)
    assert not text.embed(["", "  \n", "?!"]).any()
    assert stand_in.calls == []


def test_many_texts_go_in_calls_of_a_hundred(start: Start) -> None:
    stand_in = start()
    rows = by_key(stand_in).embed([f"video number {i}" for i in range(250)])
    assert [len(call.content.splitlines()) for call in stand_in.asked(EMBEDDING)] == [100, 100, 50]
    assert len({row.tobytes() for row in rows}) == 250


@pytest.mark.parametrize("model", ["gemini-embedding-001", "gemini-embedding-2", "text-embedding-005"])
@BOTH
def test_every_model_gives_a_vector_for_each_text(start: Start, open_text: Open, model: str) -> None:
    rows = open_text(start(), gemini_embedding_model=model).embed(["a dog", "a cat", "a train"])
    assert len({row.tobytes() for row in rows}) == 3


@pytest.mark.parametrize(
    ("model", "task"), [("gemini-embedding-001", "SEMANTIC_SIMILARITY"), ("gemini-embedding-2", None)]
)
def test_items_and_queries_are_embedded_for_the_same_task(start: Start, model: str, task: str | None) -> None:
    stand_in = start()
    by_key(stand_in, gemini_embedding_model=model).embed(["a dog"])
    (request,) = stand_in.asked(EMBEDDING)[0].body["requests"]
    assert request.get("taskType") == task
    assert request["outputDimensionality"] == 768


def test_calls_are_paid_by_the_tokens_that_google_counted(start: Start) -> None:
    ledger = Ledger()
    by_key(start(), ledger).embed(["Eins", "Zwei", ""])
    (order,), (reply,) = ledger.orders, ledger.replies
    assert (order.provider, order.model, order.purpose) == ("gemini", "gemini-embedding-001", EMBED)
    assert order.about is None
    assert reply.usage.input_tokens == 2 * WORD_TOKENS
    assert reply.usage.cost == pytest.approx(2 * WORD_TOKENS * 0.15 / 1e6)


def test_a_call_that_was_not_counted_is_paid_as_it_was_expected(start: Start) -> None:
    ledger = Ledger()
    by_vertex(start(), ledger, gemini_embedding_model="text-embedding-005").embed(["浜辺を走る犬"])
    assert ledger.replies[0].usage == ledger.orders[0].expected
    assert ledger.orders[0].expected.input_tokens >= 6


FAULTY: dict[Fault, tuple[type[ColdreelError], str]] = {
    Fault.FEWER_VECTORS: (BadAnswerError, "1 vectors for 2 texts"),
    Fault.SHORT_VECTORS: (BadAnswerError, "another size than 768"),
    Fault.ZERO_VECTORS: (BadAnswerError, "zero or not finite"),
    Fault.RATE_LIMITED: (RateLimitedError, "no more requests"),
    Fault.OVERLOADED: (UnavailableError, "overloaded"),
    Fault.CUT: (UnavailableError, "went away"),
    Fault.HALF_JSON: (BadAnswerError, "cannot be read"),
}


@pytest.mark.parametrize("fault", FAULTY)
@BOTH
def test_each_fault_has_its_error_and_nothing_is_made_up(start: Start, open_text: Open, fault: Fault) -> None:
    kind, words = FAULTY[fault]
    text = open_text(start(plan=once(fault, EMBEDDING)))
    with pytest.raises(kind, match=words):
        text.embed(["a dog", "a cat"])
    assert text.embed(["a dog", "a cat"]).all()


def test_an_answer_of_no_use_was_paid_for(start: Start) -> None:
    ledger = Ledger()
    with pytest.raises(BadAnswerError):
        by_key(start(plan=always(Fault.FEWER_VECTORS, EMBEDDING)), ledger).embed(["a dog"])
    assert ledger.replies[0].usage.cost > 0


@BOTH
def test_a_model_that_is_not_there_is_told_with_its_setting(start: Start, open_text: Open) -> None:
    with pytest.raises(ProviderError, match="COLDREEL_GEMINI_EMBEDDING_MODEL"):
        open_text(start(), gemini_embedding_model="embedding").embed(["a dog"])


def test_the_space_is_one_of_words_and_named_by_model_and_size(start: Start) -> None:
    settings = Settings(gemini_api_key=KEY, gemini_base_url=start().url)
    gemini = Gemini(settings, Unmetered())
    space = gemini.space
    assert space.name == space.embedder == gemini.text.name == "gemini-embedding-001-768"
    assert [(block.name, block.dimensions, block.weight) for block in space.blocks] == [(TEXT, 768, 1.0)]
    assert (space.provider, space.template) == ("gemini", Template.DESCRIBED)
    words = text_for(space.template, Description("A dog", (), (), "It runs.", "gemini", "m", "1"))
    vector = space.combine({TEXT: gemini.text.embed([words])[0]})
    assert float(np.linalg.norm(vector)) == pytest.approx(1, abs=1e-6)
