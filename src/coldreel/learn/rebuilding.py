"""What users care about in another space, from their events alone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from coldreel.learn.feedback import FeedbackRules, replayed
from coldreel.store.store import Store
from coldreel.store.vectors import StoredSpace


def rebuild_interests(
    store: Store, space: StoredSpace, rules: FeedbackRules, since: datetime | None = None
) -> int:
    """Derive the interests in a space of everybody, or of those whose events came in since then.

    Returns how many users that are. It can be repeated, and feedback may come meanwhile.
    """
    users = store.users.with_events(since)
    _rebuild(store, space, rules, users)
    return len(users)


def _rebuild(store: Store, space: StoredSpace, rules: FeedbackRules, users: Iterable[int]) -> None:
    for user in users:
        with store.database.transaction():
            store.users.lock([user])  # feedback of this user waits
            interests = replayed(store, space, user, rules)
            if interests.updated_at is not None:  # else nothing that they did said anything
                store.users.put_interests(user, space.id, interests)


def rebuild(store: Store, space: StoredSpace | None, now: datetime, rules: FeedbackRules) -> int:
    return 0 if space is None else rebuild_interests(store, space, rules)
