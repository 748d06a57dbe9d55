"""Writing an MP4 that is there whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av
from av.container import OutputContainer

from coldreel.errors import WorkError

TICKS = Fraction(1, 90_000)
"""The usual clock of video: every common frame rate falls on whole ticks."""


@contextmanager
def written_mp4(destination: Path) -> Iterator[OutputContainer]:
    """An MP4 with its index first, under another name beside the destination until it is whole.

    Raises WorkError when it cannot be written, and whatever the block raises; then nothing is left behind.
    """
    part = None
    try:
        handle, part = tempfile.mkstemp(
            dir=destination.parent, prefix=f".{destination.name}.", suffix=".part"
        )
        os.close(handle)
        with av.open(part, "w", format="mp4", options={"movflags": "faststart"}) as output:
            yield output
        Path(part).replace(destination)
    except MemoryError:
        raise
    except (OSError, av.error.FFmpegError) as error:
        raise WorkError(f"{destination} cannot be written: {error.strerror}.") from error
    finally:
        if part is not None:
            Path(part).unlink(missing_ok=True)
