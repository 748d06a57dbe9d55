"""What is kept of a user: given out and erased on request."""

from __future__ import annotations

from dataclasses import asdict

from fastapi import APIRouter, Request, Response

from coldreel.api.access import access_of
from coldreel.api.parts import TheParts
from coldreel.api.schemas import PastEventOut, UserOut
from coldreel.errors import ForbiddenError, UnknownUserError
from coldreel.learn.feedback import rules_in_use
from coldreel.learn.forgetting import forget

router = APIRouter(prefix="/api/users", tags=["users"])


@router.get("/{ref}")
def export(parts: TheParts, request: Request, ref: str) -> UserOut:
    """All events of a user, for the user itself or with the API key."""
    _allow(request, ref)
    user = parts.store.users.find(ref)
    if user is None:
        raise UnknownUserError
    events = [PastEventOut(**asdict(event)) for event in parts.store.users.events(user.id)]
    hidden = parts.store.users.hidden_creators(user.id)
    return UserOut(user=user.ref, created_at=user.created_at, hidden_creators=hidden, events=events)


@router.delete("/{ref}", status_code=204, response_class=Response)
def erase(parts: TheParts, request: Request, ref: str) -> None:
    """Forget a user with events, impressions and interests; what it did counts for no item any more."""
    _allow(request, ref)
    if not forget(parts.store, ref, parts.clock(), rules_in_use(parts.store).counts):
        raise UnknownUserError


def _allow(request: Request, ref: str) -> None:
    access = access_of(request)
    if access.user_of(request) != ref and not access.is_trusted(request):
        raise ForbiddenError
