"""Asking: `similar`, `search`, `feed`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from coldreel.app.facade import Coldreel
from coldreel.cli.options import DataDir, Json, load
from coldreel.cli.output import print_json, print_table, remark

Count = Annotated[int, typer.Option("-k", min=1, max=1000, help="Rows.")]


def similar(
    ref: Annotated[str, typer.Argument(help="An item's ref, or its file name.")],
    k: Count = 5,
    data_dir: DataDir = None,
    json: Json = False,
) -> None:
    """The item itself and what is most like it, by cosine similarity."""
    with Coldreel.of(load(data_dir)) as reel:
        rows = [asdict(row) for row in reel.similar(ref, k)]
    if json:
        print_json(rows)
    else:
        print_table(rows, ["file", "title", "cosine_similarity"])


def search(
    words: Annotated[list[str], typer.Argument(help="What to look for.")],
    k: Count = 10,
    data_dir: DataDir = None,
    json: Json = False,
) -> None:
    """Items that answer these words."""
    with Coldreel.of(load(data_dir)) as reel:
        rows = [asdict(row) for row in reel.search(" ".join(words), k)]
    if json:
        print_json(rows)
    elif rows:
        print_table(rows, ["ref", "file", "title", "score"])
    else:
        remark("Nothing answers that.")


def feed(
    user: Annotated[str, typer.Option(help="Whose feed.")],
    n: Annotated[
        int | None, typer.Option("-n", min=1, max=50, help="Items of the page.", show_default="10")
    ] = None,
    data_dir: DataDir = None,
    json: Json = False,
) -> None:
    """The next page of a user's feed, with the reason for each item."""
    with Coldreel.of(load(data_dir)) as reel:
        page = reel.feed(user, n)
        empty = not page.items and reel.store.items.count() == 0
    rows = [asdict(row) for row in page.items]
    if json:
        print_json({"request_id": str(page.request_id), "items": rows})
    elif rows:
        print_table(rows, ["ref", "title", "slot", "origin", "reason"])
    elif empty:
        remark("The catalogue is empty: coldreel ingest FOLDER takes videos in.")
    else:
        remark("Nothing is left to show to this user.")
