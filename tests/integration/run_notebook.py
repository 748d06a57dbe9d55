"""Runs the code cells of a notebook in order, as a kernel would; writes what the last line of each shows."""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path
from typing import Any


def run(path: Path) -> None:
    names: dict[str, Any] = {"__name__": "__main__"}
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    for number, cell in enumerate(cells):
        if cell["cell_type"] == "code":
            sys.stdout.write(f"--- {cell['id']}\n")
            _run("".join(cell["source"]), f"{path.name} {cell['id']} ({number})", names)


def _run(source: str, place: str, names: dict[str, Any]) -> None:
    body = ast.parse(source, place)
    shown = body.body.pop() if body.body and isinstance(body.body[-1], ast.Expr) else None
    exec(compile(body, place, "exec"), names)
    if isinstance(shown, ast.Expr):
        value = eval(compile(ast.Expression(shown.value), place, "eval"), names)
        if value is not None:
            sys.stdout.write(f"{value}\n")


if __name__ == "__main__":
    run(Path(sys.argv[1]))
