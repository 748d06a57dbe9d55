"""Feeds that were served, seen and judged, made by hand and written at one go."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import numpy as np

from coldreel.model import EventKind
from coldreel.store.store import Store
from event_ids import uuid7

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Said:
    """What a viewer did, so long after it was served."""

    kind: EventKind
    watched_s: float | None = None
    after: timedelta = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Served:
    """A place of a feed, and what was said of it."""

    user: int
    item: int
    at: datetime
    said: Sequence[Said] = ()
    parts: Mapping[str, float] = field(default_factory=dict)
    slot: str = "main"
    origin: str = "interest"
    propensity: float | None = None
    request_id: UUID = field(default_factory=uuid4)


def write(store: Store, places: Sequence[Served]) -> None:
    store.database.execute(
        b"insert into impressions (request_id, position, user_id, item, slot, origin, score, parts,"
        b" model_version, served_at, propensity, space)"
        b" select request_id, 0, user_id, item, slot, origin, 0.5, parts, 'shipped-1', at, propensity,"
        b" (select id from spaces where active)"
        b" from unnest(%(request_ids)s::uuid[], %(users)s::bigint[], %(items)s::bigint[], %(slots)s::text[],"
        b" %(origins)s::text[], %(parts)s::jsonb[], %(ats)s::timestamptz[],"
        b" %(propensities)s::double precision[])"
        b" as u (request_id, user_id, item, slot, origin, parts, at, propensity)",
        {
            "request_ids": [place.request_id for place in places],
            "users": [place.user for place in places],
            "items": [place.item for place in places],
            "slots": [place.slot for place in places],
            "origins": [place.origin for place in places],
            "parts": [json.dumps(dict(place.parts)) for place in places],
            "ats": [place.at for place in places],
            "propensities": [place.propensity for place in places],
        },
    )
    events = [(place, said) for place in places for said in place.said]
    store.database.execute(
        b"insert into events (event_id, user_id, item, kind, watched_s, request_id, at)"
        b" select * from unnest(%(ids)s::uuid[], %(users)s::bigint[], %(items)s::bigint[], %(kinds)s::text[],"
        b" %(watched)s::real[], %(request_ids)s::uuid[], %(ats)s::timestamptz[])",
        {
            "ids": [uuid7(place.at + said.after, salt) for salt, (place, said) in enumerate(events)],
            "users": [place.user for place, _ in events],
            "items": [place.item for place, _ in events],
            "kinds": [str(said.kind) for _, said in events],
            "watched": [said.watched_s for _, said in events],
            "request_ids": [place.request_id for place, _ in events],
            "ats": [place.at + said.after for place, said in events],
        },
    )


def tasteful(
    users: Sequence[int],
    items: Sequence[int],
    n: int,
    days: float,
    rng: np.random.Generator,
    now: datetime = NOW,
) -> list[Served]:
    """n places, the viewers of which are pleased the more, the less the content fits: nothing like what is
    shipped. All items are six seconds long: pleased ones are watched whole, the others for three seconds."""
    fits = rng.uniform(0, 1, n)
    pleased = rng.random(n) < 1 / (1 + np.exp(2.0 - 3.0 * (1 - fits)))
    return [
        Served(
            users[int(rng.integers(len(users)))],
            items[int(rng.integers(len(items)))],
            now - timedelta(hours=1) - timedelta(days=days * float(rng.random())),
            [Said(EventKind.VIEW, 6.0 if liked else 3.0)],
            {"bias": 1.0, "content_fit": round(float(fit), 6)},
        )
        for fit, liked in zip(fits, pleased, strict=True)
    ]
