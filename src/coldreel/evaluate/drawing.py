"""How all pictures look, and the files that they become."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING

from coldreel.errors import MissingPackageError, SettingsError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INK, SOFT, LINE = "#212529", "#5c636a", "#dee2e6"
_STYLE = {
    "font.family": "sans-serif",
    "font.size": 10,
    "text.color": INK,
    "axes.labelcolor": SOFT,
    "axes.edgecolor": LINE,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "grid.color": LINE,
    "grid.linewidth": 0.8,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "svg.hashsalt": "coldreel",
    "svg.fonttype": "path",
}


def make_room(folder: Path) -> None:
    """Make the folder, and see that pictures can be drawn into it: better before the work than after it.

    Raises MissingPackageError without matplotlib, SettingsError where nothing can be written.
    """
    if find_spec("matplotlib") is None:
        raise MissingPackageError(
            "Pictures need matplotlib, which is not installed: pip install 'coldreel[plots]', or ask for none"
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise SettingsError(
            f"No pictures can be drawn into {folder} ({error.strerror}); name another folder"
        ) from error


def pictures(folder: Path, paints: Mapping[str, Callable[[Figure], None]]) -> list[Path]:
    """Draw each picture into a file of its name, as PNG and SVG; returns the files.

    Raises MissingPackageError without matplotlib, SettingsError where nothing can be written.
    """
    make_room(folder)
    import matplotlib.style
    from matplotlib.figure import Figure

    files = []
    with matplotlib.style.context(_STYLE):
        for name, paint in paints.items():
            figure = Figure(layout="constrained")
            paint(figure)
            figure.set_layout_engine("constrained", w_pad=0.12, h_pad=0.12)
            for ending in ("png", "svg"):
                file = folder / f"{name}.{ending}"
                # Without its date, the same figures give the same file.
                metadata = {"Date": None} if ending == "svg" else None
                figure.savefig(file, dpi=160, facecolor="white", metadata=metadata)
                files.append(file)
    return files


def headline(figure: Figure, text: str) -> None:
    figure.suptitle(text, x=0.012, ha="left", fontsize=12, color=INK)
