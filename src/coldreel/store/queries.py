"""Named SQL: one file per aggregate beside the migrations, each query under a `-- name:` line."""

from __future__ import annotations

import re
from importlib.resources import files

_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


def load(aggregate: str) -> dict[str, bytes]:
    """The queries of sql/<aggregate>.sql by name, as bytes ready to execute."""
    text = files("coldreel.store").joinpath("sql", f"{aggregate}.sql").read_text(encoding="utf-8")
    _, *parts = _NAME.split(text)
    return {name: _lean(body).encode() for name, body in zip(parts[::2], parts[1::2], strict=True)}


def _lean(body: str) -> str:
    """Without indentation and lines of comment: psycopg takes a statement of over 4,096 characters apart anew
    every time that it is run."""
    lines = (line.strip() for line in body.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("--"))
