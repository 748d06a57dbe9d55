"""The catalogue anew: `redescribe` and `reembed`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from coldreel.app.facade import Coldreel
from coldreel.cli.options import Batch, Budget, DataDir, Json, Provider, Space, Workers, load
from coldreel.cli.output import err, print_json, remark
from coldreel.cli.progress import RenewalProgress

_FAILURES_SHOWN = 10


def redescribe(
    provider: Provider = None,
    failed: Annotated[
        bool, typer.Option("--failed", help="Only what could not be described, such as after a refusal.")
    ] = False,
    query: Annotated[
        str | None,
        typer.Option("--query", help="Only items whose words answer these.", show_default=False),
    ] = None,
    budget: Budget = None,
    batch: Batch = None,
    workers: Workers = None,
    data_dir: DataDir = None,
    json: Json = False,
) -> None:
    """Describe items anew, all or some; what was said before is kept as history."""
    settings = load(data_dir, budget=budget, batch=batch, workers=workers)
    with Coldreel.of(settings) as reel, RenewalProgress(err, "describing") as bar:
        remark(reel.who(provider), style="dim")
        done = reel.redescribe(provider, failed, query, bar.show)
    if json:
        print_json(asdict(done))
    else:
        left = ", which an earlier run had left" if done.resumed else ""
        remark(f"{done.asked - len(done.failed)} of {done.asked} described anew{left}")
    for what, reason in list(done.failed.items())[:_FAILURES_SHOWN]:
        remark(f"{what}: {reason}", style="yellow")
    if done.failed and len(done.failed) == done.asked:
        raise typer.Exit(1)


def reembed(
    provider: Provider = None,
    space: Space = None,
    skip_failed: Annotated[
        bool, typer.Option("--skip-failed", help="Move even if some items cannot be placed.")
    ] = False,
    budget: Budget = None,
    workers: Workers = None,
    data_dir: DataDir = None,
    json: Json = False,
) -> None:
    """Move the catalogue to other vectors, which serve once every item has one. Descriptions stay.

    With neither --provider nor --space: place what has no vector among the present ones.
    """
    settings = load(data_dir, budget=budget, workers=workers)
    with Coldreel.of(settings) as reel:
        before = reel.store.spaces.active()
        with RenewalProgress(err, "placing") as bar:
            moved = reel.reembed(provider, space, skip_failed, bar.show)
    if json:
        print_json(asdict(moved))
        return
    placed = (
        f"{moved.placed} items were placed there" if moved.placed or moved.lost else "every item was there"
    )
    remark(f"The catalogue lives in {moved.space}; {placed}")
    if moved.lost:
        remark(f"{moved.lost} could not be, and are out of sight until they are", style="yellow")
    if before is not None and before.name != moved.space:
        remark(f"The vectors of before take room until: coldreel spaces --drop {before.name!r}", style="dim")
