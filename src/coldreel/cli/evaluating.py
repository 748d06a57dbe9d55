"""`evaluate`: the feed by what people did with it."""

from __future__ import annotations

import math
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from coldreel.app.facade import Coldreel
from coldreel.cli.options import DataDir, Json, load
from coldreel.cli.output import print_json, print_table, remark
from coldreel.evaluate.drawing import make_room
from coldreel.evaluate.logged import Judgement, Ranking, Share
from coldreel.evaluate.logged_plots import draw
from coldreel.learn.off_policy import Estimate


def evaluate(
    plot: Annotated[
        Path | None, typer.Option("--plot", help="Folder to draw pictures into.", show_default=False)
    ] = None,
    data_dir: DataDir = None,
    json: Json = False,
) -> None:
    """What people did with the feed in the last four weeks, and how well its rankers knew beforehand.

    Rankers are compared on the latest showings: the weights as shipped, those in use, and ones fitted on what
    came before. The last column estimates, from places that were filled by chance, what share would please if
    the ranker had filled them. Pages of the last ten minutes are left out. Nothing is changed by it.
    """
    if plot is not None:
        make_room(plot)
    with Coldreel.of(load(data_dir)) as reel:
        found = reel.evaluate()
    if json:
        print_json(_plain(asdict(found)))
    elif found.showings:
        _print(found)
    else:
        remark(
            "There is nothing to judge by yet: pages of the last ten minutes do not count, nor events "
            "without a request_id. Watch some of the feed, and try again in ten minutes."
        )
    for file in draw(found, plot) if plot is not None and found.showings else []:
        remark(f"drawn: {file}", style="dim")


def _print(found: Judgement) -> None:
    print_table(
        [_line(share) for share in (*found.slots, found.overall)],
        ["places", "showings", "viewers", "pleased", "95 %"],
    )
    if not found.rankings:
        remark(f"{found.showings} showings with a known outcome are too few to compare rankers on.")
        return
    print_table(
        [_scores(ranking) for ranking in found.rankings],
        ["ranker", "log loss", "better by", "calibration error", "AUC", "drawn places please"],
    )
    remark(
        f"Compared on the latest {found.held_out} showings. Better by: how much lower the log loss is than "
        f"{found.base_log_loss:.4f}, that of always expecting the share that pleased before"
    )


def _line(share: Share) -> dict[str, Any]:
    pleased = share.pleased
    return {
        "places": share.name, "showings": share.showings, "viewers": share.viewers,
        "pleased": f"{pleased.value:.3f}", "95 %": _interval(pleased),
    }  # fmt: skip


def _scores(ranking: Ranking) -> dict[str, Any]:
    value = ranking.value
    return {
        "ranker": ranking.name,
        "log loss": f"{ranking.log_loss:.4f}",
        "better by": f"{ranking.gain:.4f} ± {ranking.gain_error:.4f}",
        "calibration error": f"{ranking.calibration_error:.4f}",
        "AUC": f"{ranking.auc:.3f}",
        "drawn places please": "none were seen"
        if value is None
        else f"{value.value:.3f} {_interval(value)} of {value.effective:.0f}",
    }


def _interval(estimate: Estimate) -> str:
    return f"[{max(estimate.low, 0.0):.3f}, {min(estimate.high, 1.0):.3f}]"


def _plain(value: Any) -> Any:
    """JSON knows no arrays of numpy, and no number that is not one."""
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [_plain(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return float(value) if isinstance(value, np.floating) else value
