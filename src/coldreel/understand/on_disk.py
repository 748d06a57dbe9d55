"""Models that lie on this machine. Nothing here asks a hub for anything."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path


def located(name: str, cached: Callable[[str], Path | None], is_whole: Callable[[Path], bool]) -> Path | None:
    """The folder of a model, which is that folder or the name of one that was downloaded before.

    cached: where a download of that name lies; None where it was not downloaded
    None where it is not there, or not whole.
    """
    own = Path(name).expanduser()
    folder = own if own.is_dir() else cached(name)
    return folder if folder is not None and is_whole(folder) else None
