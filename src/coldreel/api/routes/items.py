"""Items: list, show, similar, search, upload, delete."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request, Response, UploadFile

from coldreel.api.access import WritersOnly, access_of
from coldreel.api.parts import Parts, TheParts
from coldreel.api.schemas import (
    ItemOut,
    ItemsOut,
    SearchHitOut,
    SearchOut,
    SimilarOut,
    SimilarsOut,
    UploadOut,
)
from coldreel.ingest.forgetting import forget
from coldreel.ingest.metadata import split_tags
from coldreel.ingest.receiving import receive
from coldreel.model import Given

router = APIRouter(prefix="/api", tags=["items"])

Count = Annotated[int, Query(ge=1, le=100)]


@router.get("/items")
def items(parts: TheParts, request: Request, n: Count = 20, before: int | None = None) -> ItemsOut:
    """The catalogue, newest first; `before` is `next` of the page before."""
    found = parts.store.items.newest(n + 1, before)
    following = found[n - 1].id if len(found) > n else None
    found = found[:n]
    liked = _liked(parts, request, [item.id for item in found])
    return ItemsOut(items=[ItemOut.of(item, liked) for item in found], next=following)


@router.get("/items/{ref}")
def item(parts: TheParts, request: Request, ref: str) -> ItemOut:
    """One item."""
    found = parts.store.items.find(ref)
    return ItemOut.of(found, _liked(parts, request, [found.id]))


@router.get("/items/{ref}/similar")
@router.get("/item-to-item/similar/{ref}")
def similar(parts: TheParts, request: Request, ref: str, n: Count = 10) -> SimilarsOut:
    """The item itself and its nearest, with exact cosines."""
    found = parts.recommendations.similar(ref, n)
    liked = _liked(parts, request, [hit.item.id for hit in found])
    return SimilarsOut(
        items=[
            SimilarOut.of(hit.item, liked, cosine_similarity=round(hit.cosine_similarity, 6)) for hit in found
        ]
    )


@router.get("/search")
def search(
    parts: TheParts, request: Request, q: Annotated[str, Query(min_length=1, max_length=500)], n: Count = 20
) -> SearchOut:
    """Items that answer these words; none for nonsense."""
    found = parts.recommendations.search(q, n)
    liked = _liked(parts, request, [hit.item.id for hit in found])
    return SearchOut(items=[SearchHitOut.of(hit.item, liked, score=round(hit.score, 6)) for hit in found])


@router.post("/items", status_code=202, dependencies=[WritersOnly])
def upload(
    parts: TheParts,
    file: UploadFile,
    title: Annotated[str, Form(max_length=500)] = "",
    tags: Annotated[str, Form(max_length=2_000, description="Separated by ; or | or commas")] = "",
    creator: Annotated[str, Form(max_length=200)] = "",
    language: Annotated[str, Form(max_length=35)] = "",
) -> UploadOut:
    """Take a video in. It is recommended as soon as a worker has watched it."""
    given = Given(
        title=title or None, tags=split_tags(tags), creator=creator or None, language=language or None
    )
    received = receive(
        parts.store, parts.uploads, file.file, file.filename or "", given, parts.max_upload_bytes
    )
    return UploadOut(ref=received.ref, source=received.source)


@router.delete("/items/{ref}", status_code=204, response_class=Response, dependencies=[WritersOnly])
def delete(parts: TheParts, ref: str) -> None:
    """Forget an item, all that was derived from it and its uploaded file; a file elsewhere stays.

    It is not taken in again.
    """
    forget(parts.store, parts.derived, parts.uploads, ref)


def _liked(parts: Parts, request: Request, ids: list[int]) -> set[int]:
    """Which of these the user of the cookie likes; reading makes nobody a user."""
    name = access_of(request).user_of(request)
    user = parts.store.users.find(name) if name else None
    return parts.store.users.liked(user.id, ids) if user else set()
