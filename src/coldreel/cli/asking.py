"""Asking: `similar`, `search`, `boards`, `feed`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from coldreel.app.facade import Coldreel
from coldreel.cli.options import DataDir, Json, load
from coldreel.cli.output import print_json, print_table, remark, to_json
from coldreel.model import Board, Description
from coldreel.store.calls import BillLine

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
    elif rows:
        print_table(rows, ["file", "title", "cosine_similarity"])
    else:
        remark("It has no vector in the space that serves; `coldreel reembed` places it.")


def item(
    ref: Annotated[str, typer.Argument(help="An item's ref, or its file name.")],
    data_dir: DataDir = None,
    json: Json = False,
) -> None:
    """All that is known of an item: what is said of it, by whom, what was said before, and what that took."""
    with Coldreel.of(load(data_dir)) as reel:
        known = reel.details(ref)
    if json:
        print_json(asdict(known))
        return
    told = asdict(known.description)
    evidence = {f"evidence: {name}": value for name, value in told.pop("evidence").items()}
    shown = {"ref": known.item.ref, "file": known.item.file, "by": known.item.creator} | told | evidence
    rows = [{"what": name.replace("_", " "), "known": _plain(said)} for name, said in shown.items() if said]
    rows += [{"what": f"before {at:%Y-%m-%d %H:%M}", "known": _earlier(said)} for at, said in known.earlier]
    rows += [{"what": f"{line.purpose} calls", "known": _cost(line)} for line in known.calls]
    print_table(rows, ["what", "known"])


def _earlier(said: Description) -> str:
    """What was said by then."""
    return f"{said.title} ({said.provider} {said.model}): {said.description} {', '.join(said.tags)}"


def _cost(line: BillLine) -> str:
    tokens = f"{line.input_tokens} tokens in, {line.output_tokens} out"
    return f"{line.calls} of {line.provider} {line.model}: {tokens}, ${line.cost:.4f}"


def _plain(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return to_json(value) if isinstance(value, dict | list) else str(value)


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


def boards(
    board: Annotated[Board, typer.Argument(help="Which of them.")],
    k: Count = 20,
    data_dir: DataDir = None,
    json: Json = False,
) -> None:
    """Hits, hidden gems, what is on trial, or what pleases most; each row with why it is there."""
    with Coldreel.of(load(data_dir)) as reel:
        rows = [asdict(row) for row in reel.boards(board, k)]
        empty = not rows and reel.store.items.count() == 0
    if json:
        print_json(rows)
    elif rows:
        print_table(rows, ["file", "title", "score", "because"])
    elif empty:
        remark(_NOTHING)
    else:
        remark(_EMPTY[board])


_NOTHING = "The catalogue is empty: coldreel ingest FOLDER takes videos in."
_EMPTY = {
    Board.HITS: "There is no hit at the moment: one has three viewers or more within about a day, and "
    "pleases more of them than the average video does.",
    Board.GEMS: "No gem has been found yet: one has three viewers or more, fewer than most videos that were "
    "seen, and pleases clearly more of them than four in five videos do.",
    Board.FRESH: "Nothing is on trial at the moment; new videos are, as soon as they are taken in.",
    Board.BEST: "Nothing stands out yet: it takes an item that clearly pleases more of its viewers than the "
    "average video does.",
}


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
        awaited = 0 if page.items else reel.store.awaited.count()
    rows = [asdict(row) for row in page.items]
    if json:
        print_json({"request_id": str(page.request_id), "items": rows})
    elif rows:
        print_table(rows, ["ref", "title", "slot", "origin", "reason"])
    elif empty:
        remark(_NOTHING)
    elif awaited:
        remark(f"Nothing is left to show; {awaited} items await their files: coldreel ingest FOLDER.")
    else:
        remark(
            "Nothing may be shown to this user now: all was seen, and COLDREEL_SHOW_AGAIN is off, or the "
            "user hid it, or COLDREEL_EXCLUDE_TAGS, _MIN_AGE_S, _WITH_SOUND or _FEED_MAX_DURATION_S keep it "
            "out."
        )
