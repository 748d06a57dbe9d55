"""Which files are worth a look: those whose name or first bytes promise a video."""

from __future__ import annotations

import logging
import os
from functools import cache
from pathlib import Path, PurePosixPath

from coldreel.media.signatures import HEAD_BYTES, container_kind

log = logging.getLogger("coldreel.listing")

_PICTURES = (
    "3g2 3gp asf avi divx f4v flv gif m1v m2t m2ts m2v m4v mkv mod mov mp4 mpe mpeg mpg mts mxf ogm ogv"
)
_OLDER = "qt rm rmvb tod ts vob webm wmv"
_SOUNDS = "aac aif aiff flac m4a mka mp3 oga ogg opus wav wma"
SUFFIXES = frozenset(f"{_PICTURES} {_OLDER} {_SOUNDS}".split())
"""File names that promise a video, or sound without one, which is better refused than passed over in silence.
Other files are enlisted when their first bytes are a video's."""


def promising(path: Path) -> bool:
    """Whether a local file is to be enlisted."""
    try:
        if not path.is_file():  # a pipe or a device would never end
            return False
        if promising_name(path.name):
            return True
        with path.open("rb") as file:
            return container_kind(file.read(HEAD_BYTES)) is not None
    except OSError as error:
        pass_over(path, f"it cannot be read ({error.strerror})")
        return False


@cache
def pass_over(path: Path, why: str) -> None:
    """Say what is passed over, once: `up` looks at its folder twice a minute."""
    log.warning("%s is passed over: %s", os.fsencode(path).decode(errors="replace"), why)


def promising_name(name: str) -> bool:
    """Whether a name alone is enough."""
    return PurePosixPath(name).suffix.lower().removeprefix(".") in SUFFIXES
