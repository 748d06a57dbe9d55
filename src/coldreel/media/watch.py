"""From a raw file to Footage: the one entry, to be run in a decoder child."""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

from av.codec.hwaccel import HWAccel

from coldreel.errors import RejectedError, UnreadableError
from coldreel.media.decoding import packets
from coldreel.media.distinct import distinct
from coldreel.media.hardware import accelerator
from coldreel.media.limits import Limits
from coldreel.media.opening import Media, open_media
from coldreel.media.planning import NoPlanError
from coldreel.media.poster import make_poster, representative
from coldreel.media.sampling import Sampler, Samples, sample_every_frame
from coldreel.media.sound import Hearing, Sound, hear
from coldreel.media.speech import speech_share
from coldreel.media.strip import make_strip
from coldreel.media.thumbs import make_thumbs
from coldreel.model import SOUND_RATE, Footage, MediaFacts

_BELIEVED_S = 1.0
"""A header that is further from what was decoded is wrong: the file was cut off, or its index is poor."""


Watched: TypeAlias = tuple[Samples, Sound | None, MediaFacts]
"""What one reading of a file brings."""


def watch(path: Path, limits: Limits, hardware: bool = False) -> Footage:
    """Sample one file: in one pass that decodes only what must be, where the file allows it.

    hardware: decode on a device, where there is one that decodes as the processor does

    Raises the RejectedError that fits when the file is no use, UnreadableError when it cannot be read, and
    OutOfMemoryError.
    """
    found = _on_a_device(path, limits) if hardware else None
    samples, sound, facts = found or _in_software(path, limits)
    thumbs = make_thumbs(samples.frames)
    new = distinct(thumbs)
    return Footage(
        facts,
        samples.frames,
        samples.times,
        sound.samples if sound else None,
        make_poster(samples.frames[representative(thumbs)]),
        thumbs,
        new,
        make_strip(samples.frames[new]),
        loudness=sound.loudness if sound else None,
        speech_share=speech_share(sound.samples) if sound else None,
        key_times=samples.key_times,
    )


def _on_a_device(path: Path, limits: Limits) -> Watched | None:
    """None where no device can do it; a device may also fail from one file to the next."""
    if (device := accelerator(path, limits)) is None:
        return None
    try:
        return _in_one_pass(path, limits, device)
    except (NoPlanError, RejectedError, UnreadableError):
        return None


def _in_software(path: Path, limits: Limits) -> Watched:
    try:
        return _in_one_pass(path, limits, None)
    except NoPlanError:
        return _in_two_passes(path, limits)


def _in_one_pass(path: Path, limits: Limits, device: HWAccel | None) -> Watched:
    with open_media(path, limits, device) as media:
        sampler = Sampler(media, limits)
        hearing = Hearing(media.sound, limits) if media.sound else None
        streams = (media.picture, media.sound) if media.sound else (media.picture,)
        for packet in packets(media, streams, limits):
            if packet.stream_index == media.picture.index:
                sampler.take(packet)
            elif hearing is not None:
                hearing.take(packet)
        samples, sound = sampler.finish(), hearing.finish() if hearing else None
        return samples, sound, _facts(media, samples, sound)


def _in_two_passes(path: Path, limits: Limits) -> Watched:
    with open_media(path, limits) as media:
        samples = sample_every_frame(media, limits)
    with open_media(path, limits) as media:  # a second read, so that a broken sound track costs no picture
        sound = hear(media, limits)
        return samples, sound, _facts(media, samples, sound)


def _facts(media: Media, samples: Samples, sound: Sound | None) -> MediaFacts:
    heard_s = len(sound.samples) / SOUND_RATE if sound else 0.0
    came_s = max(samples.end_s, heard_s)
    stated_s = media.stated_duration_s
    return MediaFacts(
        duration_s=came_s if stated_s is None or abs(stated_s - came_s) > _BELIEVED_S else stated_s,
        width=samples.width,
        height=samples.height,
        fps=samples.rate,
        container=media.container_name,
        video_codec=media.picture.codec_context.codec.canonical_name,
        pixel_format=samples.pixel_format,
        audio_codec=media.sound.codec_context.codec.canonical_name if media.sound else None,
    )
