"""Globs over addresses, wherever their files lie."""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence


def matches(address: str, pattern: str) -> bool:
    """Whether a glob finds this address; `**` stands for any number of folders."""
    return _match(address.split("/"), pattern.split("/"))


def _match(parts: Sequence[str], pattern: Sequence[str]) -> bool:
    if not pattern:
        return not parts
    first, *rest = pattern
    if first == "**":
        return any(_match(parts[n:], rest) for n in range(len(parts) + 1))
    return bool(parts) and fnmatch.fnmatchcase(parts[0], first) and _match(parts[1:], rest)
