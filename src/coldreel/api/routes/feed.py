"""The feed and what users send back."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from coldreel.api.access import TheUser
from coldreel.api.parts import TheParts
from coldreel.api.schemas import FeedbackIn, FeedItemOut, FeedOut, ReceiptOut, RefusalOut
from coldreel.learn.feedback import take

router = APIRouter(prefix="/api", tags=["feed"])


@router.get("/feed")
def feed(parts: TheParts, user: TheUser, n: Annotated[int | None, Query(ge=1, le=50)] = None) -> FeedOut:
    """The next page for a user: what it has not seen, most likely to its taste, with a reason each."""
    page = parts.recommendations.feed(user, n or parts.page_size)
    id_ = parts.store.users.ensure(user)
    liked = parts.store.users.liked(id_, [place.item.id for place in page.items])
    return FeedOut(
        request_id=page.request_id, user=user, items=[FeedItemOut.at(place, liked) for place in page.items]
    )


@router.post("/feedback")
def feedback(parts: TheParts, user: TheUser, batch: FeedbackIn) -> ReceiptOut:
    """Take what a user did. Idempotent: resend the batch when the answer was lost.

    An event that is wrong is named with the reason, and loses none of the others.
    """
    receipt = take(
        parts.store,
        parts.store.spaces.active(),
        [event.by(user) for event in batch.read()],
        parts.clock(),
        parts.feedback,
    )
    return ReceiptOut(
        accepted=receipt.accepted,
        duplicates=receipt.duplicates,
        refused=batch.refused() + [RefusalOut.of(refusal) for refusal in receipt.refused],
        clamped=receipt.clamped,
    )
