"""Options that several commands share."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

import typer

from coldreel.settings import Settings

DataDir = Annotated[
    Path | None,
    typer.Option("--data-dir", help="Where the database and derived files are kept.", show_default=False),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Provider = Annotated[
    str | None,
    typer.Option("--provider", help="Who describes and embeds: auto or a name.", show_default=False),
]
Budget = Annotated[
    float | None,
    typer.Option(
        "--budget",
        min=0,
        help="US dollars that all calls of this catalogue may cost.",
        show_default="no limit",
    ),
]
Batch = Annotated[
    bool | None,
    typer.Option("--batch", help="Ask in batches: within a day, at half price, where there are any."),
]
Space = Annotated[
    str | None,
    typer.Option(
        "--space",
        help='Blocks and weights, such as "text 0.6, tiny.look 0.4".',
        show_default="the provider's own",
    ),
]
Workers = Annotated[
    int | None, typer.Option("--workers", help="Decoder processes; default one per core.", show_default=False)
]
HwAccel = Annotated[
    str | None, typer.Option("--hwaccel", help="auto decodes on a device; off does not.", show_default="off")
]
Host = Annotated[str | None, typer.Option("--host", help="Address to listen on.", show_default="127.0.0.1")]
Port = Annotated[int | None, typer.Option("--port", help="Port; 0 takes a free one.", show_default="8765")]


def load(data_dir: Path | None = None, **given: object) -> Settings:
    """Settings from the environment and from a command's options."""
    return Settings.load(data_dir=data_dir, **given)


def log_to_stderr() -> None:
    """Long-running commands say what they do."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s: %(message)s", datefmt="%H:%M:%S")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    # The pool tells every attempt; what it means for the work is said by who asked for the connection.
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
