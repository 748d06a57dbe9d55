"""A server on loopback that speaks the part of Gemini's protocol that coldreel uses, both ways of it.

What it receives is held against the library's own types, and what it answers is made of them. It can be asked
to go wrong, by a plan that depends on nothing but the content and how often that was asked before: so many
processes can use it at once and still see the same. What it was asked is in `calls`.

    with GeminiStandIn(plan=tenths()) as gemini:
        settings = Settings(provider="gemini", gemini_api_key=KEY, gemini_base_url=gemini.url)
"""

from __future__ import annotations

import hashlib
import json
import re
import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import parse_qs, urlsplit

import certifi
import pytest
from google.genai import types
from pydantic import ValidationError

from gemini_faults import DESCRIBING, EMBEDDING, UPLOADING, Call, Fault, Plan, fine
from gemini_wire import (
    MOST_TEXTS,
    Batch,
    File,
    Question,
    RefusedError,
    described,
    dump,
    embed_request,
    embed_response,
    only,
    operation,
    question,
    response,
    vectors_of,
)

T = TypeVar("T")

KEY = "a-key-for-tests"
TOKEN = "a-token-for-tests"
KNOWN = re.compile(r"gemini-[\w.-]+|text-embedding-\d+")
"""Models that are there."""
RETRY_AFTER_S, RETRY_DELAY_S = 1, 2.5
"""What a rate limit says, in its header and in its body."""


def quick_clients(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Clients here speak plain HTTP; without this each would read all the world's certificates first."""
    first, end, _ = Path(certifi.where()).read_text().partition("-----END CERTIFICATE-----")
    (folder / "one.pem").write_text(first + end)
    monkeypatch.setenv("SSL_CERT_FILE", str(folder / "one.pem"))


class GeminiStandIn:
    """The server; `url` is what COLDREEL_GEMINI_BASE_URL is set to.

    plan:       what goes wrong
    answer:     what is seen in a video; by default `described`
    file_looks: how often an uploaded file is looked at before it is ready
    batch_looks: how often a batch is looked at before it is done; None: until `finish`
    """

    def __init__(
        self,
        plan: Plan = fine,
        answer: Callable[[bytes], Mapping[str, Any]] = described,
        file_looks: int = 1,
        batch_looks: int | None = 1,
    ) -> None:
        self.plan, self.answer = plan, answer
        self.file_looks, self.batch_looks = file_looks, batch_looks
        self.calls: list[Call] = []
        self.files: dict[str, File] = {}
        self.batches: dict[str, Batch] = {}
        self.deleted: list[str] = []
        self.page_size: int | None = None
        self.over = threading.Event()
        self._before: Counter[tuple[str, bytes]] = Counter()
        self._lock = threading.Lock()
        self._server = _Server(self)

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.over.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def asked(self, purpose: str = DESCRIBING) -> list[Call]:
        with self._lock:
            return [call for call in self.calls if call.purpose == purpose]

    def finish(self, state: str = "BATCH_STATE_SUCCEEDED") -> None:
        """All batches come to this end."""
        with self._lock:
            for batch in self.batches.values():
                batch.state = state

    def note(self, purpose: str, content: bytes, model: str, body: Mapping[str, Any]) -> Call:
        with self._lock:
            before = self._before[purpose, content]
            self._before[purpose, content] += 1
            call = Call(purpose, content, before, model, body)
            call = Call(purpose, content, before, model, body, self.plan(call))
            self.calls.append(call)
            return call

    def ask(self, model: str, asked: Question) -> Call:
        """About a video, wherever it is."""
        inline, file = asked.video.inline_data, asked.video.file_data
        if inline is not None:
            return self.note(DESCRIBING, inline.data or b"", model, asked.body)
        uri = (file.file_uri if file is not None else None) or ""
        content = uri.encode()
        if not uri.startswith("gs://"):
            content = _found(self.files.get(uri.partition("/v1/")[2]), uri).content
        return self.note(DESCRIBING, content, model, asked.body)

    def keep(self, file: File) -> File:
        with self._lock:
            self.files[file.name] = file
            return file

    def look(self, name: str) -> File | None:
        """A file gets ready while it is looked at."""
        with self._lock:
            file = self.files.get(name)
            if file is not None:
                file.looks += 1
            return file

    def remove(self, name: str) -> None:
        with self._lock:
            self.files.pop(name, None)
            self.deleted.append(name)

    def start(self, model: str, label: str, file: str) -> Batch:
        with self._lock:
            batch = Batch(f"batches/b{len(self.batches) + 1}", label, model, file)
            self.batches[batch.name] = batch
            return batch

    def look_at_batch(self, name: str) -> Batch | None:
        batch = self.batches.get(name)
        if batch is None:
            return None
        batch.looks += 1
        if self.batch_looks is not None and batch.looks > self.batch_looks and "RUNNING" in batch.state:
            batch.state = "BATCH_STATE_SUCCEEDED"
        if "SUCCEEDED" in batch.state and batch.replies is None:
            batch.replies = self._reply_to(batch)
        return batch

    def _reply_to(self, batch: Batch) -> str:
        lines = []
        for line in self.files[batch.file].content.splitlines():
            asked = json.loads(line)
            call = self.ask(batch.model, question(asked["request"]))
            if (status := _STATUS.get(call.fault)) is not None:
                lines.append({"key": asked["key"], "error": {"code": status[0], "message": status[2]}})
            else:
                lines.append({"response": response(call, self.answer(call.content)), "key": asked["key"]})
        text = "\n".join(json.dumps(line) for line in lines).encode()
        return self.keep(File(f"files/replies-{len(self.files)}", text, "", "jsonl")).name


_STATUS: dict[Fault | None, tuple[int, str, str]] = {
    Fault.RATE_LIMITED: (429, "RESOURCE_EXHAUSTED", "You exceeded your current quota."),
    Fault.RATE_LIMITED_IN_BODY: (429, "RESOURCE_EXHAUSTED", "You exceeded your current quota."),
    Fault.SERVER_ERROR: (500, "INTERNAL", "An internal error has occurred."),
    Fault.OVERLOADED: (503, "UNAVAILABLE", "The model is overloaded."),
    Fault.INVALID: (400, "INVALID_ARGUMENT", "Unable to process input video."),
    Fault.FORBIDDEN: (403, "PERMISSION_DENIED", "The caller does not have permission."),
}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, stand_in: GeminiStandIn) -> None:
        self.stand_in = stand_in
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Quiet: what was asked is in `calls`."""

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def _serve(self) -> None:
        size = int(self.headers.get("content-length") or 0)
        body = self.rfile.read(size)
        try:
            self._route(urlsplit(self.path).path, body)
        except RefusedError as refused:
            headers = {}
            if refused.code == 429 and not refused.details:
                headers["Retry-After"] = str(RETRY_AFTER_S)
            self._send(refused.body, refused.code, headers)
        except ValidationError as error:
            self._send(RefusedError(400, "INVALID_ARGUMENT", f"Not of the form: {error}").body, 400)

    def _route(self, path: str, body: bytes) -> None:
        stand_in = self.server.stand_in
        if path.startswith("/v1beta1/projects/"):
            if self.headers.get("authorization") != f"Bearer {TOKEN}":
                raise RefusedError(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.")
        elif path != "/upload-to" and self.headers.get("x-goog-api-key") != KEY:
            reason = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}
            raise RefusedError(
                400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", reason
            )
        where = f"{self.command} {re.sub(r'^/v1(beta1/projects/[^/]+/locations/[^/]+)?/', '', path)}"
        if asked := re.fullmatch(r"POST (?:publishers/google/)?models/([^:]+):(\w+)", where):
            self._of_model(asked[1], asked[2], json.loads(body))
        elif where == "POST /upload/v1/files":
            self._begin_upload(json.loads(body))
        elif where == "POST /upload-to":
            self._upload(body)
        elif where == "GET batches":
            self._list_batches()
        elif asked := re.fullmatch(r"GET (batches/\w+)", where):
            batch = stand_in.look_at_batch(asked[1])
            self._send(operation(_found(batch, asked[1])))
        elif asked := re.fullmatch(r"GET (files/[\w-]+):download", where):
            self._send_bytes(_found(stand_in.look(asked[1]), asked[1]).content, 200, {})
        elif asked := re.fullmatch(r"GET (files/[\w-]+)", where):
            self._send(self._file(_found(stand_in.look(asked[1]), asked[1])))
        elif asked := re.fullmatch(r"DELETE (files/[\w-]+)", where):
            stand_in.remove(asked[1])
            self._send({})
        else:
            raise RefusedError(404, "NOT_FOUND", f"There is no {where}")

    def _of_model(self, model: str, method: str, body: dict[str, Any]) -> None:
        stand_in = self.server.stand_in
        if not KNOWN.fullmatch(model):
            raise RefusedError(404, "NOT_FOUND", f"models/{model} is not found for API version v1.")
        if method == "generateContent":
            call = stand_in.ask(model, question(body))
            self._go_wrong(call)
            self._send(response(call, stand_in.answer(call.content)), fault=call.fault)
        elif method == "batchGenerateContent":
            batch = only(body["batch"], "displayName", "inputConfig")
            file = stand_in.files[batch["inputConfig"]["fileName"]]
            for line in file.content.splitlines():
                question(only(json.loads(line), "key", "request")["request"])
            self._send(operation(stand_in.start(model, batch["displayName"], file.name)))
        elif method in ("batchEmbedContents", "embedContent", "predict"):
            self._embed(model, method, body)
        else:
            raise RefusedError(404, "NOT_FOUND", f"There is no method {method}")

    def _embed(self, model: str, method: str, body: dict[str, Any]) -> None:
        texts, config = embed_request(method, body)
        if len(texts) > MOST_TEXTS:
            raise RefusedError(
                400, "INVALID_ARGUMENT", "BatchEmbedContentsRequest.requests: at most 100 requests"
            )
        call = self.server.stand_in.note(EMBEDDING, "\n".join(texts).encode(), model, body)
        self._go_wrong(call)
        vectors = vectors_of(texts, config.output_dimensionality or 3072, call.fault)
        self._send(embed_response(method, vectors, len(texts)), fault=call.fault)

    def _begin_upload(self, body: dict[str, Any]) -> None:
        types.File.model_validate(only(body, "file")["file"])
        if self.headers["x-goog-upload-protocol"] != "resumable":
            raise RefusedError(400, "INVALID_ARGUMENT", "Uploads are resumable")
        mime_type = self.headers["x-goog-upload-header-content-type"]
        label = body["file"].get("displayName", "")
        query = f"size={self.headers['x-goog-upload-header-content-length']}&type={mime_type}&label={label}"
        self._send({}, headers={"x-goog-upload-url": f"{self.server.stand_in.url}/upload-to?{query}"})

    def _upload(self, body: bytes) -> None:
        stand_in = self.server.stand_in
        asked = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        if len(body) != int(asked["size"]) or self.headers["x-goog-upload-command"] != "upload, finalize":
            raise RefusedError(400, "INVALID_ARGUMENT", "Not the whole file")
        call = stand_in.note(UPLOADING, body, "", {})
        self._go_wrong(call)
        name = f"files/{hashlib.sha256(body).hexdigest()[:12]}-{call.before}"
        file = stand_in.keep(File(name, body, asked["type"], asked.get("label", "")))
        self._send({"file": self._file(file)}, headers={"x-goog-upload-status": "final"})

    def _file(self, file: File) -> dict[str, Any]:
        is_ready = file.looks >= self.server.stand_in.file_looks
        state = types.FileState.ACTIVE if is_ready else types.FileState.PROCESSING
        if b"unreadable" in file.content:
            state = types.FileState.FAILED
        return dump(
            types.File(
                name=file.name,
                uri=f"{self.server.stand_in.url}/v1/{file.name}",
                mime_type=file.mime_type,
                size_bytes=len(file.content),
                state=state,
            )
        )

    def _list_batches(self) -> None:
        stand_in = self.server.stand_in
        asked = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        newest = list(stand_in.batches.values())[::-1]
        start, size = int(asked.get("pageToken", 0)), stand_in.page_size or int(asked.get("pageSize", 10))
        page: dict[str, Any] = {"operations": [operation(batch) for batch in newest[start : start + size]]}
        if start + size < len(newest):
            page["nextPageToken"] = str(start + size)
        self._send(page)

    def _go_wrong(self, call: Call) -> None:
        if call.fault is Fault.SLOW:
            self.server.stand_in.over.wait()
        if (status := _STATUS.get(call.fault)) is not None:
            retry = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": f"{RETRY_DELAY_S}s"}
            in_body = call.fault is Fault.RATE_LIMITED_IN_BODY
            raise RefusedError(*status, *([retry] if in_body else []))

    def _send(
        self,
        body: Mapping[str, Any],
        code: int = 200,
        headers: Mapping[str, str] | None = None,
        fault: Fault | None = None,
    ) -> None:
        text = json.dumps(body).encode()
        if fault is Fault.HALF_JSON:
            text = text[: len(text) // 2]
        self._send_bytes(text, code, headers or {}, is_cut=fault is Fault.CUT)

    def _send_bytes(self, text: bytes, code: int, headers: Mapping[str, str], is_cut: bool = False) -> None:
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        if not is_cut:
            self.wfile.write(text)
            return
        self.wfile.write(text[: len(text) // 2])
        self.wfile.flush()
        linger = struct.pack("ii", 1, 0)  # a reset, as from a machine that fell over
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.close_connection = True


def _found(thing: T | None, name: str) -> T:
    if thing is None:
        raise RefusedError(404, "NOT_FOUND", f"{name} is not there")
    return thing
