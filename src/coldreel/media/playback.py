"""What a browser needs in order to play a file, decided by its streams, not by its name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from coldreel.media.boxes import MP4_FAMILY, layout_of
from coldreel.media.limits import Limits
from coldreel.media.opening import Media, open_media
from coldreel.model import MediaFacts, Playback

SHORT_SIDE = 1080
"""Pixels. Larger pictures cost a phone's connection more than its screen shows."""
EIGHT_BIT = frozenset({"yuv420p", "yuvj420p"})
"""Sampled 4:2:0 in 8 bit: what every browser decodes, most in hardware."""


@dataclass(frozen=True, slots=True)
class Played:
    """The codecs that Chromium, Firefox and Safari play in a container, and the containers whose packets have
    time stamps that are good enough to be put into that one."""

    pictures: frozenset[str]
    sounds: frozenset[str]
    repacked_from: frozenset[str]


PLAYED = {
    "mp4": Played(
        pictures=frozenset({"h264", "vp9", "av1"}),
        sounds=frozenset({"aac", "mp3", "opus"}),
        repacked_from=frozenset({"mp4", "mov", "matroska", "webm", "flv", "mpegts"}),
    ),
    "webm": Played(
        pictures=frozenset({"vp8", "vp9", "av1"}),
        sounds=frozenset({"opus", "vorbis"}),
        repacked_from=frozenset(),
    ),
}
"""The decision table. What it does not list is coded anew."""

TELLS_NOTHING = frozenset({
    "major_brand", "minor_version", "compatible_brands", "encoder", "language", "handler_name", "vendor_id",
    "duration",
})  # fmt: skip
"""Tags that say how a file was written. Any other may say who filmed what, where and when."""


def decide(path: Path, facts: MediaFacts, limits: Limits) -> Playback:
    """How a file that was watched reaches browsers. Raises what `open_media` raises."""
    played = PLAYED.get(facts.container)
    if played and _plays(facts, played) and _can_be_served(path, limits):
        return Playback.AS_IS
    if facts.container in PLAYED["mp4"].repacked_from and _plays(facts, PLAYED["mp4"]):
        return Playback.REMUX
    return Playback.TRANSCODE


def _plays(facts: MediaFacts, played: Played) -> bool:
    return (
        facts.video_codec in played.pictures
        and facts.pixel_format in EIGHT_BIT
        and min(facts.width, facts.height) <= SHORT_SIDE
        and (facts.audio_codec is None or facts.audio_codec in played.sounds)
    )


def _can_be_served(path: Path, limits: Limits) -> bool:
    """Whether the bytes as they are start quickly and say nothing about the person who filmed."""
    with open_media(path, limits) as media:
        if not _tells_nothing(media):
            return False
        if media.container_name not in MP4_FAMILY:
            return True
    layout = layout_of(path)
    return layout.plain and layout.index_first and not layout.fragmented


def _tells_nothing(media: Media) -> bool:
    streams = media.container.streams
    if len(streams) > (1 if media.sound is None else 2):  # timed metadata of cameras is a stream
        return False
    tags = (*media.container.metadata, *(key for stream in streams for key in stream.metadata))
    return all(tag.lower() in TELLS_NOTHING for tag in tags)
