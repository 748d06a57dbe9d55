"""Figures for whoever watches over many requests."""

from __future__ import annotations

from fastapi import APIRouter, Response

from coldreel.api.access import WritersOnly
from coldreel.api.metrics import MEDIA_TYPE
from coldreel.api.parts import TheParts

router = APIRouter(tags=["health"])


@router.get("/metrics", dependencies=[WritersOnly], response_class=Response)
def metrics(parts: TheParts) -> Response:
    """Requests by route and the stages of a feed, for Prometheus. Beyond loopback with the API key."""
    return Response(parts.metrics.exposition(), media_type=MEDIA_TYPE)
