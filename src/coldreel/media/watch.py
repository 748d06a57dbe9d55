"""From a raw file to Footage: the one entry, to be run in a decoder child."""

from __future__ import annotations

from pathlib import Path

from coldreel.media.decoding import packets
from coldreel.media.distinct import distinct
from coldreel.media.limits import Limits
from coldreel.media.opening import Media, open_media
from coldreel.media.planning import NoPlanError
from coldreel.media.poster import make_poster, representative
from coldreel.media.sampling import Sampler, Samples, sample_every_frame
from coldreel.media.sound import SOUND_RATE, Hearing, Sound, hear
from coldreel.media.speech import speech_share
from coldreel.media.strip import make_strip
from coldreel.media.thumbs import make_thumbs
from coldreel.model import Footage, MediaFacts

_BELIEVED_S = 1.0
"""A header that is further from what was decoded is wrong: the file was cut off, or its index is poor."""


def watch(path: Path, limits: Limits) -> Footage:
    """Sample one file: in one pass that decodes only what must be, where the file allows it.

    Raises the RejectedError that fits when the file is no use, UnreadableError when it cannot be read, and
    OutOfMemoryError.
    """
    try:
        samples, sound, facts = _in_one_pass(path, limits)
    except NoPlanError:
        samples, sound, facts = _in_two_passes(path, limits)
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


def _in_one_pass(path: Path, limits: Limits) -> tuple[Samples, Sound | None, MediaFacts]:
    with open_media(path, limits) as media:
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


def _in_two_passes(path: Path, limits: Limits) -> tuple[Samples, Sound | None, MediaFacts]:
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
