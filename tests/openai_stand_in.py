"""A server on loopback that speaks OpenAI's protocol, as the types of its SDK write it down.

What it is asked is validated with the SDK's parameter types, what it answers are dumps of the SDK's models.
It describes nothing: it says what it is told to, and fails when it is told to.
"""

from __future__ import annotations

import base64
import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from openai.types import CreateEmbeddingResponse, Embedding, EmbeddingCreateParams
from openai.types.chat import ChatCompletion, ChatCompletionMessage
from openai.types.chat.chat_completion import Choice
from openai.types.chat.completion_create_params import CompletionCreateParamsNonStreaming
from openai.types.completion_usage import CompletionUsage
from openai.types.create_embedding_response import Usage
from pydantic import TypeAdapter, ValidationError

from coldreel.understand.hashing import Hashing

ANSWER = {
    "title": "A dog on a beach",
    "tags": ["dog", "#beach", "running"],
    "genres": ["Pets"],
    "description": "A dog runs along the water. It comes back.",
    "language": "",
    "original_title": "",
    "original_description": "",
    "on_screen_text": "GOOD BOY",
}
READ, WRITTEN = 1000, 100
"""Tokens that each completion takes."""
_COMPLETION = TypeAdapter(CompletionCreateParamsNonStreaming)
_EMBEDDING = TypeAdapter(EmbeddingCreateParams)


@dataclass(frozen=True, slots=True)
class Raw:
    """An answer as it goes over the wire."""

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    kind: str = "application/json"
    promised: int | None = None
    """Bytes that the header announces, where that is more than there are."""
    wait_s: float = 0.0


def failure(
    status: int,
    message: str,
    code: str | None = None,
    headers: Mapping[str, str] | None = None,
    param: str = "",
) -> Raw:
    error = {"message": message, "type": "error", "param": param or None, "code": code}
    return Raw(json.dumps({"error": error}).encode(), status, headers or {})


def completion(
    text: str | None, finish: str = "stop", refusal: str | None = None, counted: bool = True
) -> Raw:
    answer = ChatCompletion(
        id="chatcmpl-1",
        created=1,
        model="stand-in",
        object="chat.completion",
        choices=[
            Choice(
                finish_reason=finish,
                index=0,
                message=ChatCompletionMessage(role="assistant", content=text, refusal=refusal),
            )
        ],
        usage=CompletionUsage(completion_tokens=WRITTEN, prompt_tokens=READ, total_tokens=READ + WRITTEN)
        if counted
        else None,
    )
    return Raw(answer.model_dump_json().encode())


@dataclass
class StandIn:
    """Says `answers` one after the other, then describes every video as `ANSWER`."""

    url: str = ""
    dimensions: int = 768
    models: frozenset[str] = frozenset({"stand-in", "stand-in-text", "text-embedding-3-small"})
    takes_schema: bool = True
    takes_video: bool = False
    answers: deque[Raw] = field(default_factory=deque)
    asked: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    order: Callable[[list[Embedding]], list[Embedding]] = list
    """What happens to the vectors of one answer on their way."""

    def completed(self, body: dict[str, Any]) -> Raw:
        try:
            _check(body, self.takes_video)
        except (ValidationError, ValueError) as error:
            return failure(400, f"invalid request: {error}")
        if "response_format" in body and not self.takes_schema:
            return failure(400, "unknown field", param="response_format")
        return self.answers.popleft() if self.answers else completion(json.dumps(ANSWER))

    def embedded(self, body: dict[str, Any]) -> Raw:
        texts = list(_EMBEDDING.validate_python(body)["input"])
        if self.answers:
            return self.answers.popleft()
        if body.get("encoding_format") != "float" or not all(texts) or len(texts) > 100:
            return failure(400, "an old server: floats only, no empty text, 100 texts at most")
        if "dimensions" in body and not body["model"].startswith("text-embedding-3"):
            return failure(400, "this model has one size", param="dimensions")
        rows = Hashing(body.get("dimensions", self.dimensions)).embed([str(text) for text in texts])
        data = [
            Embedding(embedding=(3 * row).tolist(), index=i, object="embedding") for i, row in enumerate(rows)
        ]
        answer = CreateEmbeddingResponse(
            data=self.order(data),
            model=body["model"],
            object="list",
            usage=Usage(prompt_tokens=len(texts), total_tokens=len(texts)),
        )
        return Raw(answer.model_dump_json().encode())


@contextmanager
def serving(stand_in: StandIn) -> Iterator[StandIn]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            stand_in.asked.append(body)
            stand_in.keys.append(self.headers.get("authorization", ""))
            with suppress(ConnectionError):  # who asked may be gone
                self._say(self._answer(body))

        def _answer(self, body: dict[str, Any]) -> Raw:
            if body["model"] not in stand_in.models:
                return failure(404, f"The model `{body['model']}` does not exist", "model_not_found")
            paths = {"/v1/chat/completions": stand_in.completed, "/v1/embeddings": stand_in.embedded}
            return paths[self.path](body) if self.path in paths else failure(404, "no such path")

        def _say(self, answer: Raw) -> None:
            time.sleep(answer.wait_s)
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("content-type", answer.kind)
            self.send_header("content-length", str(answer.promised or len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)
            self.close_connection = answer.promised is not None

        def log_message(self, *args: object) -> None:
            """Not into the output of the tests."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    stand_in.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield stand_in
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _check(body: dict[str, Any], takes_video: bool) -> None:
    """Raises ValidationError or ValueError for what the SDK's types, or a strict server, would not take."""
    messages = [
        {**message, "content": _without_videos(message["content"]) if takes_video else message["content"]}
        for message in body["messages"]
    ]
    checked = _COMPLETION.validate_python({**body, "messages": messages})
    for message in checked["messages"]:  # iterables are validated as they are gone through
        content = message.get("content")
        if content is not None and not isinstance(content, str):
            list(content)
    if unknown := set(body) - set(CompletionCreateParamsNonStreaming.__annotations__):
        raise ValueError(f"unknown fields {unknown}")
    form = body.get("response_format")
    if form is not None:
        schema = form["json_schema"]["schema"]
        if schema["required"] != list(schema["properties"]) or schema["additionalProperties"] is not False:
            raise ValueError("not a strict schema")


def _without_videos(content: Any) -> Any:
    """`video_url` is what vLLM and SGLang added; here it has to be an MP4 in the address itself."""
    if isinstance(content, str):
        return content
    others = []
    for part in content:
        if part["type"] == "video_url":
            head, _, data = part["video_url"]["url"].partition(",")
            if head != "data:video/mp4;base64" or not base64.b64decode(data, validate=True):
                raise ValueError("not an MP4 in a data address")
        else:
            others.append(part)
    return others
