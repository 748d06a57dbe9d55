"""From a raw file to Footage: the one entry, to be run in a decoder child."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from coldreel.media.distinct import distinct
from coldreel.media.keeping import KeptPictures
from coldreel.media.limits import Limits
from coldreel.media.poster import make_poster, representative
from coldreel.media.proxy import ProxyWriter
from coldreel.media.reading import Reading, read
from coldreel.media.speech import speech_share
from coldreel.media.strip import make_strip
from coldreel.media.thumbs import make_thumbs
from coldreel.model import Footage

Pictures = TypeVar("Pictures", bound=KeptPictures)


def watch(path: Path, limits: Limits, hardware: bool = False) -> Footage:
    """Sample one file. `hardware`, and what is raised: see `read`."""
    return _footage(read(path, limits, lambda: KeptPictures(limits), hardware))


def watch_with_proxy(path: Path, proxy: Path, limits: Limits, hardware: bool = False) -> Footage:
    """The same, and from the same pass the proxy for a model that watches videos, written to that path.

    Raises what `read` and `ProxyWriter` raise.
    """
    reading = read(path, limits, lambda: KeptTwice(limits, proxy), hardware)
    reading.kept.proxy.finish(reading.sound, reading.facts.duration_s)
    return _footage(reading)


class KeptTwice(KeptPictures):
    """Pictures that are kept and coded for the proxy, which is to be finished."""

    def __init__(self, limits: Limits, proxy: Path) -> None:
        super().__init__(limits)
        self.proxy = ProxyWriter(proxy)

    def add(self, second: float, picture: NDArray[np.uint8]) -> None:
        super().add(second, picture)
        self.proxy.add(second, picture)


def _footage(reading: Reading[Pictures]) -> Footage:
    frames, times = reading.kept.arrays()
    thumbs = make_thumbs(frames)
    new = distinct(thumbs)
    return Footage(
        reading.facts,
        frames,
        times,
        reading.sound,
        make_poster(frames[representative(thumbs)]),
        thumbs,
        new,
        make_strip(frames, new),
        loudness=reading.loudness,
        speech_share=None if reading.sound is None else speech_share(reading.sound),
        key_times=reading.key_times,
    )
