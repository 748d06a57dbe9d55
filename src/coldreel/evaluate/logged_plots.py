"""Pictures of a judgement: what pleased where and when, and how well the rankers knew."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from coldreel.evaluate.drawing import LINE, SOFT, headline, pictures
from coldreel.evaluate.logged import Judgement

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_OURS, _OTHER = "#d6336c", "#1c7ed6"
_FEW = 10
"""Showings; a day of fewer is not drawn."""
_LABELS = 7
_COLOURS = {"shipped": "#868e96", "present": _OTHER, "fitted anew": _OURS}


def draw(found: Judgement, folder: Path) -> list[Path]:
    """Draw a judgement into a folder, as PNG and SVG; returns the files.

    Raises MissingPackageError without matplotlib, SettingsError where nothing can be written.
    """
    return pictures(folder, {"evaluation": partial(_evaluation, found)})


def _evaluation(found: Judgement, figure: Figure) -> None:
    figure.set_size_inches(11.5, 8.2)
    headline(
        figure,
        f"What people did with the feed · {found.showings:,} showings, {found.viewers:,} viewers;"
        f" rankers on the latest {found.held_out:,}",
    )
    days, slots, calibration, curve = figure.subplots(2, 2).ravel()
    _days(days, found)
    _slots(slots, found)
    _calibration(calibration, found)
    _curve(curve, found)


def _days(ax: Axes, found: Judgement) -> None:
    _title(ax, "Pleased, day by day", "", "share of showings that pleased")
    days = [(day, share.pleased) for day, share in found.days if share.showings >= _FEW]
    at = [day / 86_400 for day, _ in days]
    shares = [pleased for _, pleased in days]
    low, high = [max(each.low, 0.0) for each in shares], [min(each.high, 1.0) for each in shares]
    ax.fill_between(at, low, high, color=_OURS, alpha=0.15, linewidth=0)
    ax.plot(at, [each.value for each in shares], "o-", color=_OURS, linewidth=2, markersize=4)
    labelled = days[:: -(-len(days) // _LABELS) or 1]
    ax.set_xticks(
        [day / 86_400 for day, _ in labelled],
        [f"{datetime.fromtimestamp(day, UTC):%d %b}" for day, _ in labelled],
    )
    if len(at) == 1:
        ax.set_xlim(at[0] - 1, at[0] + 1)
    if not at:
        _too_few(ax)
    _as_share(ax, "y")
    ax.set_ylim(bottom=0)
    ax.grid(axis="y")


def _slots(ax: Axes, found: Judgement) -> None:
    _title(ax, "Pleased, by the kind of place", "share of showings that pleased", "")
    rows = list(reversed(found.slots))
    for y, share in enumerate(rows):
        ends = [max(share.pleased.low, 0.0), min(share.pleased.high, 1.0)]
        ax.plot(ends, [y, y], color=_OURS, linewidth=2.4, alpha=0.4)
        ax.plot(share.pleased.value, y, "o", color=_OURS, markersize=7, markeredgecolor="white")
    if np.isfinite(found.overall.pleased.value):
        ax.axvline(found.overall.pleased.value, color=LINE, zorder=0)
    ax.set_yticks(range(len(rows)), [f"{share.name}\n{share.showings:,}" for share in rows])
    ax.set_ylim(-0.6, len(rows) - 0.4)
    ax.set_xlim(left=0)
    _as_share(ax, "x")
    ax.grid(axis="x")
    ax.spines["left"].set_visible(False)


def _calibration(ax: Axes, found: Judgement) -> None:
    _title(ax, "Calibration", "predicted share", "share that pleased")
    end = 0.05
    if not found.rankings:
        _too_few(ax)
        return
    for ranking in found.rankings:
        curve, colour = ranking.calibration, _COLOURS[ranking.name]
        away = np.stack([curve.observed - curve.low, curve.high - curve.observed])
        ax.errorbar(
            curve.predicted, curve.observed, yerr=np.maximum(away, 0.0), fmt="o-", color=colour, markersize=4,
            linewidth=1.6, elinewidth=0.8, label=ranking.name,
        )  # fmt: skip
        end = max(end, float(curve.predicted.max()), float(curve.high.max()))
    end = min(1.0, 1.05 * end)
    ax.plot([0, end], [0, end], color=SOFT, linewidth=0.9, linestyle=(0, (4, 4)), zorder=0)
    ax.set_xlim(0, end)
    ax.set_ylim(0, end)
    _as_share(ax, "x")
    _as_share(ax, "y")
    ax.grid()
    ax.legend(frameon=False)


def _curve(ax: Axes, found: Judgement) -> None:
    _title(ax, "Learning curve", "showings that were fitted on", "log loss on the latest showings")
    if not found.curve:
        _too_few(ax)
        return
    sizes = np.array([each.showings for each in found.curve])
    losses = np.array([each.log_loss for each in found.curve])
    ax.plot(sizes, losses, "o-", color=_OURS, linewidth=2, markersize=4, label="fitted anew")
    ax.axhline(found.base_log_loss, color=SOFT, linewidth=0.9, linestyle=(0, (4, 4)), label="the share alone")
    ax.set_xscale("symlog", linthresh=100)
    ticks = [size for size in sizes[:-1].tolist() if 1.5 * size < sizes[-1]] + [int(sizes[-1])]
    ax.set_xticks(ticks, [f"{size:,}" for size in ticks], rotation=30)
    ax.minorticks_off()
    ax.set_xlim(left=-5)
    ax.grid(axis="y")
    ax.legend(frameon=False)


def _too_few(ax: Axes) -> None:
    ax.set_axis_off()
    ax.text(0.5, 0.5, "too few showings", transform=ax.transAxes, ha="center", color=SOFT)


def _title(ax: Axes, title: str, across: str, up: str) -> None:
    ax.set_title(title)
    ax.set_xlabel(across)
    ax.set_ylabel(up)


def _as_share(ax: Axes, axis: str) -> None:
    from matplotlib.ticker import PercentFormatter

    (ax.xaxis if axis == "x" else ax.yaxis).set_major_formatter(PercentFormatter(1.0, decimals=0))
