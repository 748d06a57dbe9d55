"""How answers look: tables for people, JSON for programs."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

err = Console(stderr=True)
"""For progress and remarks."""


_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""What a terminal obeys; a file name may hold it."""


def remark(text: str, style: str | None = None) -> None:
    """A line for the person at the terminal: not wrapped, nothing in it is markup."""
    err.print(
        _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", text),
        style=style,
        markup=False,
        highlight=False,
        soft_wrap=True,
    )


def print_json(answer: Any) -> None:
    """One JSON value on stdout."""
    sys.stdout.write(to_json(answer) + "\n")


def to_json(answer: Any) -> str:
    return json.dumps(answer, ensure_ascii=False, default=str)


def print_table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """Rows as a table on stdout; in a pipe as wide as it needs to be."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        numeric = any(isinstance(row[column], int | float) for row in rows)
        table.add_column(column, justify="right" if numeric else "left", overflow="fold", no_wrap=numeric)
    for row in rows:
        table.add_row(*(_cell(row[column]) for column in columns))
    out = Console(markup=False, highlight=False)
    if not out.is_terminal:
        out.width = 10_000
        table.expand = False
    out.print(table)


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6f}"
    return _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", str(value))
