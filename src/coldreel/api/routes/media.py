"""The bytes: videos by range requests, posters and strips."""

from __future__ import annotations

import re
from pathlib import Path

from fastapi import APIRouter, Depends, Request
from fastapi.responses import FileResponse

from coldreel.api.parts import TheParts
from coldreel.errors import NotPlayableError

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

_TYPES = {"webm": "video/webm"}
_DAY = {"Cache-Control": "private, max-age=86400"}


@router.head("/{ref}/video", include_in_schema=False)
@router.get("/{ref}/video", response_class=FileResponse)
def video(parts: TheParts, ref: str) -> FileResponse:
    """What browsers play: the file itself, or the rendition made from it."""
    media = parts.store.items.media(ref)
    if media.playback == "rendition":
        path, kind = parts.derived.rendition(media.content_hash), "video/mp4"
    elif media.playback == "source" and media.uri is not None:
        path, kind = Path(media.uri), _TYPES.get(media.container, "video/mp4")
    else:
        raise NotPlayableError
    return _file(path, kind)


@router.head("/{ref}/poster", include_in_schema=False)
@router.get("/{ref}/poster", response_class=FileResponse)
def poster(parts: TheParts, ref: str) -> FileResponse:
    """A picture of the video."""
    return _file(parts.derived.poster(parts.store.items.media(ref).content_hash), "image/webp")


@router.head("/{ref}/strip", include_in_schema=False)
@router.get("/{ref}/strip", response_class=FileResponse)
def strip(parts: TheParts, ref: str) -> FileResponse:
    """A few pictures of the video side by side."""
    return _file(parts.derived.strip(parts.store.items.media(ref).content_hash), "image/webp")


def _file(path: Path, kind: str) -> FileResponse:
    if not path.is_file():
        raise NotPlayableError(
            "The file is not there (any more); `coldreel ingest --retry` on its folder makes it"
        )
    return FileResponse(path, media_type=kind, headers=_DAY)
