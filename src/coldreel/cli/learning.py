"""Learning from what people watched: `learn`."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Annotated, Any

import typer

from coldreel.app.facade import Coldreel
from coldreel.cli.options import DataDir, Json, load
from coldreel.cli.output import print_json, print_table, remark
from coldreel.learn.comparing import Comparison
from coldreel.learn.learning import Report
from coldreel.learn.long_views import Threshold
from coldreel.learn.off_policy import Estimate
from coldreel.learn.relating import Relations
from coldreel.model import ModelKind
from coldreel.store.models import Model

_NAMES = {ModelKind.REWARD: "thresholds of long views", ModelKind.RANKER: "weights"}


def learn(
    rebuild: Annotated[
        bool,
        typer.Option(
            "--rebuild",
            help="Derive statistics, what users care about and related items from the events, no more.",
        ),
    ] = False,
    back: Annotated[
        bool, typer.Option("--back", help="Undo the latest pass that put anything to use.")
    ] = False,
    data_dir: DataDir = None,
    json: Json = False,
) -> None:
    """Learn from what people watched: when a view is long, what makes a video please, what pleases alike."""
    if rebuild and back:
        raise typer.BadParameter("give --rebuild or --back, not both: --back rebuilds what it has to")
    with Coldreel.of(load(data_dir)) as reel:
        if rebuild:
            _say_rebuilt(reel.rebuild(), json)
        elif back:
            _say_back(reel.unlearn(), json)
        else:
            _say_learned(reel.learn(), json)


def _say_rebuilt(relations: Relations, json: bool) -> None:
    if json:
        print_json({"rebuilt": True, "relations": asdict(relations)})
    else:
        remark("Statistics and what users care about are derived from the events anew.")
        remark(_related(relations))


def _say_back(given_up: tuple[Model, ...], json: bool) -> None:
    if json:
        print_json([asdict(model) for model in given_up])
    elif given_up:
        for model in given_up:
            before = "those before" if model.follows is not None else "those that coldreel is shipped with"
            what = _NAMES[ModelKind(model.kind)]
            remark(f"The {what} of {model.created_at:%Y-%m-%d %H:%M} are given up for {before}")
    else:
        remark("There is nothing to go back from: all is as coldreel is shipped")


def _say_learned(report: Report, json: bool) -> None:
    if json:
        print_json(_plain(report))
        return
    print_table(
        [
            {
                "videos": _bucket(each), "showings": each.showings, "long from, now": each.present,
                "learned": each.learned,
            }
            for each in report.thresholds
        ],
        ["videos", "showings", "long from, now", "learned"],
    )  # fmt: skip
    present, learned = report.present.values, report.weights.values
    print_table(
        [{"weight": name, "present": present.get(name, ""), "learned": learned[name]} for name in learned],
        ["weight", "present", "learned"],
    )
    if report.comparison is not None:
        print_table(_scores(report.comparison), ["held out", "present", "learned"])
    remark(_span(report))
    _say_decided("thresholds of long views", report.thresholds_kept, report.thresholds_why)
    _say_decided(f"weights {report.weights.version}", report.ranker_kept, report.ranker_why)
    if report.relations is not None:
        remark(_related(report.relations))
    if report.thresholds_kept or report.ranker_kept:
        remark("The way back: coldreel learn --back", style="dim")


def _related(found: Relations) -> str:
    if found.needed:
        return (
            f"No items are related yet: {found.needed} more long views, likes or shares are needed, of "
            "people who were pleased by two items or more"
        )
    return (
        f"{found.items} items are related, by what pleased {found.viewers} people {found.pairs} times; "
        f"{found.unseen} of them pleased nobody yet, and are related by what they show"
    )


def _scores(compared: Comparison) -> list[dict[str, Any]]:
    pairs = {
        f"log loss of {compared.showings} showings": (compared.present.log_loss, compared.new.log_loss),
        "calibration error": (compared.present.calibration_error, compared.new.calibration_error),
    }
    rows: list[dict[str, Any]] = [
        {"held out": name, "present": f"{present:.4f}", "learned": f"{new:.4f}"}
        for name, (present, new) in pairs.items()
    ]
    present, new = compared.present.value, compared.new.value
    if present is not None and new is not None:
        rows.append(
            {"held out": "pleased on drawn places", "present": _value(present), "learned": _value(new)}
        )
    return rows


def _value(estimate: Estimate) -> str:
    """With its 95 % interval, and how many places that is from."""
    return f"{estimate.value:.3f} [{estimate.low:.3f}, {estimate.high:.3f}] of {estimate.effective:.0f}"


def _say_decided(what: str, kept: bool, why: str) -> None:
    remark(f"The {what} are {'in use now' if kept else 'not put to use'}: {why}")


def _span(report: Report) -> str:
    if report.first is None or report.last is None:
        return (
            "There is nothing to learn from yet: pages of the last ten minutes do not count, nor events "
            "without a request_id. Watch some of the feed, and try again in ten minutes"
        )
    return (
        f"Learned from {report.showings} showings, {report.pleased} of which pleased, "
        f"{report.first:%Y-%m-%d %H:%M} to {report.last:%Y-%m-%d %H:%M}"
    )


def _bucket(threshold: Threshold) -> str:
    return f"to {threshold.upper_s:g} s" if math.isfinite(threshold.upper_s) else "longer"


def _plain(report: Report) -> dict[str, Any]:
    """JSON knows no infinity: the last bucket has no upper end."""
    said = asdict(report)
    for bucket in said["thresholds"]:
        bucket["upper_s"] = bucket["upper_s"] if math.isfinite(bucket["upper_s"]) else None
    return said
