"""How a video reaches Gemini: within the request, uploaded before it, or by the address of a bucket."""

from __future__ import annotations

import io
import mimetypes
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from google.genai import Client
from google.genai.types import Blob, File, FileData, FileState, Part, UploadFileConfig

from coldreel.errors import ColdreelError, ProviderError, UnavailableError
from coldreel.model import Material
from coldreel.understand.gemini.asking import AS_IT_IS
from coldreel.understand.gemini.connection import Connection

INLINE_BYTES = 20_000_000
"""Of a request with the video in it, as base64 (ai.google.dev, "Files API": larger ones are uploaded)."""

MP4 = "video/mp4"
BUCKET = "gs://"
VERTEX_READS = frozenset(
    {
        MP4,
        "video/mpeg",
        "video/quicktime",
        "video/x-flv",
        "video/mpg",
        "video/webm",
        "video/x-ms-wmv",
        "video/3gpp",
    }
)
"""Kinds of video (cloud.google.com, "Video understanding"). Of others the proxy is sent."""

_FIRST_LOOK_S, _LAST_LOOK_S = 0.2, 5.0
"""Between two looks whether an uploaded file is ready."""


def fits(video: bytes, inline_bytes: int) -> bool:
    """Whether it can be a part of the request."""
    return len(video) * 4 / 3 <= inline_bytes


def inline(video: bytes) -> Part:
    return Part(inline_data=Blob(data=video, mime_type=MP4), video_metadata=AS_IT_IS)


@contextmanager
def at_hand(material: Material, connection: Connection, setting: str, inline_bytes: int) -> Iterator[Part]:
    """The video as part of a request, for as long as it is needed.

    Raises ProviderError and its kin, where there is none or it cannot be handed over.
    """
    if connection.is_vertex and (part := _in_bucket(material.uri)) is not None:
        yield part
    elif material.video is None:
        raise ProviderError(
            "There is no video to send: Gemini takes the small video, or on Vertex a gs:// file"
        )
    elif fits(material.video, inline_bytes):
        yield inline(material.video)
    elif connection.is_vertex:
        raise ProviderError(
            f"Even the small video is too large to send ({len(material.video)} bytes), and Vertex takes no "
            "uploads; put the file in a bucket and ingest it from there (gs://…), or use an API key"
        )
    else:
        with _uploaded(material.video, connection, setting) as part:
            yield part


def _in_bucket(uri: str | None) -> Part | None:
    if uri is None or not uri.startswith(BUCKET):
        return None
    kind, _ = mimetypes.guess_type(uri)
    if kind not in VERTEX_READS:
        return None
    return Part(file_data=FileData(file_uri=uri, mime_type=kind), video_metadata=AS_IT_IS)


@contextmanager
def _uploaded(video: bytes, connection: Connection, setting: str) -> Iterator[Part]:
    with connection.asking(setting) as client:
        file = client.files.upload(file=io.BytesIO(video), config=UploadFileConfig(mime_type=MP4))
        try:
            ready = _wait(client, file, connection.settings.call_seconds)
            yield Part(file_data=FileData(file_uri=ready.uri, mime_type=MP4), video_metadata=AS_IT_IS)
        finally:
            # Google deletes it after two days by itself, so this may fail.
            with suppress(ColdreelError), connection.asking(setting):
                client.files.delete(name=file.name or "")


def _wait(client: Client, file: File, most_seconds: float) -> File:
    end, pause = time.monotonic() + most_seconds, _FIRST_LOOK_S
    while file.state is not FileState.ACTIVE:
        if file.state is FileState.FAILED:
            why = file.error.message if file.error is not None else None
            raise ProviderError(f"Gemini cannot read the video that was uploaded: {why or 'no reason given'}")
        if time.monotonic() + pause > end:
            raise UnavailableError(
                f"Gemini did not get an uploaded video ready within {most_seconds:g} seconds "
                "(COLDREEL_CALL_SECONDS); it is asked again"
            )
        time.sleep(pause)
        pause = min(2 * pause, _LAST_LOOK_S)
        file = client.files.get(name=file.name or "")
    return file
