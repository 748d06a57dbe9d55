"""Forgetting a user: all that is kept of it goes, and what it did counts for no item any more."""

from __future__ import annotations

from datetime import datetime

from coldreel.learn.interactions import CountRules, changes
from coldreel.store.store import Store


def forget(store: Store, ref: str, now: datetime, rules: CountRules) -> bool:
    """Erase a user with everything derived; False when there was none."""
    with store.database.transaction():
        user = store.users.hold_to_erase(ref)
        if user is None:
            return False
        # Before the counts: whoever recounts them holds the interactions first.
        taken = store.users.take_interactions(user)
        counts = changes([(interaction, None) for interaction in taken], now, rules)
        store.events.change(counts, rules.fast, rules.slow)
        return store.users.erase(ref)
