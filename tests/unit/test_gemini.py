"""Gemini as a provider, asked over real HTTP, by key and through Vertex."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from google.oauth2.credentials import Credentials

from coldreel.errors import (
    BadAnswerError,
    ColdreelError,
    ProviderError,
    RateLimitedError,
    RefusedError,
    UnauthorisedError,
    UnavailableError,
)
from coldreel.model import Material, MediaFacts, Spoken, Transcript
from coldreel.settings import Settings
from coldreel.understand import request
from coldreel.understand.choice import Rooms
from coldreel.understand.contract import MaterialProvider
from coldreel.understand.gemini import Gemini
from coldreel.understand.metering import DESCRIBE, Order, Reply, Unmetered
from gemini_faults import UPLOADING, Fault, always, once
from gemini_stand_in import KEY, RETRY_AFTER_S, RETRY_DELAY_S, TOKEN, GeminiStandIn, quick_clients
from gemini_wire import ANSWER_TOKENS, PROMPT_TOKENS, THOUGHT_TOKENS, described, inline_video

FACTS = MediaFacts(9.5, 360, 640, 25.0, "mp4", "h264", "yuv420p", "aac")
VIDEO = bytes(range(256)) * 4
MATERIAL = Material(b"\x01" * 32, FACTS, video=VIDEO, uri="file:///clips/a.mp4")
PRICE = (PROMPT_TOKENS * 0.30 + (ANSWER_TOKENS + THOUGHT_TOKENS) * 2.50) / 1e6


class Ledger:
    """A meter that writes down what was ordered and what was paid."""

    def __init__(self) -> None:
        self.orders: list[Order] = []
        self.replies: list[Reply] = []

    def buy(self, order: Order, send: Callable[[], Reply]) -> Mapping[str, Any]:
        self.orders.append(order)
        reply = send()
        self.replies.append(reply)
        if reply.error is not None:
            raise reply.error
        return reply.answer


@pytest.fixture(autouse=True)
def only_these_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    quick_clients(monkeypatch, tmp_path)
    for name in ("GEMINI_API_KEY", "GOOGLE_API_KEY", "GOOGLE_CLOUD_PROJECT", "COLDREEL_GEMINI_PROJECT"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def start() -> Iterator[Callable[..., GeminiStandIn]]:
    with ExitStack() as stack:
        yield lambda **given: stack.enter_context(GeminiStandIn(**given))


def by_key(
    stand_in: GeminiStandIn, ledger: Ledger | None = None, inline: int | None = None, **given
) -> Gemini:
    settings = Settings(**({"gemini_api_key": KEY, "gemini_base_url": stand_in.url} | given))
    return Gemini(settings, ledger or Ledger(), inline_bytes=inline)


def by_vertex(
    stand_in: GeminiStandIn, ledger: Ledger | None = None, inline: int | None = None, **given
) -> Gemini:
    settings = Settings(**({"gemini_project": "films", "gemini_base_url": stand_in.url} | given))
    credentials = Credentials(token=TOKEN)
    return Gemini(settings, ledger or Ledger(), credentials=credentials, inline_bytes=inline)


BOTH = pytest.mark.parametrize("open_gemini", [by_key, by_vertex])
Start = Callable[..., GeminiStandIn]
Open = Callable[..., Gemini]


@BOTH
def test_a_video_becomes_what_gemini_saw_in_it(start: Start, open_gemini: Open) -> None:
    stand_in = start()
    understanding = open_gemini(stand_in).understand(MATERIAL)
    seen, description = described(VIDEO), understanding.description
    assert description.title == seen["title"]
    assert description.tags == tuple(seen["tags"])
    assert description.original_title == seen["original_title"]
    assert (description.provider, description.model) == ("gemini", "gemini-3.5-flash-lite")
    assert description.prompt_version == request.VERSION
    assert understanding.blocks == {}
    (call,) = stand_in.asked()
    assert inline_video(call) == VIDEO
    assert call.body["contents"][0]["parts"][1]["text"] == request.REQUEST


@BOTH
def test_the_answer_has_a_form_and_an_end(start: Start, open_gemini: Open) -> None:
    stand_in = start()
    open_gemini(stand_in).understand(MATERIAL)
    config = stand_in.asked()[0].body["generationConfig"]
    assert config["responseMimeType"] == "application/json"
    assert config["responseSchema"]["propertyOrdering"] == list(request.Answer.model_fields)
    assert set(config["responseSchema"]["properties"]) == set(request.Answer.model_fields)
    assert config["maxOutputTokens"] == 8192


def test_a_call_is_ordered_for_more_than_it_takes_and_paid_at_the_prices_set(start: Start) -> None:
    ledger = Ledger()
    by_key(start(), ledger).understand(MATERIAL)
    (order,), (reply,) = ledger.orders, ledger.replies
    assert (order.provider, order.model, order.purpose) == ("gemini", "gemini-3.5-flash-lite", DESCRIBE)
    assert (order.version, order.about) == (request.VERSION, MATERIAL.content_hash)
    assert order.expected.input_tokens > 10 * (258 + 32)
    assert order.expected.cost > reply.usage.cost
    assert (reply.usage.input_tokens, reply.usage.output_tokens) == (
        PROMPT_TOKENS,
        ANSWER_TOKENS + THOUGHT_TOKENS,
    )
    assert reply.usage.cost == pytest.approx(PRICE)


def test_a_longer_video_is_expected_to_take_more(start: Start) -> None:
    gemini = by_key(start())
    longer = replace(MATERIAL, facts=replace(FACTS, duration_s=60.0))
    expected = gemini.order(longer).expected.input_tokens - gemini.order(MATERIAL).expected.input_tokens
    assert expected == 50 * 300


def test_what_was_said_in_the_video_goes_along_as_evidence(start: Start) -> None:
    stand_in, spoken = start(), Spoken(0.0, 2.0, "Guten Tag, liebe Leute")
    material = replace(MATERIAL, transcript=Transcript("de", 0.9, (spoken,), "whisper"))
    gemini = by_key(stand_in)
    gemini.understand(material)
    parts = stand_in.asked()[0].body["contents"][0]["parts"]
    assert "Guten Tag, liebe Leute" in parts[2]["text"]
    assert gemini.order(material).expected.input_tokens > gemini.order(MATERIAL).expected.input_tokens


def test_threads_share_one_provider(start: Start) -> None:
    stand_in = start()
    gemini = by_key(stand_in)
    materials = [replace(MATERIAL, video=b"video %d" % i) for i in range(16)]
    with ThreadPoolExecutor(8) as pool:
        titles = [each.description.title for each in pool.map(gemini.understand, materials)]
    assert titles == [described(material.video or b"")["title"] for material in materials]


REFUSED = {
    Fault.BLOCKED: "PROHIBITED_CONTENT",
    Fault.STOPPED: "SAFETY",
}


@pytest.mark.parametrize("fault", REFUSED)
@BOTH
def test_a_refusal_says_why_and_was_paid_for(start: Start, open_gemini: Open, fault: Fault) -> None:
    ledger = Ledger()
    gemini = open_gemini(start(plan=always(fault)), ledger)
    with pytest.raises(RefusedError, match=REFUSED[fault]) as raised:
        gemini.understand(MATERIAL)
    assert not raised.value.retryable
    assert ledger.replies[0].usage.input_tokens == PROMPT_TOKENS
    assert ledger.replies[0].usage.cost > 0


USELESS = {
    Fault.HALF_ANSWER: "not as asked",
    Fault.MAX_TOKENS: "MAX_TOKENS",
    Fault.EMPTY: "empty",
    Fault.NOTHING: "answered nothing",
}


@pytest.mark.parametrize("fault", USELESS)
def test_an_answer_of_no_use_is_asked_for_again_and_was_paid_for(start: Start, fault: Fault) -> None:
    ledger = Ledger()
    gemini = by_key(start(plan=once(fault)), ledger)
    with pytest.raises(BadAnswerError, match=USELESS[fault]) as raised:
        gemini.understand(MATERIAL)
    assert raised.value.retryable
    assert ledger.replies[0].usage.cost == pytest.approx(PRICE)
    assert gemini.understand(MATERIAL).description.title == described(VIDEO)["title"]


def test_without_a_meter_a_refusal_is_an_error_too(start: Start) -> None:
    stand_in = start(plan=always(Fault.BLOCKED))
    settings = Settings(gemini_api_key=KEY, gemini_base_url=stand_in.url)
    with pytest.raises(RefusedError):
        Gemini(settings, Unmetered()).understand(MATERIAL)


FAILURES: dict[Fault, tuple[type[ColdreelError], str]] = {
    Fault.RATE_LIMITED: (RateLimitedError, "no more requests for now"),
    Fault.SERVER_ERROR: (UnavailableError, "internal error"),
    Fault.OVERLOADED: (UnavailableError, "overloaded"),
    Fault.CUT: (UnavailableError, "went away"),
    Fault.HALF_JSON: (BadAnswerError, "cannot be read"),
    Fault.INVALID: (ProviderError, "Unable to process input video"),
    Fault.FORBIDDEN: (UnauthorisedError, "COLDREEL_GEMINI_PROJECT"),
}


@pytest.mark.parametrize("fault", FAILURES)
@BOTH
def test_each_failure_has_its_error_after_one_call(start: Start, open_gemini: Open, fault: Fault) -> None:
    kind, words = FAILURES[fault]
    stand_in = start(plan=always(fault))
    with pytest.raises(kind, match=words) as raised:
        open_gemini(stand_in).understand(MATERIAL)
    assert type(raised.value) is kind
    assert KEY not in raised.value.message
    assert len(stand_in.asked()) == 1


@pytest.mark.parametrize(
    ("fault", "seconds"), [(Fault.RATE_LIMITED, RETRY_AFTER_S), (Fault.RATE_LIMITED_IN_BODY, RETRY_DELAY_S)]
)
def test_a_rate_limit_says_when_to_come_back(start: Start, fault: Fault, seconds: float) -> None:
    with pytest.raises(RateLimitedError) as raised:
        by_key(start(plan=always(fault))).understand(MATERIAL)
    assert raised.value.retry_after_s == seconds


def test_a_server_that_does_not_answer_is_given_up(start: Start) -> None:
    stand_in = start(plan=always(Fault.SLOW))
    with pytest.raises(UnavailableError, match="COLDREEL_CALL_SECONDS"):
        by_key(stand_in, call_seconds=0.2).understand(MATERIAL)


def test_a_server_that_is_not_there_is_an_error_that_names_the_address_setting(start: Start) -> None:
    with GeminiStandIn() as gone:
        url = gone.url
    with pytest.raises(UnavailableError, match="COLDREEL_GEMINI_BASE_URL"):
        by_key(start(), gemini_base_url=url).understand(MATERIAL)


def test_a_wrong_key_is_told_without_repeating_it(start: Start) -> None:
    with pytest.raises(UnauthorisedError, match="GEMINI_API_KEY") as raised:
        by_key(start(), gemini_api_key="another-key").understand(MATERIAL)
    assert "another-key" not in raised.value.message


def test_credentials_that_vertex_does_not_know_are_told(start: Start) -> None:
    settings = Settings(gemini_project="films", gemini_base_url=start().url)
    gemini = Gemini(settings, Ledger(), credentials=Credentials(token="old"))
    with pytest.raises(UnauthorisedError, match="COLDREEL_GEMINI_PROJECT"):
        gemini.understand(MATERIAL)


def test_a_machine_without_credentials_for_vertex_says_how_to_get_them(
    start: Start, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "missing.json"))
    settings = Settings(gemini_project="films", gemini_base_url=start().url)
    with pytest.raises(UnauthorisedError, match="gcloud auth application-default login"):
        Gemini(settings, Ledger()).understand(MATERIAL)


@BOTH
def test_a_model_that_is_not_there_is_told_with_its_setting(start: Start, open_gemini: Open) -> None:
    gemini = open_gemini(start(), gemini_model="gemmini")
    with pytest.raises(ProviderError, match="COLDREEL_GEMINI_MODEL") as raised:
        gemini.understand(MATERIAL)
    assert not raised.value.retryable


# --- how the video gets there ----------------------------------------


def test_a_large_video_is_uploaded_used_and_deleted(start: Start) -> None:
    stand_in = start(file_looks=2)
    description = by_key(stand_in, inline=1000).understand(MATERIAL).description
    assert description.title == described(VIDEO)["title"]
    (uploaded,), (call,) = stand_in.asked(UPLOADING), stand_in.asked()
    assert uploaded.content == VIDEO
    assert "inlineData" not in call.body["contents"][0]["parts"][0]
    assert stand_in.files == {}
    assert len(stand_in.deleted) == 1


def test_an_uploaded_video_is_deleted_after_a_refusal_too(start: Start) -> None:
    stand_in = start(plan=always(Fault.SERVER_ERROR))
    with pytest.raises(UnavailableError):
        by_key(stand_in, inline=1000).understand(MATERIAL)
    assert stand_in.files == {}


def test_an_upload_that_never_gets_ready_is_given_up_and_deleted(start: Start) -> None:
    stand_in = start(file_looks=10**6)
    with pytest.raises(UnavailableError, match="ready within 1 s"):
        by_key(stand_in, inline=1000, call_seconds=1.0).understand(MATERIAL)
    assert stand_in.files == {}
    assert stand_in.asked() == []


def test_an_upload_that_gemini_cannot_read_is_not_tried_again(start: Start) -> None:
    material = replace(MATERIAL, video=b"unreadable" * 1000)
    with pytest.raises(ProviderError, match="cannot read the video") as raised:
        by_key(start(), inline=1000).understand(material)
    assert not raised.value.retryable


def test_vertex_reads_a_bucket_by_itself(start: Start) -> None:
    stand_in = start()
    material = replace(MATERIAL, uri="gs://films/one.mov")
    by_vertex(stand_in).understand(material)
    part = stand_in.asked()[0].body["contents"][0]["parts"][0]
    assert part["fileData"] == {"fileUri": "gs://films/one.mov", "mimeType": "video/quicktime"}


@pytest.mark.parametrize("uri", ["gs://films/one.mkv", "https://example.org/one.mp4", None])
def test_vertex_is_sent_the_small_video_of_what_it_cannot_read(start: Start, uri: str | None) -> None:
    stand_in = start()
    by_vertex(stand_in).understand(replace(MATERIAL, uri=uri))
    assert inline_video(stand_in.asked()[0]) == VIDEO


def test_with_a_key_a_bucket_is_not_asked_for(start: Start) -> None:
    stand_in = start()
    by_key(stand_in).understand(replace(MATERIAL, uri="gs://films/one.mov"))
    assert inline_video(stand_in.asked()[0]) == VIDEO


def test_vertex_has_no_uploads_and_says_what_to_do(start: Start) -> None:
    with pytest.raises(ProviderError, match="bucket"):
        by_vertex(start(), inline=1000).understand(MATERIAL)


@BOTH
def test_without_a_video_nothing_is_asked(start: Start, open_gemini: Open) -> None:
    stand_in = start()
    with pytest.raises(ProviderError, match="no video"):
        open_gemini(stand_in).understand(replace(MATERIAL, video=None))
    assert stand_in.calls == []


# --- what it lacks ----------------------------------------


@pytest.mark.parametrize(
    ("given", "lacking"),
    [
        ({}, "COLDREEL_GEMINI_PROJECT"),
        ({"gemini_api_key": "half a key"}, "copy it anew"),
        ({"gemini_api_key": KEY}, None),
        ({"gemini_project": "films"}, None),
    ],
)
def test_it_knows_what_it_lacks(given: dict[str, Any], lacking: str | None) -> None:
    said = Gemini.lacks(Settings(**given))
    assert said is None if lacking is None else lacking in (said or "")


def test_a_project_counts_more_than_a_key(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", KEY)
    stand_in = start()
    by_vertex(stand_in, gemini_api_key=KEY).understand(MATERIAL)
    assert len(stand_in.asked()) == 1


def test_what_other_programs_are_told_about_google_does_not_count(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GOOGLE_GENAI_USE_VERTEXAI", "GOOGLE_GENAI_USE_ENTERPRISE"):
        monkeypatch.setenv(name, "true")
    monkeypatch.setenv("GOOGLE_API_KEY", "another-key")
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "another-project")
    stand_in = start()
    by_key(stand_in).understand(MATERIAL)
    assert len(stand_in.asked()) == 1


def test_it_is_found_by_name_and_its_version_names_its_models(start: Start) -> None:
    rooms = Rooms(Settings(provider="gemini", gemini_api_key=KEY, gemini_base_url=start().url))
    provider = rooms.open("gemini")
    assert isinstance(provider, MaterialProvider)
    assert provider.space.name == "gemini-embedding-001-768"
    for part in (request.VERSION, "gemini-3.5-flash-lite", "gemini-embedding-001"):
        assert part in provider.version


def test_what_is_set_up_is_known_without_loading_the_library() -> None:
    program = """
import sys
from coldreel.settings import Settings
from coldreel.understand.gemini import Gemini
from coldreel.understand.metering import Unmetered
Gemini.lacks(Settings())
Gemini.open(Settings(gemini_api_key="k"), Unmetered())
print([name for name in sys.modules if name.startswith("google.genai")])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_without_the_library_it_says_how_to_install_it() -> None:
    program = """
import sys
sys.modules["google.genai"] = None
sys.modules["google"] = None
from coldreel.settings import Settings
from coldreel.understand.gemini import Gemini
print(Gemini.lacks(Settings(gemini_api_key="k")))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "pip install 'coldreel[gemini]'"
