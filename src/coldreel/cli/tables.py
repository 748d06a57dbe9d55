"""Tables: `import` and `export`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from coldreel.app.facade import Coldreel
from coldreel.cli.options import DataDir, Json, load
from coldreel.cli.output import print_json, remark

_PROBLEMS_SHOWN = 10


def import_(
    table: Annotated[
        Path,
        typer.Argument(help="CSV: title, tags, genres, description, file, embedding, cosine_similarity."),
    ],
    embedder: Annotated[
        str | None,
        typer.Option(
            help="The model that made the vectors.", show_default="text-embedding-004 for 768 dimensions"
        ),
    ] = None,
    data_dir: DataDir = None,
    json: Json = False,
) -> None:
    """Take videos in that were described and embedded elsewhere. Their files may come later, or never."""
    with Coldreel.of(load(data_dir)) as reel:
        found = reel.import_table(table, embedder)
    if json:
        print_json(asdict(found))
    else:
        remark(
            f"{found.added} imported, {found.known} were there before, {len(found.passed_over)} passed over"
        )
        for problem in found.passed_over[:_PROBLEMS_SHOWN]:
            remark(f"{table}:{problem.line}: {problem.reason}; the row is passed over", style="yellow")
        if len(found.passed_over) > _PROBLEMS_SHOWN:
            remark(f"… and {len(found.passed_over) - _PROBLEMS_SHOWN} more: --json lists all")
    if not found.added and not found.known:
        raise typer.Exit(1)


def export(
    file: Annotated[Path, typer.Argument(help="A .csv or .parquet file to write.")],
    query: Annotated[
        str | None,
        typer.Option(help="A ref or file name: the last column is the similarity to it.", show_default=False),
    ] = None,
    data_dir: DataDir = None,
    json: Json = False,
) -> None:
    """Write all items with their descriptions and vectors, as a table that `import` takes."""
    with Coldreel.of(load(data_dir)) as reel:
        count = reel.export(file, query)
    if json:
        print_json({"items": count, "file": str(file)})
    else:
        remark(f"{count} items are in {file}")
