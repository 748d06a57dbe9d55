"""What of a video is handed out of the decoder child: little, and only what is asked for."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from coldreel.errors import WorkError
from coldreel.model import Footage, Material, Picture
from coldreel.understand.contract import Medium

JPEG_QUALITY = 85
"""Of 100: at 768 px some 60 kB a picture."""


def material(footage: Footage, takes: frozenset[Medium], most_pictures: int, proxy: bytes | None) -> Material:
    """What a provider that takes these is given; the content hash, which is not known here, is empty."""
    return Material(
        content_hash=b"",
        facts=footage.facts,
        pictures=_pictures(footage, most_pictures) if Medium.FRAMES in takes else (),
        video=proxy if Medium.VIDEO in takes else None,
        sound=footage.sound if Medium.SOUND in takes else None,
    )


def _pictures(footage: Footage, most: int) -> tuple[Picture, ...]:
    """The frames that differ, or so many of them, evenly spread from the first to the last."""
    differing = footage.distinct if len(footage.distinct) else np.arange(len(footage.frames))
    places = np.unique(np.linspace(0, len(differing) - 1, min(most, len(differing))).round().astype(int))
    return tuple(
        Picture(float(footage.times[index]), _jpeg(footage.frames[index])) for index in differing[places]
    )


def _jpeg(frame: NDArray[np.uint8]) -> bytes:
    coded, data = cv2.imencode(
        ".jpg", cv2.cvtColor(frame, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
    )
    if not coded:
        raise WorkError("A picture could not be coded as a JPEG")
    return data.tobytes()
