"""What a browser needs in order to play a file, decided by its streams, not by its name."""

from __future__ import annotations

from pathlib import Path

from coldreel.media.boxes import layout_of
from coldreel.media.limits import Limits
from coldreel.media.opening import Media, open_media
from coldreel.model import Playback

_EIGHT_BIT = frozenset({"yuv420p", "yuvj420p"})
"""Sampled 4:2:0 in 8 bit: what every browser decodes, most in hardware."""
_SHORT_SIDE = 1080
"""Larger pictures cost a phone's connection more than its screen shows."""

_PLAYS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "mp4": (frozenset({"h264", "vp9", "av1"}), frozenset({"aac", "mp3", "opus"})),
    "webm": (frozenset({"vp8", "vp9", "av1"}), frozenset({"opus", "vorbis"})),
}
"""Container -> the picture and sound codecs that Chromium, Firefox and Safari play in it."""

_REPACKED = frozenset({"mov", "mp4", "matroska", "webm", "flv", "mpegts"})
"""Containers whose packets carry time stamps good enough to be put into an MP4."""

_PLACE_WORDS = ("location", "gps", "geo")
"""Parts of the keys under which cameras write where they were."""


def decide(path: Path, limits: Limits) -> Playback:
    """How this file reaches browsers. Raises what `open_media` raises."""
    with open_media(path, limits) as media:
        if _playable(media, media.container_name) and _servable(path, media):
            return Playback.AS_IS
        if media.container_name in _REPACKED and _playable(media, "mp4"):
            return Playback.REMUX
        return Playback.TRANSCODE


def _playable(media: Media, container: str) -> bool:
    """Whether browsers play these streams in that container."""
    if container not in _PLAYS:
        return False
    pictures, sounds = _PLAYS[container]
    picture = media.picture.codec_context
    return (
        picture.codec.canonical_name in pictures
        and picture.pix_fmt in _EIGHT_BIT
        and min(picture.width, picture.height) <= _SHORT_SIDE
        and (media.sound is None or media.sound.codec_context.codec.canonical_name in sounds)
    )


def _servable(path: Path, media: Media) -> bool:
    """Whether the bytes as they are start quickly and say nothing about the person who filmed."""
    streams = media.container.streams
    tags = (*media.container.metadata, *(key for stream in streams for key in stream.metadata))
    if any(word in tag.lower() for tag in tags for word in _PLACE_WORDS):
        return False
    if len(streams) > (1 if media.sound is None else 2):  # timed metadata of cameras is a stream
        return False
    if media.container_name == "webm":
        return True
    layout = layout_of(path)
    return layout.index_first and not layout.fragmented
