"""The commands, gathered."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated

import typer

from coldreel.cli import (
    asking,
    converting,
    evaluating,
    learning,
    minding,
    models,
    renewing,
    running,
    simulating,
    tables,
    taking,
)

app = typer.Typer(
    name="coldreel",
    help="Recommend raw short videos from a cold start: no titles, no tags, no history.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.command(rich_help_panel="Everything on this machine")(running.up)
app.command(rich_help_panel="Everything on this machine")(running.demo)
app.command(rich_help_panel="Taking videos in")(taking.ingest)
app.command(rich_help_panel="Taking videos in")(taking.status)
app.command(rich_help_panel="Taking videos in")(converting.proxy)
app.command("import", rich_help_panel="Taking videos in")(tables.import_)
app.command(rich_help_panel="Taking videos in")(renewing.redescribe)
app.command(rich_help_panel="Taking videos in")(renewing.reembed)
app.command(rich_help_panel="Asking")(asking.item)
app.command(rich_help_panel="Asking")(asking.similar)
app.command(rich_help_panel="Asking")(asking.search)
app.command(rich_help_panel="Asking")(asking.feed)
app.command(rich_help_panel="Asking")(asking.boards)
app.command(rich_help_panel="Asking")(tables.export)
app.command(rich_help_panel="Learning")(learning.learn)
app.command(rich_help_panel="One part alone")(running.worker)
app.command(rich_help_panel="One part alone")(running.serve)
app.command(rich_help_panel="Judging")(evaluating.evaluate)
app.command(rich_help_panel="Judging")(simulating.simulate)
app.add_typer(models.app, name="models", rich_help_panel="Minding")
app.command(rich_help_panel="Minding")(minding.doctor)
app.command(rich_help_panel="Minding")(minding.spaces)
app.command(rich_help_panel="Minding")(minding.stop)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"coldreel {version('coldreel')}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Recommend raw short videos from a cold start: no titles, no tags, no history."""
