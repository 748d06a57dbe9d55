"""Gemini's protocol as it travels: requests held against the library's own types, replies made of them."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from google.genai import types
from pydantic import BaseModel

from coldreel.understand.hashing import Hashing
from gemini_faults import Call, Fault

PROMPT_TOKENS, ANSWER_TOKENS, THOUGHT_TOKENS, WORD_TOKENS = 1000, 200, 50, 10
MOST_TEXTS = 100


class RefusedError(Exception):
    """An error of Google's form."""

    def __init__(self, code: int, status: str, message: str, *details: Mapping[str, Any]) -> None:
        super().__init__(message)
        self.code, self.details = code, details
        self.body = {"error": {"code": code, "message": message, "status": status, "details": list(details)}}


@dataclass(slots=True)
class File:
    """An upload, or the replies of a batch."""

    name: str
    content: bytes
    mime_type: str
    label: str
    looks: int = 0


@dataclass(slots=True)
class Batch:
    """A job. `replies` names the file of them, once they are there."""

    name: str
    label: str
    model: str
    file: str
    state: str = "BATCH_STATE_RUNNING"
    looks: int = 0
    replies: str | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """A request about a video: where that is, and the whole of it in one spelling."""

    video: types.Part
    body: Mapping[str, Any]


def question(body: Mapping[str, Any]) -> Question:
    """Raises RefusedError, or pydantic's ValidationError, for what is not of the form."""
    only(body, "contents", "generationConfig")
    config = types.GenerationConfig.model_validate(body["generationConfig"])
    contents = [types.Content.model_validate(content) for content in body["contents"]]
    videos = [part for content in contents for part in content.parts or () if part.text is None]
    if len(videos) != 1:
        raise RefusedError(400, "INVALID_ARGUMENT", f"{len(videos)} videos")
    if videos[0].video_metadata is None or videos[0].video_metadata.fps != 1:
        raise RefusedError(400, "INVALID_ARGUMENT", "Not one frame a second")
    spelled = {"contents": [dump(content) for content in contents], "generationConfig": dump(config)}
    return Question(videos[0], spelled)


def inline_video(call: Call) -> bytes:
    """What was sent within a request; empty where the video was elsewhere."""
    data = call.body["contents"][0]["parts"][0].get("inlineData", {}).get("data", "")
    return base64.b64decode(data, altchars=b"-_")


def described(content: bytes) -> dict[str, Any]:
    """An answer that tells videos apart."""
    name = hashlib.sha256(content).hexdigest()[:8]
    return {
        "title": f"Video {name}",
        "tags": ["test", name],
        "genres": ["Tutorial"],
        "description": f"The video whose name is {name}.",
        "language": "de",
        "original_title": f"Film {name}",
        "on_screen_text": "",
    }


def response(call: Call, answer: Mapping[str, Any]) -> dict[str, Any]:
    text, reason = json.dumps(answer), types.FinishReason.STOP
    usage = types.GenerateContentResponseUsageMetadata(
        prompt_token_count=PROMPT_TOKENS,
        candidates_token_count=ANSWER_TOKENS,
        thoughts_token_count=THOUGHT_TOKENS,
    )
    if call.fault is Fault.BLOCKED:
        blocked = types.GenerateContentResponsePromptFeedback(
            block_reason=types.BlockedReason.PROHIBITED_CONTENT
        )
        usage = types.GenerateContentResponseUsageMetadata(prompt_token_count=PROMPT_TOKENS)
        return dump(types.GenerateContentResponse(prompt_feedback=blocked, usage_metadata=usage))
    if call.fault is Fault.NOTHING:
        return dump(types.GenerateContentResponse(usage_metadata=usage))
    if call.fault in (Fault.EMPTY, Fault.STOPPED):
        text = ""
    if call.fault in (Fault.HALF_ANSWER, Fault.MAX_TOKENS):
        text = text[: len(text) // 2]
    if call.fault is Fault.STOPPED:
        reason = types.FinishReason.SAFETY
    if call.fault is Fault.MAX_TOKENS:
        reason = types.FinishReason.MAX_TOKENS
    parts = [types.Part(text="Let me see.", thought=True), types.Part(text=text)]
    candidate = types.Candidate(content=types.Content(role="model", parts=parts), finish_reason=reason)
    return dump(types.GenerateContentResponse(candidates=[candidate], usage_metadata=usage))


def embed_request(method: str, body: dict[str, Any]) -> tuple[list[str], types.EmbedContentConfig]:
    """Each content is one text, however many parts it has."""
    if method == "predict":
        instances = [only(each, "content", "task_type") for each in body["instances"]]
        return [each["content"] for each in instances], types.EmbedContentConfig.model_validate(
            body.get("parameters", {})
        )
    requests = body["requests"] if method == "batchEmbedContents" else [body]
    texts, config = [], types.EmbedContentConfig()
    for each in requests:
        named = only(each, "model", "content", "taskType", "outputDimensionality", "embedContentConfig")
        parts = types.Content.model_validate(named["content"]).parts or []
        texts.append("".join(part.text or "" for part in parts))
        given = {name: each[name] for name in ("taskType", "outputDimensionality") if name in each}
        config = types.EmbedContentConfig.model_validate(given | each.get("embedContentConfig", {}))
    return texts, config


def embed_response(method: str, vectors: list[list[float]], count: int) -> dict[str, Any]:
    tokens = WORD_TOKENS * count
    usage = {"promptTokenCount": tokens}
    embeddings = [dump(types.ContentEmbedding(values=vector)) for vector in vectors]
    if method == "predict":
        return {"predictions": [{"embeddings": each} for each in embeddings]}
    if method == "embedContent":
        return {"embedding": embeddings[0] if embeddings else {}, "usageMetadata": usage}
    return {"embeddings": embeddings, "usageMetadata": usage}


def vectors_of(texts: list[str], dimensions: int, fault: Fault | None) -> list[list[float]]:
    """Near each other as the words are, none far from any, and not of norm one: as the model's are."""
    if fault is Fault.SHORT_VECTORS:
        dimensions //= 2
    rows = Hashing(dimensions).embed(texts).astype(np.float64)
    rows = 0.6 * (np.sqrt(0.4 / dimensions) + np.sqrt(0.6) * rows)
    if fault is Fault.ZERO_VECTORS:
        rows = np.zeros_like(rows)
    return [[float(value) for value in row] for row in rows[1 if fault is Fault.FEWER_VECTORS else 0 :]]


def operation(batch: Batch) -> dict[str, Any]:
    """Batches travel as long-running operations (google.longrunning.Operation)."""
    metadata: dict[str, Any] = {
        "@type": "type.googleapis.com/google.ai.generativelanguage.v1main.GenerateContentBatch",
        "name": batch.name,
        "displayName": batch.label,
        "model": f"models/{batch.model}",
        "state": batch.state,
        "createTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }
    if batch.replies is not None:
        metadata["output"] = {"responsesFile": batch.replies}
    return {"name": batch.name, "metadata": metadata, "done": "RUNNING" not in batch.state}


def only(body: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    """Google refuses names that it does not know."""
    if unknown := set(body) - set(names):
        raise RefusedError(400, "INVALID_ARGUMENT", f"Unknown name {unknown}")
    return body


def dump(model: BaseModel) -> dict[str, Any]:
    dumped: dict[str, Any] = model.model_dump(mode="json", by_alias=True, exclude_none=True)
    return dumped
