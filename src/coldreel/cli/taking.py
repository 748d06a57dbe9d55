"""Taking videos in: `ingest` and `status`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from coldreel.app.facade import Coldreel
from coldreel.cli.options import Batch, Budget, DataDir, HwAccel, Json, Provider, Space, Workers, load
from coldreel.cli.output import err, print_json, print_table, remark
from coldreel.cli.progress import IngestProgress
from coldreel.model import Failure, Progress, State

_FAILURES_SHOWN = 10
_FAILURES_LISTED = 10_000
"""What is more than this is counted: it would be no list that a person reads, and take much memory."""


def ingest(
    sources: Annotated[
        list[str], typer.Argument(help="Files, folders, globs or addresses (s3://, gs://, https://).")
    ],
    metadata: Annotated[
        Path | None,
        typer.Option(help="CSV: file, title, tags, creator, language, created_at, ref.", show_default=False),
    ] = None,
    no_work: Annotated[bool, typer.Option("--no-work", help="Only enlist; workers do the rest.")] = False,
    retry: Annotated[
        bool,
        typer.Option(
            "--retry", help="Try rejected files again too, and make deleted posters and renditions anew."
        ),
    ] = False,
    provider: Provider = None,
    space: Space = None,
    budget: Budget = None,
    batch: Batch = None,
    workers: Workers = None,
    hwaccel: HwAccel = None,
    data_dir: DataDir = None,
    json: Json = False,
) -> None:
    """Take videos in: enlist them and work until each is ready, failed or rejected."""
    settings = load(
        data_dir,
        provider=provider,
        space=space,
        budget=budget,
        batch=batch,
        workers=workers,
        hwaccel=hwaccel,
    )
    again = (State.FAILED, State.REJECTED) if retry else (State.FAILED,)
    with Coldreel.of(settings) as reel:
        remark(reel.chosen.why, style="dim")
        enlisted = reel.enlist(*sources, metadata=metadata, again=again, rebuild=retry, on_problem=_warn)
        if no_work:
            found = reel.status(enlisted.sources)
        else:
            with IngestProgress(err) as bar:
                found = reel.finish(enlisted, bar.show)
        _report(found, reel.failures(enlisted.sources, _FAILURES_LISTED), json)
    if not found.ready and not (no_work and found.open):
        raise typer.Exit(1)


def status(
    failures: Annotated[bool, typer.Option("--failures", help="List what failed, with the reason.")] = False,
    data_dir: DataDir = None,
    json: Json = False,
) -> None:
    """How far the taking in is: counts of sources by state."""
    with Coldreel.of(load(data_dir)) as reel:
        if failures:
            failed = reel.failures(limit=_FAILURES_LISTED + 1)
            _print_failures(failed[:_FAILURES_LISTED], json)
            if len(failed) > _FAILURES_LISTED:
                _say_how_many(reel.status())
            return
        found, bill = reel.status(), reel.bill()
        if json:
            print_json(asdict(found) | {"calls": [asdict(line) for line in bill], "spent": reel.spent})
            return
        rows = [
            {"state": "in a batch" if name == "awaiting" else name, "sources": count}
            for name, count in asdict(found).items()
            if name != "seconds"
        ]
        print_table(rows, ["state", "sources"])
        awaited = reel.store.awaited.count()
        remark(
            f"{reel.store.items.count()} items{f', {awaited} of which await their file' if awaited else ''}; "
            f"{reel.store.ledger.rate()} became ready in the last minute"
        )
        if (active := reel.store.spaces.active()) is not None:
            lacking = len(reel.store.spaces.lacking(active))
            unplaced = f"; {lacking} have no vector there, `coldreel reembed` places them" if lacking else ""
            remark(f"placed by {active.recipe['provider']}, in the space {active.name}{unplaced}")
        if bill:
            columns = ["provider", "model", "purpose", "calls", "input_tokens", "output_tokens", "cost"]
            print_table([asdict(line) for line in bill], columns)
            remark(f"${reel.spent:.4f} spent")


def _report(found: Progress, failures: list[Failure], json: bool) -> None:
    if json:
        print_json(asdict(found))
    else:
        counts = ", ".join(
            f"{count} {name}" for name, count in asdict(found).items() if name != "seconds" and count
        )
        remark(f"{counts or 'nothing to do'} in {found.seconds:.1f} s")
    for failure in failures[:_FAILURES_SHOWN]:
        _warn(f"{failure.uri}: {failure.state} ({failure.code}): {failure.reason}")
    if len(failures) > _FAILURES_SHOWN:
        least = "at least " if len(failures) == _FAILURES_LISTED else ""
        remark(f"… and {least}{len(failures) - _FAILURES_SHOWN} more: coldreel status --failures")


def _print_failures(failures: list[Failure], json: bool) -> None:
    rows = [{"uri": f.uri, "state": str(f.state), "code": f.code, "reason": f.reason} for f in failures]
    if json:
        print_json(rows)
    elif rows:
        print_table(rows, ["uri", "state", "code", "reason"])
    else:
        remark("Nothing failed.")


def _say_how_many(found: Progress) -> None:
    _warn(
        f"These are the first {_FAILURES_LISTED:,}. In all, {found.failed:,} files failed and "
        f"{found.rejected:,} were rejected; any others are items that cannot be made playable."
    )


def _warn(text: str) -> None:
    remark(text, style="yellow")
