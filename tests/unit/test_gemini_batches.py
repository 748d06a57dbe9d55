"""Batches of Gemini, over real HTTP, and across a restart."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from google.oauth2.credentials import Credentials

from coldreel.errors import (
    BadAnswerError,
    ProviderError,
    RateLimitedError,
    RefusedError,
    UnauthorisedError,
    UnavailableError,
)
from coldreel.model import Material, MediaFacts
from coldreel.settings import Settings
from coldreel.understand import request
from coldreel.understand.contract import BatchService
from coldreel.understand.gemini import Gemini
from coldreel.understand.metering import Reply, Unmetered
from gemini_faults import DESCRIBING, Call, Fault
from gemini_stand_in import KEY, GeminiStandIn, quick_clients
from gemini_wire import ANSWER_TOKENS, PROMPT_TOKENS, THOUGHT_TOKENS, described

FACTS = MediaFacts(9.5, 360, 640, 25.0, "mp4", "h264", "yuv420p", "aac")
HALF_PRICE = (PROMPT_TOKENS * 0.30 + (ANSWER_TOKENS + THOUGHT_TOKENS) * 2.50) / 1e6 / 2
Start = Callable[..., GeminiStandIn]


@pytest.fixture(autouse=True)
def clients_are_quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    quick_clients(monkeypatch, tmp_path)


@pytest.fixture
def start() -> Iterator[Start]:
    with ExitStack() as stack:
        yield lambda **given: stack.enter_context(GeminiStandIn(**given))


def material(name: str) -> Material:
    return Material(name.encode().ljust(32), FACTS, video=f"video {name}".encode())


def service(stand_in: GeminiStandIn, key: str = KEY) -> BatchService:
    """As a process that has just started has it."""
    settings = Settings(gemini_api_key=key, gemini_base_url=stand_in.url)
    batches = Gemini(settings, Unmetered()).batches
    assert batches is not None
    return batches


def requests(batches: BatchService, *names: str) -> dict[str, bytes]:
    return {name: batches.request(material(name)) for name in names}


def test_a_batch_is_sent_awaited_and_collected_by_key_at_half_the_price(start: Start) -> None:
    stand_in = start(batch_looks=2)
    batches = service(stand_in)
    name = batches.send("first", requests(batches, "a", "b", 'c "quoted"\n'))
    assert batches.collect(name) is None
    assert batches.collect(name) is None
    replies = batches.collect(name)
    assert replies is not None
    assert set(replies) == {"a", "b", 'c "quoted"\n'}
    for key, reply in replies.items():
        assert isinstance(reply, Reply)
        assert reply.error is None
        assert reply.answer["title"] == described(f"video {key}".encode())["title"]
        assert reply.usage.cost == pytest.approx(HALF_PRICE)


def test_what_comes_back_is_what_a_single_call_brings(start: Start) -> None:
    stand_in = start()
    settings = Settings(gemini_api_key=KEY, gemini_base_url=stand_in.url)
    gemini = Gemini(settings, Unmetered())
    assert gemini.batches is not None
    replies = gemini.batches.collect(gemini.batches.send("same", requests(gemini.batches, "a")))
    assert replies is None
    replies = gemini.batches.collect("batches/b1")
    assert replies is not None
    (reply,) = replies.values()
    assert isinstance(reply, Reply)
    assert (
        request.describe(reply.answer, "gemini", gemini.model) == gemini.understand(material("a")).description
    )
    in_a_batch, alone = (call.body for call in stand_in.asked(DESCRIBING))
    assert in_a_batch == alone


def test_a_batch_is_found_by_its_label_after_a_restart(start: Start) -> None:
    stand_in = start(batch_looks=None)
    stand_in.page_size = 2
    before = service(stand_in)
    assert before.find("mine") is None
    name = before.send("mine", requests(before, "a"))
    for other in ("x", "y", "z"):
        before.send(other, requests(before, other))
    after = service(stand_in)
    assert after.find("mine") == name
    assert after.find("min") is None
    assert after.collect(name) is None
    stand_in.finish()
    assert set(after.collect(name) or {}) == {"a"}


STATES = ["BATCH_STATE_FAILED", "BATCH_STATE_CANCELLED", "BATCH_STATE_EXPIRED"]


@pytest.mark.parametrize("state", STATES)
def test_a_batch_that_came_to_nothing_is_an_error_and_is_not_found(start: Start, state: str) -> None:
    stand_in = start(batch_looks=None)
    batches = service(stand_in)
    name = batches.send("lost", requests(batches, "a"))
    stand_in.finish(state)
    with pytest.raises(ProviderError, match=state.removeprefix("BATCH_")):
        batches.collect(name)
    assert batches.find("lost") is None


def test_each_request_that_failed_has_its_own_error(start: Start) -> None:
    faults = {
        b"video refused": Fault.BLOCKED,
        b"video cut": Fault.HALF_ANSWER,
        b"video limited": Fault.RATE_LIMITED,
        b"video down": Fault.SERVER_ERROR,
        b"video odd": Fault.INVALID,
    }

    def plan(call: Call) -> Fault | None:
        return faults.get(call.content)

    stand_in = start(plan=plan, batch_looks=0)
    batches = service(stand_in)
    keys = ("fine", "refused", "cut", "limited", "down", "odd")
    replies = batches.collect(batches.send("mixed", requests(batches, *keys)))
    assert replies is not None
    kinds = {
        key: type(reply.error) if isinstance(reply, Reply) else type(reply) for key, reply in replies.items()
    }
    assert kinds == {
        "fine": type(None),
        "refused": RefusedError,
        "cut": BadAnswerError,
        "limited": RateLimitedError,
        "down": UnavailableError,
        "odd": ProviderError,
    }
    refused = replies["refused"]
    assert isinstance(refused, Reply)
    assert refused.usage.cost == pytest.approx(PROMPT_TOKENS * 0.30 / 1e6 / 2)


def test_codes_of_grpc_are_understood(start: Start) -> None:
    stand_in = start(batch_looks=None)
    batches = service(stand_in)
    name = batches.send("codes", requests(batches, "a"))
    stand_in.finish()
    assert batches.collect(name) is not None
    replies = stand_in.batches[name].replies
    assert replies is not None
    lines = [{"key": str(code), "error": {"code": code, "message": "Said."}} for code in (3, 8, 13, 14)]
    lines.append({"key": "form", "response": {"candidates": "none"}})
    stand_in.files[replies].content = "\n".join(json.dumps(line) for line in lines).encode()
    kinds = {key: type(reply) for key, reply in (batches.collect(name) or {}).items()}
    assert kinds == {
        "3": ProviderError,
        "8": RateLimitedError,
        "13": UnavailableError,
        "14": UnavailableError,
        "form": BadAnswerError,
    }


def test_a_word_that_is_not_known_yet_does_no_harm(start: Start) -> None:
    stand_in = start(batch_looks=0)
    batches = service(stand_in)
    name = batches.send("new", requests(batches, "a"))
    assert batches.collect(name) is not None
    replies = stand_in.batches[name].replies
    assert replies is not None
    line = json.loads(stand_in.files[replies].content)
    line["response"]["newField"] = {"a": 1}
    line["response"]["candidates"][0]["content"]["parts"][1]["newField"] = 1
    stand_in.files[replies].content = json.dumps(line).encode()
    (reply,) = (batches.collect(name) or {}).values()
    assert isinstance(reply, Reply)
    assert reply.answer["title"] == described(b"video a")["title"]


def test_a_batch_that_is_not_there_any_more_is_an_error(start: Start) -> None:
    with pytest.raises(ProviderError):
        service(start()).collect("batches/b99")


def test_a_wrong_key_is_told(start: Start) -> None:
    stand_in = start()
    batches = service(stand_in, key="another-key")
    with pytest.raises(UnauthorisedError):
        batches.send("mine", requests(batches, "a"))
    with pytest.raises(UnauthorisedError):
        batches.find("mine")


def test_a_video_that_is_not_there_cannot_be_in_a_batch(start: Start) -> None:
    with pytest.raises(ProviderError, match="ask about it alone"):
        service(start()).request(Material(b"\x01" * 32, FACTS))


def test_vertex_has_no_batches(start: Start) -> None:
    settings = Settings(gemini_project="films", gemini_base_url=start().url)
    assert Gemini(settings, Unmetered(), credentials=Credentials(token="t")).batches is None
