"""The feed and what users send back."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from coldreel.api.access import TheUser
from coldreel.api.answers import written
from coldreel.api.parts import TheParts
from coldreel.api.schemas import FeedbackIn, FeedItemOut, FeedOut, ReceiptOut, RefusalOut
from coldreel.ingest.metadata import split_tags
from coldreel.learn.feedback import take
from coldreel.model import Policy

router = APIRouter(prefix="/api", tags=["feed"])

_CENTURY_S = 100 * 365.25 * 86_400


@router.get("/feed", response_model=FeedOut)
def feed(
    parts: TheParts,
    user: TheUser,
    response: Response,
    n: Annotated[int | None, Query(ge=1, le=50)] = None,
    exclude_tags: Annotated[
        str, Query(max_length=2_000, description="And genres; separated by commas, or by ;, or by |")
    ] = "",
    min_age_s: Annotated[
        float, Query(ge=0, le=_CENTURY_S, description="Seconds since it was taken in")
    ] = 0.0,
    with_sound: Annotated[bool, Query(description="Only videos with sound")] = False,
    max_duration_s: Annotated[float | None, Query(gt=0, description="Seconds")] = None,
) -> Response:
    """The next page for a user: what it has not seen, most likely to its taste, with a reason each.

    The last four say what this page may hold, beside what the deployment allows.
    """
    policy = Policy(split_tags(exclude_tags), min_age_s, with_sound, max_duration_s)
    page = parts.recommendations.feed(user, n or parts.page_size, policy)
    again = [place.item.id for place in page.items if place.again]  # nothing else can be liked already
    liked = parts.store.users.liked(parts.store.users.ensure(user), again) if again else set[int]()
    items = [FeedItemOut.at(place, liked) for place in page.items]
    return written(FeedOut(request_id=page.request_id, user=user, items=items), response)


@router.post("/feedback")
def feedback(parts: TheParts, user: TheUser, batch: FeedbackIn) -> ReceiptOut:
    """Take what a user did. Idempotent: resend the batch when the answer was lost.

    An event that is wrong is named with the reason, and loses none of the others.
    """
    receipt = take(parts.store, [event.by(user) for event in batch.read()], parts.clock())
    return ReceiptOut(
        accepted=receipt.accepted,
        duplicates=receipt.duplicates,
        refused=batch.refused() + [RefusalOut.of(refusal) for refusal in receipt.refused],
        clamped=receipt.clamped,
    )
