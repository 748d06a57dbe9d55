"""Decoding on a device, where there is one and it decodes as the processor does.

The processor is the reference: the first file of each kind of stream is sampled both ways, and the device is
used for that kind only when no pixel differs by more than one level.
"""

from __future__ import annotations

import logging
from functools import cache
from pathlib import Path

import av
import cv2
import numpy as np
from av.codec.hwaccel import HWAccel, hwdevices_available
from numpy.typing import NDArray

from coldreel.errors import OutOfMemoryError
from coldreel.media.decoding import packets
from coldreel.media.keeping import KeptPictures
from coldreel.media.limits import Limits
from coldreel.media.opening import open_media
from coldreel.media.planning import NoPlanError
from coldreel.media.sampling import Sampler

log = logging.getLogger("coldreel.hardware")

KINDS = ("cuda", "videotoolbox", "vaapi", "d3d11va", "qsv")
"""Devices that are asked for, in this order, as far as PyAV was built with them."""
MOST_LEVELS = 1
"""Difference of a pixel, 0..255, that rounding explains."""

_trusted: dict[tuple[str, str | None], bool] = {}
"""Per codec and profile, whether the device decoded one file as the processor did; of this process."""


def accelerator(path: Path, limits: Limits) -> HWAccel | None:
    """The device to open this file with; None where there is none, or it is not to be trusted with it.

    Raises what `open_media` raises, and NoPlanError for a file that cannot be sampled in one pass.
    """
    with open_media(path, limits) as media:
        context = media.picture.codec_context
        kind = (context.codec.canonical_name, context.profile)
        device = _device(context.codec.name)
    if device is None:
        return None
    if kind not in _trusted:
        _trusted[kind] = _decodes_alike(path, limits, device)
        verdict = "is used" if _trusted[kind] else "decodes other pictures and is not used"
        log.info("%s for %s of %s", f"{device} {verdict}", *kind)
    return _accelerator(device) if _trusted[kind] else None


@cache
def _device(codec: str) -> str | None:
    """The first kind of device that can be opened here for a decoder."""
    for kind in KINDS:
        if kind not in hwdevices_available():
            continue
        try:
            HWAccel(kind, allow_software_fallback=False).create(av.Codec(codec, "r"))
        except (av.error.FFmpegError, NotImplementedError, ValueError):
            continue
        return kind
    return None


def _accelerator(device: str) -> HWAccel:
    return HWAccel(device, allow_software_fallback=True)


def _decodes_alike(path: Path, limits: Limits, device: str) -> bool:
    """Raises NoPlanError when the file cannot be sampled in one pass even without a device."""
    mine, times = _samples(path, limits, None)
    try:
        theirs, their_times = _samples(path, limits, _accelerator(device))
    except (NoPlanError, OutOfMemoryError, av.error.FFmpegError):
        return False
    if not np.array_equal(times, their_times) or mine.shape != theirs.shape:
        return False
    return all(cv2.absdiff(one, other).max() <= MOST_LEVELS for one, other in zip(mine, theirs, strict=True))


def _samples(
    path: Path, limits: Limits, device: HWAccel | None
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    kept = KeptPictures(limits)
    with open_media(path, limits, device) as media:
        sampler = Sampler(media, limits, kept)
        for packet in packets(media, (media.picture,), limits):
            sampler.take(packet)
        sampler.finish()
    return kept.arrays()
