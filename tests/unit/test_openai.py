"""The provider `openai`, against a server on loopback."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from coldreel.errors import (
    BadAnswerError,
    BudgetReachedError,
    ColdreelError,
    ProviderError,
    RateLimitedError,
    RefusedError,
    UnauthorisedError,
    UnavailableError,
)
from coldreel.model import Material, MediaFacts, Picture, Spoken, Transcript
from coldreel.settings import Settings
from coldreel.understand.choice import Rooms
from coldreel.understand.contract import Medium
from coldreel.understand.hashing import Hashing
from coldreel.understand.metering import DESCRIBE, Order, Reply, Unmetered
from coldreel.understand.openai import OpenAI
from coldreel.understand.spaces import TEXT
from openai_stand_in import ANSWER, READ, WRITTEN, Raw, StandIn, completion, failure, serving

FACTS = MediaFacts(3.0, 768, 432, 25.0, "mp4", "h264", "yuv420p", "aac")
SPOKEN = Transcript("en", 0.9, (Spoken(0.5, 1.5, "Here, boy!"),), "whisper")
MATERIAL = Material(b"\1" * 32, FACTS, (Picture(0.0, b"\xff\xd8one"), Picture(2.5, b"\xff\xd8two")))
PRICES = {"openai_input_price": 2.0, "openai_output_price": 10.0, "openai_embedding_price": 0.5}
KEY = "sk-secret-secret"

Open = Callable[..., OpenAI]


class Ledger:
    """A meter that keeps what was ordered and what came back."""

    def __init__(self) -> None:
        self.orders: list[Order] = []
        self.replies: list[Reply] = []

    def buy(self, order: Order, send: Callable[[], Reply]) -> Any:
        self.orders.append(order)
        self.replies.append(send())
        return self.replies[-1].answer


@pytest.fixture
def server() -> Iterator[StandIn]:
    with serving(StandIn()) as stand_in:
        yield stand_in


@pytest.fixture
def opened(server: StandIn) -> Open:
    def opened(meter: Any = None, **given: Any) -> OpenAI:
        return OpenAI.open(settings(server, **given), meter or Unmetered())

    return opened


def settings(server: StandIn, **given: Any) -> Settings:
    return Settings.load(**{"openai_base_url": server.url, "openai_model": "stand-in", **PRICES, **given})


def parts(server: StandIn, call: int = 0, message: int = 0) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = server.asked[call]["messages"][message]["content"]
    return found


def words(server: StandIn, call: int = 0, message: int = 0) -> str:
    return "\n".join(part.get("text", "") for part in parts(server, call, message))


# --- what is asked, and what becomes of the answer ----------------------------------------


def test_pictures_become_a_description(opened: Open, server: StandIn) -> None:
    understanding = opened().understand(MATERIAL)
    described = understanding.description
    assert described.title == "A dog on a beach"
    assert described.tags == ("dog", "beach", "running")
    assert described.genres == ("Pets",)
    assert described.on_screen_text == "GOOD BOY"
    assert (described.provider, described.model, described.language) == ("openai", "stand-in", None)
    assert described.evidence == {"pictures_at_s": [0.0, 2.5], "transcript": False}
    assert understanding.blocks == {}


def test_each_picture_follows_its_second(opened: Open, server: StandIn) -> None:
    opened().understand(MATERIAL)
    shown = [part.get("text") or part["image_url"]["url"] for part in parts(server)[-4:]]
    assert shown[::2] == ["at 0 s", "at 2.5 s"]
    for address, picture in zip(shown[1::2], MATERIAL.pictures, strict=True):
        head, _, data = address.partition(",")
        assert head == "data:image/jpeg;base64"
        assert base64.b64decode(data) == picture.jpeg
    assert "hear nothing" in words(server)


def test_the_answer_is_bound_to_its_schema(opened: Open, server: StandIn) -> None:
    opened().understand(MATERIAL)
    form = server.asked[0]["response_format"]
    assert form["type"] == "json_schema"
    assert form["json_schema"]["strict"] is True
    assert set(form["json_schema"]["schema"]["properties"]) == set(ANSWER)
    assert "default" not in json.dumps(form)


def test_a_server_that_takes_videos_gets_the_small_video(opened: Open, server: StandIn) -> None:
    server.takes_video = True
    provider = opened(openai_takes_video=True)
    assert provider.takes == {Medium.VIDEO}
    understanding = provider.understand(Material(b"\2" * 32, FACTS, video=b"an mp4"))
    assert parts(server)[-1]["type"] == "video_url"
    assert understanding.description.evidence == {"video": True, "transcript": False}


def test_a_server_that_takes_no_videos_says_so(opened: Open) -> None:
    provider = opened(openai_takes_video=True)
    with pytest.raises(ProviderError, match="says 400: invalid request"):
        provider.understand(Material(b"\2" * 32, FACTS, video=b"an mp4"))


def test_what_was_said_is_given_as_evidence(opened: Open, server: StandIn) -> None:
    heard = Material(MATERIAL.content_hash, FACTS, MATERIAL.pictures, transcript=SPOKEN)
    described = opened().understand(heard).description
    assert "0.5 to 1.5 s: Here, boy!" in words(server)
    assert described.evidence["transcript"] is True


def test_without_anything_to_look_at_nothing_is_asked(opened: Open, server: StandIn) -> None:
    with pytest.raises(ProviderError, match="no picture"):
        opened().understand(Material(b"\3" * 32, FACTS))
    assert server.asked == []


def test_a_server_of_ones_own_gets_no_key_but_the_one_that_is_set(opened: Open, server: StandIn) -> None:
    opened().understand(MATERIAL)
    opened(openai_api_key=KEY).understand(MATERIAL)
    assert server.keys == ["Bearer none", f"Bearer {KEY}"]


# --- money ----------------------------------------


def test_a_call_is_ordered_and_its_price_told(opened: Open) -> None:
    meter = Ledger()
    opened(meter).understand(MATERIAL)
    (order,), (reply,) = meter.orders, meter.replies
    assert (order.provider, order.model, order.purpose) == ("openai", "stand-in", DESCRIBE)
    assert order.about == MATERIAL.content_hash
    assert (reply.usage.input_tokens, reply.usage.output_tokens) == (READ, WRITTEN)
    assert reply.usage.cost == pytest.approx((2 * READ + 10 * WRITTEN) / 1e6)
    assert order.expected.cost > reply.usage.cost
    json.dumps(dict(reply.answer))


def test_an_answer_that_was_kept_is_not_asked_for_again(opened: Open, server: StandIn) -> None:
    class Kept:
        def buy(self, order: Order, send: Callable[[], Reply]) -> Any:
            return {**ANSWER, "title": "Kept"}

    assert opened(Kept()).understand(MATERIAL).description.title == "Kept"
    assert server.asked == []


def test_a_server_that_counts_no_tokens_costs_nothing(opened: Open, server: StandIn) -> None:
    meter = Ledger()
    server.answers.append(completion(json.dumps(ANSWER), counted=False))
    opened(meter).understand(MATERIAL)
    assert meter.replies[0].usage.cost == 0


# --- servers that are not as hoped ----------------------------------------


def test_a_server_without_schemas_is_asked_in_words_from_then_on(opened: Open, server: StandIn) -> None:
    server.takes_schema = False
    provider = opened()
    for _ in range(2):
        assert provider.understand(MATERIAL).description.title == "A dog on a beach"
    assert ["response_format" in asked for asked in server.asked] == [True, False, False]
    assert "JSON schema" not in words(server, 0)
    assert all('"on_screen_text"' in words(server, call) for call in (1, 2))


BAD = {
    "half an object": json.dumps(ANSWER)[:40],
    "in a fence": f"```json\n{json.dumps(ANSWER)}\n```",
    "prose": "It shows a dog.",
    "a field is missing": '{"title": "A dog"}',
    "nothing seen": json.dumps({**ANSWER, "title": "", "description": " "}),
    "empty": "",
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_answer_is_shown_to_the_model_once(opened: Open, server: StandIn, kind: str) -> None:
    meter = Ledger()
    server.answers.append(completion(BAD[kind]))
    assert opened(meter).understand(MATERIAL).description.title == "A dog on a beach"
    assert len(server.asked) == 2
    question, answer, complaint = server.asked[1]["messages"]
    assert question == server.asked[0]["messages"][0]
    assert answer == {"role": "assistant", "content": BAD[kind] or "(nothing)"}
    assert "cannot be used. The model's answer" in complaint["content"][0]["text"]
    assert meter.replies[0].usage.input_tokens == 2 * READ
    assert meter.replies[0].usage.cost == pytest.approx(2 * (2 * READ + 10 * WRITTEN) / 1e6)


def test_two_bad_answers_are_an_error(opened: Open, server: StandIn) -> None:
    server.answers.extend([completion("no"), completion("never")])
    with pytest.raises(BadAnswerError, match="not as asked"):
        opened().understand(MATERIAL)
    assert len(server.asked) == 2


PAGE = Raw(b"<html>Welcome</html>", kind="text/html")
FAULTS: dict[str, tuple[Raw, type[ColdreelError], str]] = {
    "a refusal": (completion(None, refusal="I can't look"), RefusedError, r"I can't look.*redescribe"),
    "a filter": (completion("", finish="content_filter"), RefusedError, "filter"),
    "a filter before": (failure(400, "flagged", "content_policy_violation"), RefusedError, "flagged"),
    "cut short": (completion('{"title', finish="length"), BadAnswerError, "cut short"),
    "half JSON": (Raw(b'{"choices": [{"mess'), BadAnswerError, "no JSON"),
    "another service": (Raw(b'{"hello": "world"}'), BadAnswerError, "no chat completion.*BASE_URL"),
    "no choice": (Raw(b'{"choices": []}'), BadAnswerError, "no chat completion"),
    "a web page": (PAGE, BadAnswerError, "no chat completion.*BASE_URL"),
    "a connection cut": (Raw(b'{"cho', promised=999), UnavailableError, "cannot be reached.*BASE_URL"),
    "an error of its own": (failure(500, "out of memory"), UnavailableError, "500: .*out of memory"),
    "a proxy before it": (Raw(b"<html>", 502, kind="text/html"), UnavailableError, "502"),
    "a wrong key": (failure(401, f"Wrong key {KEY}"), UnauthorisedError, "Wrong key ….*OPENAI_API_KEY"),
    "a key without rights": (failure(403, "not for you"), UnauthorisedError, "not for you"),
    "no credit": (failure(429, "pay", "insufficient_quota"), BudgetReachedError, "add credit"),
    "too much": (failure(413, "x" * 1000), ProviderError, "COLDREEL_PICTURES"),
}


@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_says_what_to_do(opened: Open, server: StandIn, kind: str) -> None:
    fault, error, message = FAULTS[kind]
    server.answers.append(fault)
    with pytest.raises(error, match=message) as raised:
        opened(openai_api_key=KEY).understand(MATERIAL)
    assert type(raised.value) is error
    assert KEY not in raised.value.message
    assert len(raised.value.message) < 600
    assert len(server.asked) == 1


@pytest.mark.parametrize(("header", "seconds"), [("7", 7.0), ("Wed, 21 Oct 2026 07:28:00 GMT", 30.0)])
def test_a_server_that_is_busy_says_for_how_long(
    opened: Open, server: StandIn, header: str, seconds: float
) -> None:
    server.answers.append(failure(429, "slow down", headers={"retry-after": header}))
    with pytest.raises(RateLimitedError, match="slow down") as raised:
        opened().understand(MATERIAL)
    assert raised.value.retry_after_s == seconds
    assert len(server.asked) == 1


def test_a_slow_server_is_not_waited_for(opened: Open, server: StandIn) -> None:
    server.answers.append(Raw(b"{}", wait_s=0.5))
    with pytest.raises(UnavailableError, match=r"within 0\.1 s.*CALL_SECONDS"):
        opened(call_seconds=0.1).understand(MATERIAL)


def test_a_server_that_is_not_there_is_named(opened: Open, server: StandIn) -> None:
    provider = opened(openai_base_url="http://127.0.0.1:9/v1")
    with pytest.raises(UnavailableError, match=r"http://127\.0\.0\.1:9/v1 cannot be reached.*server runs"):
        provider.understand(MATERIAL)


def test_an_unknown_model_names_its_setting(opened: Open, server: StandIn) -> None:
    with pytest.raises(ProviderError, match=r"`gone` does not exist.*COLDREEL_OPENAI_MODEL") as raised:
        opened(openai_model="gone").understand(MATERIAL)
    assert not raised.value.retryable


# --- whether it can be used ----------------------------------------


@pytest.mark.parametrize(
    ("given", "lacking"),
    [
        ({}, "COLDREEL_OPENAI_MODEL"),
        ({"openai_model": "gpt"}, "no key is set for api.openai.com"),
        ({"openai_model": "gpt", "openai_api_key": KEY}, None),
        ({"openai_model": "gpt", "openai_base_url": "http://localhost:11434/v1"}, None),
        ({"openai_model": "gpt", "openai_base_url": "localhost:11434"}, "must be an address"),
    ],
)
def test_it_says_what_it_lacks(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], lacking: str | None
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    chosen = Settings.load(**given)
    lacks = OpenAI.lacks(chosen)
    if lacking is None:
        assert lacks is None
        assert OpenAI.open(chosen, Unmetered()).model == "gpt"
    else:
        assert lacks is not None
        assert lacking in lacks
        with pytest.raises(ProviderError, match="openai is not ready"):
            OpenAI.open(chosen, Unmetered())


def test_a_missing_package_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openai", None)
    assert 'pip install "coldreel[openai]"' in (OpenAI.lacks(Settings.load(openai_model="m")) or "")


def test_without_an_embedding_model_words_are_hashed(opened: Open) -> None:
    provider = opened()
    assert provider.text == Hashing(768)
    assert [block.name for block in provider.space.blocks] == [TEXT]
    assert provider.space.embedder in provider.space.name


def test_it_is_chosen_by_itself_and_places_what_was_described(
    monkeypatch: pytest.MonkeyPatch, server: StandIn
) -> None:
    monkeypatch.delenv("GEMINI_API_KEY", raising=False)
    chosen = Rooms(settings(server, openai_embedding_model="stand-in-text")).choose()
    assert (chosen.provider.name, chosen.text.name) == ("openai", "openai-1-stand-in-text-768")
    assert isinstance(chosen.provider, OpenAI)
    understanding = chosen.provider.understand(MATERIAL)
    vector = chosen.place(understanding.blocks, understanding.description)
    assert float(np.linalg.norm(vector)) == pytest.approx(1, abs=1e-5)
    assert vector @ chosen.query("dog beach") > vector @ chosen.query("cooking pasta") + 0.2
