"""`simulate`: the recommender and others in a simulated world."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from coldreel.cli.options import Json, load
from coldreel.cli.output import err, print_json, remark
from coldreel.cli.progress import SimulationProgress
from coldreel.evaluate.drawing import make_room
from coldreel.evaluate.experiment import Experiment, run
from coldreel.evaluate.plots import draw
from coldreel.evaluate.policies import PolicyName
from coldreel.evaluate.report import as_json, markdown, report
from coldreel.evaluate.vectors import WorldKind
from coldreel.evaluate.world import QUICK, WorldRules


class _Policy(StrEnum):
    """Policies as a command line names them."""

    RANDOM = "random"
    POPULAR = "popular"
    SIMILAR = "similar"
    COLDREEL = "coldreel"
    NO_EXPLORATION = "no-exploration"
    NO_DIVERSITY = "no-diversity"


def simulate(
    world: Annotated[
        WorldKind, typer.Option("--world", help="tiktok needs --data; clusters needs nothing.")
    ] = WorldKind.CLUSTERS,
    seeds: Annotated[
        int, typer.Option("--seeds", min=1, max=1000, help="Worlds; each policy runs once in each.")
    ] = 10,
    first_seed: Annotated[
        int,
        typer.Option("--first-seed", min=0, help="The first of them. Rules were chosen in worlds below 100."),
    ] = 100,
    policies: Annotated[
        list[_Policy] | None,
        typer.Option("--policy", help="Which to compare; can be repeated.", show_default="all"),
    ] = None,
    impressions: Annotated[
        int | None,
        typer.Option("--impressions", min=100, help="Videos shown in one run.", show_default="100000"),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            "--data",
            help="Folder with image_feat.npy and audio_feat.npy of the TikTok set.",
            show_default=False,
        ),
    ] = None,
    plot: Annotated[
        Path | None, typer.Option("--plot", help="Folder to draw pictures into.", show_default=False)
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="A small world: shows that it works, and nothing more.")
    ] = False,
    processes: Annotated[
        int | None,
        typer.Option("--processes", min=1, help="Runs at the same time.", show_default="one per core"),
    ] = None,
    json: Json = False,
) -> None:
    """Compare the recommender with others in a simulated world. It is no evidence of lift with people.

    Users have hidden tastes, get bored and react with chance; items have a planted quality and arrive day by
    day. Reported are reward, coverage, hidden gems found, and what that cost, with intervals over the seeds.
    Your catalogue is not read or changed.
    """
    rules = QUICK if quick else WorldRules()
    if impressions is not None:
        rules = replace(rules, schedule=replace(rules.schedule, impressions=impressions))
    asked = tuple(PolicyName[name.name] for name in policies) if policies else tuple(PolicyName)
    experiment = Experiment(world, tuple(dict.fromkeys(asked)), seeds, first_seed, rules, data=data)
    if plot is not None:
        make_room(plot)
    with SimulationProgress(err) as bar:
        outcomes = run(experiment, processes or load().workers, bar.show)
    found = report(experiment, outcomes)
    if json:
        print_json(as_json(found))
    else:
        typer.echo(markdown(found), nl=False)
    for file in draw(found, outcomes, plot) if plot is not None else []:
        remark(f"drawn: {file}", style="dim")
