"""Pictures of an experiment: the figures of each policy side by side, and how they come about."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from coldreel.evaluate.curves import Curves, average
from coldreel.evaluate.drawing import SOFT, headline, pictures
from coldreel.evaluate.experiment import Outcome
from coldreel.evaluate.measures import Measure
from coldreel.evaluate.policies import PolicyName
from coldreel.evaluate.report import Report

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = {
    PolicyName.COLDREEL: "#d6336c",
    PolicyName.NO_EXPLORATION: "#f08c00",
    PolicyName.NO_DIVERSITY: "#7048e8",
    PolicyName.SIMILAR: "#1c7ed6",
    PolicyName.POPULAR: "#2b8a3e",
    PolicyName.RANDOM: "#868e96",
}
"""Apart from each other in lightness too, for who sees colours otherwise and for grey prints."""


def draw(found: Report, outcomes: Sequence[Outcome], folder: Path) -> list[Path]:
    """Draw all pictures into a folder, each as PNG and SVG; returns the files.

    Raises MissingPackageError without matplotlib, SettingsError where nothing can be written.
    """
    paints = {"figures": _figures, "curves": _curves}
    return pictures(
        folder,
        {f"{found.world}-{name}": partial(paint, found, outcomes) for name, paint in paints.items()},
    )


# --- the figures ----------------------------------------

_COLUMNS = 4


def _figures(found: Report, _: Sequence[Outcome], figure: Figure) -> None:
    """Per measure a row for each policy: the mean as a point, its interval as a line."""
    from matplotlib.ticker import MaxNLocator, PercentFormatter

    rows = -(-len(found.measures) // _COLUMNS)
    names = list(found.figures)
    figure.set_size_inches(13.0, rows * (0.95 + 0.27 * len(names)) + 0.7)
    _title(figure, found, "Each policy in the same worlds")
    axes = figure.subplots(rows, _COLUMNS, sharey=True, squeeze=False).ravel()
    for place, (measure, ax) in enumerate(zip(found.measures, axes, strict=False)):
        for row, name in enumerate(names):
            _point(ax, len(names) - 1 - row, found, name, measure.name)
        ax.set_title(measure.title + ("  ↑" if measure.more_is_better else "  ↓"))
        ax.set_yticks(range(len(names)), [name.value for name in reversed(names)])
        ax.set_ylim(-0.7, len(names) - 0.3)
        ax.set_xlim(0, _right(found, measure))
        if measure.share:
            ax.xaxis.set_major_formatter(PercentFormatter(1.0))
        ax.xaxis.set_major_locator(MaxNLocator(4))
        ax.grid(axis="x")
        ax.spines["left"].set_visible(False)
        if place % _COLUMNS == 0:
            _colour_labels(ax, list(reversed(names)))
    for ax in axes[len(found.measures) :]:
        ax.set_visible(False)


def _right(found: Report, measure: Measure) -> float:
    """Where the axis ends: beyond the last interval, for a share not beyond all."""
    ends = [np.nanmax([each[measure.name].mean, each[measure.name].high]) for each in found.figures.values()]
    end = 1.08 * float(np.nanmax([*ends, 1e-3]))
    return min(end, 1.04) if measure.share else end


def _point(ax: Axes, y: int, found: Report, name: PolicyName, measure: str) -> None:
    estimate = found.figures[name][measure]
    if np.isnan(estimate.mean):
        return
    if not np.isnan(estimate.half):
        ax.plot([estimate.low, estimate.high], [y, y], color=COLOURS[name], linewidth=2.4, alpha=0.5)
    ax.plot(estimate.mean, y, "o", color=COLOURS[name], markersize=7, markeredgecolor="white", clip_on=False)


def _colour_labels(ax: Axes, names: Sequence[PolicyName]) -> None:
    for label, name in zip(ax.get_yticklabels(), names, strict=True):
        label.set_color(COLOURS[name])
        label.set_fontweight("bold" if name is PolicyName.COLDREEL else "normal")


# --- the curves ----------------------------------------


def _curves(found: Report, outcomes: Sequence[Outcome], figure: Figure) -> None:
    """Reward, coverage and gems day by day, and how impressions are spread over the items."""
    figure.set_size_inches(11.5, 8.2)
    _title(figure, found, "How it comes about")
    reward, coverage, gems, spread = figure.subplots(2, 2).ravel()
    for name in reversed(list(found.figures)):
        mean = average([o.curves for o in outcomes if o.policy is name])
        days = np.arange(1, len(mean.reward) + 1)
        ours = name is PolicyName.COLDREEL
        style = {"color": COLOURS[name], "linewidth": 2.6 if ours else 1.6, "label": name.value}
        style["zorder"] = 3 if ours else 2
        reward.plot(days, mean.reward, **style)
        coverage.plot(days[: len(mean.coverage)], mean.coverage, **style)
        gems.plot(days[: len(mean.gems)], mean.gems, **style)
        spread.plot(np.linspace(0, 1, len(mean.concentration)), mean.concentration, **style)
    _mark_aftermath(reward, outcomes[0].curves)
    _dress(reward, "Reward of all", "day", "share of impressions that pleased")
    _dress(coverage, "Coverage", "day", "share of the catalogue shown so far")
    _dress(gems, "Gems found", "day", "share of the planted gems, so far")
    _dress(spread, "Concentration", "share of the items, the most shown first", "share of impressions")
    handles, labels = reward.get_legend_handles_labels()
    figure.legend(handles[::-1], labels[::-1], loc="outside lower center", ncols=len(labels), frameon=False)


def _mark_aftermath(ax: Axes, curves: Curves) -> None:
    days, last = len(curves.coverage), len(curves.reward)
    if last == days:
        return
    ax.axvspan(days + 0.5, last + 0.5, color="#f1f3f5", zorder=0)
    ax.annotate(
        "no\nexploration", (last + 0.4, 0.03), xycoords=("data", "axes fraction"), ha="right", color=SOFT,
        fontsize=9,
    )  # fmt: skip


def _dress(ax: Axes, title: str, across: str, up: str) -> None:
    from matplotlib.ticker import MaxNLocator, PercentFormatter

    ax.set_title(title)
    ax.set_xlabel(across)
    ax.set_ylabel(up)
    ax.set_ylim(bottom=0)
    ax.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    if across == "day":
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    else:
        ax.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    ax.margins(x=0.01)
    ax.grid(axis="y")


def _title(figure: Figure, found: Report, what: str) -> None:
    headline(
        figure,
        f"{what} · world {found.world}, {found.items:,} items, {found.users:,} users,"
        f" {found.impressions:,} impressions, {found.worlds}",
    )
