"""What may be shown at all, by a policy and by what a user has hidden: a condition on items."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from coldreel.model import EVERYTHING, Policy
from coldreel.store import queries

_SQL = queries.load("permission")

_ANY_LENGTH = float("inf")


def condition(policy: Policy, hidden_creators: Sequence[str] = ()) -> bytes:
    """Of a row `i` of items. Its parameters are `params`; where nothing is forbidden it has none."""
    forbids = policy != EVERYTHING or bool(hidden_creators)
    return _SQL["allowed" if forbids else "recommendable"]


def params(policy: Policy, hidden_creators: Sequence[str] = ()) -> dict[str, Any]:
    return {
        "hidden_creators": list(hidden_creators),
        "exclude_tags": [tag.lower() for tag in policy.exclude_tags],
        "with_sound": policy.with_sound,
        "min_age_s": policy.min_age_s,
        "max_duration_s": _ANY_LENGTH if policy.max_duration_s is None else policy.max_duration_s,
    }
