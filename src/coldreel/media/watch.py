"""From a raw file to Footage: the one entry, to be run in a decoder child."""

from __future__ import annotations

from pathlib import Path

from coldreel.media.limits import Limits
from coldreel.media.opening import Media, open_media
from coldreel.media.poster import make_poster
from coldreel.media.sampling import Samples, sample
from coldreel.media.sound import SOUND_RATE, hear
from coldreel.model import Footage, MediaFacts

_BELIEVED_S = 1.0
"""A header that is further from what was decoded is wrong: the file was cut off, or its index is poor."""


def watch(path: Path, limits: Limits) -> Footage:
    """Sample one file.

    Raises the RejectedError that fits when the file is no use, UnreadableError when it cannot be read, and
    OutOfMemoryError.
    """
    with open_media(path, limits) as media:
        samples = sample(media, limits)
    with open_media(path, limits) as media:  # a second read, so that a broken sound track costs no picture
        sound = hear(media, limits)
        heard_s = 0.0 if sound is None else len(sound) / SOUND_RATE
        facts = _facts(media, samples, heard_s)
    return Footage(facts, samples.frames, samples.times, sound, make_poster(samples.frames))


def _facts(media: Media, samples: Samples, heard_s: float) -> MediaFacts:
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
