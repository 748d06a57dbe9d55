"""Minding: `doctor`, `spaces` and `stop`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from coldreel.app.doctor import examine
from coldreel.app.facade import Coldreel
from coldreel.cli.options import DataDir, Json, load
from coldreel.cli.output import print_json, print_table, remark
from coldreel.store.embedded.server import stop as stop_server


def doctor(data_dir: DataDir = None, json: Json = False) -> None:
    """What this machine has and what is missing."""
    findings = examine(load(data_dir))
    if json:
        print_json([asdict(finding) for finding in findings])
    else:
        rows = [{"": "ok" if f.ok else "!!", "what": f.what, "finding": f.text} for f in findings]
        print_table(rows, ["", "what", "finding"])
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)


def spaces(
    drop: Annotated[
        str | None, typer.Option("--drop", help="Remove a space that does not serve.", show_default=False)
    ] = None,
    data_dir: DataDir = None,
    json: Json = False,
) -> None:
    """The spaces that items are placed in, and which of them serves."""
    with Coldreel.of(load(data_dir)) as reel:
        if drop is not None:
            reel.drop_space(drop)
        rows = [asdict(row) for row in reel.spaces()]
    if json:
        print_json(rows)
    else:
        print_table(
            [row | {"serves": "yes" if row["serves"] else ""} for row in rows],
            ["name", "provider", "dimensions", "items", "serves"],
        )


def stop(data_dir: DataDir = None) -> None:
    """Stop the embedded database server now; the next command starts it again."""
    settings = load(data_dir)
    remark("Stopped." if stop_server(settings.data_dir) else "It was not running.")
