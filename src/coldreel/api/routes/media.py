"""The bytes: videos by range requests, posters and strips."""

from __future__ import annotations

import re
from pathlib import Path

from fastapi import APIRouter, Depends, Request
from fastapi.responses import FileResponse

from coldreel.api.parts import TheParts
from coldreel.errors import NotPlayableError
from coldreel.media.signatures import HEAD_BYTES, container_kind

_RANGE = re.compile(
    r"bytes *= *(?:\d{1,18}-\d{0,18}|-\d{1,18})(?: *, *(?:\d{1,18}-\d{0,18}|-\d{1,18}))*", re.IGNORECASE
)


def _forget_an_odd_range(request: Request) -> None:
    """A range in another unit, or that makes no sense, is answered with the whole (RFC 9110, 14.2)."""
    given = request.headers.get("range", "").strip()
    if _RANGE.fullmatch(given) is None or any(
        int(last) < int(first) for first, last in re.findall(r"(\d+)-(\d+)", given)
    ):
        request.scope["headers"] = [line for line in request.scope["headers"] if line[0] != b"range"]


router = APIRouter(prefix="/media", tags=["media"], dependencies=[Depends(_forget_an_odd_range)])

_WEBM, _MP4 = "video/webm", "video/mp4"
_DAY = {"Cache-Control": "private, max-age=86400"}
_GONE = "The file is not at its place any more; bring it back and `coldreel ingest` its folder"
_NOT_MADE = "The file is not there (any more); `coldreel ingest --retry` on its folder makes it"


@router.head("/{ref}/video", include_in_schema=False)
@router.get("/{ref}/video", response_class=FileResponse)
def video(parts: TheParts, ref: str) -> FileResponse:
    """What browsers play: the file itself, or the rendition made from it."""
    media = parts.store.items.media(ref)
    if media.playback == "rendition":
        path = _present(parts.derived.rendition(media.content_hash), _NOT_MADE)
        return _bytes(path, _type_of(path))
    if media.playback == "source" and media.uri is not None:
        path = _present(Path(media.uri), _GONE)
        return _bytes(path, _WEBM if media.container == "webm" else _MP4)
    raise NotPlayableError


@router.head("/{ref}/poster", include_in_schema=False)
@router.get("/{ref}/poster", response_class=FileResponse)
def poster(parts: TheParts, ref: str) -> FileResponse:
    """A picture of the video."""
    return _picture(parts.derived.poster(parts.store.items.media(ref).content_hash))


@router.head("/{ref}/strip", include_in_schema=False)
@router.get("/{ref}/strip", response_class=FileResponse)
def strip(parts: TheParts, ref: str) -> FileResponse:
    """A few pictures of the video side by side."""
    return _picture(parts.derived.strip(parts.store.items.media(ref).content_hash))


def _type_of(rendition: Path) -> str:
    """By its first bytes: of a remote file that browsers play as it is, the rendition is a copy."""
    with rendition.open("rb") as file:
        return _WEBM if container_kind(file.read(HEAD_BYTES)) == "webm" else _MP4


def _picture(path: Path) -> FileResponse:
    return _bytes(_present(path, _NOT_MADE), "image/webp")


def _present(path: Path, otherwise: str) -> Path:
    if not path.is_file():
        raise NotPlayableError(otherwise)
    return path


def _bytes(path: Path, kind: str) -> FileResponse:
    return FileResponse(path, media_type=kind, headers=_DAY)
