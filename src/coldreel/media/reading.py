"""One reading of a file: its pictures go to a keeper, its sound and the facts come back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np
from av.codec.hwaccel import HWAccel
from numpy.typing import NDArray

from coldreel.errors import OutOfMemoryError, RejectedError, UnreadableError
from coldreel.media.decoding import packets
from coldreel.media.hardware import accelerator
from coldreel.media.keeping import Keeper
from coldreel.media.limits import Limits
from coldreel.media.opening import Media, open_media
from coldreel.media.planning import NoPlanError
from coldreel.media.sampling import PictureTrack, Sampler, sample_every_frame
from coldreel.media.sound import Hearing, Sound, hear
from coldreel.model import SOUND_RATE, MediaFacts

_BELIEVED_S = 1.0
"""A header that is further from what was decoded is wrong: the file was cut off, or its index is poor."""

Kept = TypeVar("Kept", bound=Keeper)


@dataclass(frozen=True, slots=True, eq=False)
class Reading(Generic[Kept]):
    """kept: what took the pictures · sound: as in Footage · loudness: in LUFS, None when silent ·
    key_times: as in Footage"""

    kept: Kept
    facts: MediaFacts
    sound: NDArray[np.float32] | None
    loudness: float | None
    key_times: tuple[float, ...]


def read(path: Path, limits: Limits, keeper: Callable[[], Kept], hardware: bool = False) -> Reading[Kept]:
    """Read a file once, decoding only what must be, where the file allows it; else twice, decoding all.

    keeper: makes what takes the pictures, anew when a reading has to begin anew
    hardware: decode on a device, where there is one that decodes as the processor does

    Raises the RejectedError that fits when the file is no use, UnreadableError when it cannot be read, and
    OutOfMemoryError.
    """
    if hardware and (found := _on_a_device(path, limits, keeper)):
        return found
    try:
        return _in_one_pass(path, limits, keeper(), None)
    except NoPlanError:
        pass  # and let go of what has been kept
    return _in_two_passes(path, limits, keeper())


def _on_a_device(path: Path, limits: Limits, keeper: Callable[[], Kept]) -> Reading[Kept] | None:
    """None where no device can do it; a device may also fail from one file to the next."""
    try:
        device = accelerator(path, limits)
        return _in_one_pass(path, limits, keeper(), device) if device else None
    except (NoPlanError, RejectedError, UnreadableError, OutOfMemoryError, MemoryError):
        return None


def _in_one_pass(path: Path, limits: Limits, keeper: Kept, device: HWAccel | None) -> Reading[Kept]:
    with open_media(path, limits, device) as media:
        sampler = Sampler(media, limits, keeper)
        hearing = Hearing(media.sound, limits) if media.sound else None
        streams = (media.picture, media.sound) if media.sound else (media.picture,)
        for packet in packets(media, streams, limits):
            if packet.stream_index == media.picture.index:
                sampler.take(packet)
            elif hearing is not None:
                hearing.take(packet)
        return _reading(media, limits, keeper, sampler.finish(), hearing.finish() if hearing else None)


def _in_two_passes(path: Path, limits: Limits, keeper: Kept) -> Reading[Kept]:
    with open_media(path, limits) as media:
        picture = sample_every_frame(media, limits, keeper)
    with open_media(path, limits) as media:  # a second read, so that a broken sound track costs no picture
        return _reading(media, limits, keeper, picture, hear(media, limits))


def _reading(
    media: Media, limits: Limits, keeper: Kept, picture: PictureTrack, sound: Sound | None
) -> Reading[Kept]:
    heard = sound.beside(picture.start_s, limits) if sound else None
    return Reading(
        keeper,
        _facts(media, picture, heard),
        heard,
        sound.loudness if sound else None,
        picture.key_times,
    )


def _facts(media: Media, picture: PictureTrack, heard: NDArray[np.float32] | None) -> MediaFacts:
    came_s = max(picture.end_s, 0.0 if heard is None else len(heard) / SOUND_RATE)
    stated_s = media.stated_duration_s
    return MediaFacts(
        duration_s=came_s if stated_s is None or abs(stated_s - came_s) > _BELIEVED_S else stated_s,
        width=picture.width,
        height=picture.height,
        fps=picture.rate,
        container=media.container_name,
        video_codec=media.picture.codec_context.codec.canonical_name,
        pixel_format=picture.pixel_format,
        audio_codec=media.sound.codec_context.codec.canonical_name if media.sound else None,
    )
