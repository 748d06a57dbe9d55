"""What was derived from events, derived anew from the events alone."""

from __future__ import annotations

from datetime import datetime

from coldreel.learn.feedback import FeedbackRules
from coldreel.learn.replaying import hide_creators, past, replayed
from coldreel.store.store import Store
from coldreel.store.vectors import StoredSpace


def rebuild(store: Store, space: StoredSpace | None, now: datetime, rules: FeedbackRules) -> int:
    """Derive what is between users and items, what users care about in a space, whose videos they want no
    more of, and the counts of items as of now.

    Returns how many users that are. It can be repeated, and feedback may come meanwhile: it waits for its own
    user, and at the end until the counts are there.
    """
    users = store.users.all()
    for user in users:
        _rebuild_user(store, space, user, rules)
    store.events.recount(now, rules.counts.fast, rules.counts.slow)
    return len(users)


def _rebuild_user(store: Store, space: StoredSpace | None, user: int, rules: FeedbackRules) -> None:
    with store.database.transaction():
        if not store.users.lock([user]):
            return  # erased meanwhile
        known = past(store, user, rules.interactions)
        store.users.take_interactions(user)
        store.users.put_interactions(known.interactions)
        store.users.forget_hidden_creators(user)
        hide_creators(store, known.said)
        if space is not None:
            store.users.forget_interests(user, space.id)
            interests = replayed(store, space, known, rules.interests)
            if interests.updated_at is not None:  # else nothing that they did said anything
                store.users.put_interests(space.id, {user: interests})


def rebuild_interests(
    store: Store, space: StoredSpace, rules: FeedbackRules, since: datetime | None = None
) -> int:
    """Derive the interests in a space of everybody, or of those whose events came in since then.

    Returns how many users that are. It can be repeated, and feedback may come meanwhile.
    """
    users = store.users.with_events(since)
    for user in users:
        with store.database.transaction():
            store.users.lock([user])  # feedback of this user waits
            interests = replayed(store, space, past(store, user, rules.interactions), rules.interests)
            if interests.updated_at is not None:
                store.users.put_interests(space.id, {user: interests})
    return len(users)
