"""Model files: `models pull`, `models list`."""

from __future__ import annotations

import typer

from coldreel.cli.options import Json, load
from coldreel.cli.output import err, print_json, print_table, remark
from coldreel.cli.progress import PullProgress
from coldreel.understand.pulling import pull as pull_one
from coldreel.understand.tiny.models import FILES
from coldreel.understand.tiny.provider import NAME

app = typer.Typer(help="The small open models of the provider tiny.", no_args_is_help=True)


@app.command()
def pull() -> None:
    """Bring the models from where they are published; what is there stays. Can be repeated."""
    folder = load().models_dir
    with PullProgress(err, sum(file.size for file in FILES)) as bar:
        for file in FILES:
            pull_one(file, folder, bar.of(file.size))
    remark(f"{len(FILES)} files are in {folder}; --provider {NAME} uses them, and so does auto")


@app.command("list")
def list_(json: Json = False) -> None:
    """The files, whether they are there, and which provider uses them."""
    folder = load().models_dir
    rows = [
        {"file": file.name, "bytes": file.size, "there": file.is_in(folder), "provider": NAME}
        for file in FILES
    ]
    if json:
        print_json(
            [
                row | {"folder": str(folder), "address": file.base + file.name}
                for row, file in zip(rows, FILES, strict=True)
            ]
        )
        return
    print_table(
        [row | {"there": "yes" if row["there"] else "no"} for row in rows],
        ["file", "bytes", "there", "provider"],
    )
    if not all(row["there"] for row in rows):
        remark(f"`coldreel models pull` brings them to {folder}")
