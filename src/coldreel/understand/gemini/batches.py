"""Batches: many videos asked about at once, answered within a day and at half the price.

Requests and replies travel as files of lines of JSON, which Google deletes after two days.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import Any

from google.genai.types import BatchJob, CreateBatchJobConfig, JobState, ListBatchJobsConfig, UploadFileConfig
from pydantic import ValidationError

from coldreel.errors import BadAnswerError, BatchLostError, ColdreelError, ProviderError
from coldreel.model import Material
from coldreel.understand.contract import BatchService
from coldreel.understand.gemini import tokens
from coldreel.understand.gemini.asking import for_a_batch, question
from coldreel.understand.gemini.connection import Connection
from coldreel.understand.gemini.failures import of_status
from coldreel.understand.gemini.reading import read
from coldreel.understand.gemini.tokens import Prices
from coldreel.understand.gemini.videos import INLINE_BYTES, fits, inline
from coldreel.understand.metering import Order, Reply

MOST_BYTES = 100_000_000
"""Of one batch. Google takes files of 2 GB; this much is held in memory at once, some 750 proxies."""

JSON_LINES = "application/jsonl"
PAGE = 100

ANSWERED = frozenset({JobState.JOB_STATE_SUCCEEDED, JobState.JOB_STATE_PARTIALLY_SUCCEEDED})
FAILED = frozenset({JobState.JOB_STATE_FAILED, JobState.JOB_STATE_CANCELLED, JobState.JOB_STATE_EXPIRED})


class GeminiBatches(BatchService):
    """Only with an API key: Vertex takes batches from buckets."""

    most_bytes = MOST_BYTES

    def __init__(self, connection: Connection, setting: str) -> None:
        """setting: the name of the setting that chose the model"""
        self._connection, self._setting = connection, setting

    def order(self, material: Material) -> Order:
        settings = self._connection.settings
        return tokens.order(settings, material, Prices.of_batches(settings))

    def request(self, material: Material) -> bytes:
        """One line of JSON. Raises ProviderError for a video that cannot be part of one."""
        if material.video is None or not fits(material.video, INLINE_BYTES):
            raise ProviderError("This video is too large for a batch, or is not there; ask about it alone")
        asked = question(inline(material.video), material.transcript)
        return json.dumps(
            {
                "contents": [asked.model_dump(mode="json", by_alias=True, exclude_none=True)],
                "generationConfig": for_a_batch().model_dump(mode="json", by_alias=True, exclude_none=True),
            }
        ).encode()

    def send(self, label: str, requests: Mapping[str, bytes]) -> str:
        lines = io.BytesIO(
            b"".join(
                b'{"key": %s, "request": %s}\n' % (json.dumps(key).encode(), body)
                for key, body in requests.items()
            )
        )
        with self._connection.asking(self._setting) as client:
            file = client.files.upload(
                file=lines, config=UploadFileConfig(mime_type=JSON_LINES, display_name=label)
            )
            job = client.batches.create(
                model=self._connection.settings.gemini_model,
                src=file.name or "",
                config=CreateBatchJobConfig(display_name=label),
            )
        if job.name is None:
            raise BadAnswerError("Gemini took a batch and gave it no name; it is looked for by its label")
        return job.name

    def find(self, label: str) -> str | None:
        """The newest one under that label, which came to something or still may."""
        with self._connection.asking(self._setting) as client:
            for job in client.batches.list(config=ListBatchJobsConfig(page_size=PAGE)):
                if job.display_name == label and job.state not in FAILED:
                    return job.name
        return None

    def collect(self, name: str) -> Mapping[str, Reply | ColdreelError] | None:
        """A reply of no use carries its error; a request that was never answered is an error by itself."""
        lines = self._lines(name)
        if lines is None:
            return None
        prices = Prices.of_batches(self._connection.settings)
        return dict(self._read(line, prices) for line in lines.splitlines() if line.strip())

    def _lines(self, name: str) -> bytes | None:
        """The replies, one a line; None while there are none."""
        with self._connection.asking(self._setting) as client:
            job = client.batches.get(name=name)
            if job.state in FAILED:
                raise BatchLostError(f"The batch {name} came to nothing ({_state(job)}); it is sent anew")
            if job.state not in ANSWERED:
                return None
            if job.dest is None or job.dest.file_name is None:
                raise BatchLostError(f"The batch {name} is done, and there are no replies; it is sent anew")
            return client.files.download(file=job.dest.file_name)

    def _read(self, line: bytes, prices: Prices) -> tuple[str, Reply | ColdreelError]:
        said: dict[str, Any] = json.loads(line)
        key = str(said["key"])
        if "response" not in said:
            error = said.get("error") or {}
            return key, of_status(int(error.get("code", 500)), str(error.get("message", "")), self._setting)
        try:
            return key, read(said["response"], prices)
        except ValidationError as error:
            return key, BadAnswerError(f"Gemini's reply cannot be read: {error.errors()[0]['msg']}")


def _state(job: BatchJob) -> str:
    state = job.state.value if job.state is not None else "no state"
    return f"{state}: {job.error.message}" if job.error is not None and job.error.message else state
