"""What is done to one file, inside a decoder child: watch, understand, place, make playable."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from coldreel.errors import RejectedError
from coldreel.media.likeness import Fingerprint
from coldreel.media.limits import Limits
from coldreel.model import Description, Given, MediaFacts, Playback, Vector
from coldreel.understand.choice import Chosen, choose
from coldreel.understand.text import text_of


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """All that is published of one file.

    vector: in the provider's space; text_norm: the norm of its text block; words: what text search reads
    playback: how browsers get it; after REMUX the rendition is there
    """

    facts: MediaFacts
    poster: bytes
    strip: bytes
    description: Description
    words: str
    vector: Vector
    text_norm: float
    fingerprint: Fingerprint
    playback: Playback


def prepare(
    path: Path, rendition: Path, given: Given, provider: str, limits: Limits, hardware: bool = False
) -> Prepared:
    """Everything from file to vector. Raises RejectedError when the file is no use, WorkError otherwise."""
    from coldreel.media.fingerprints import fingerprint
    from coldreel.media.playback import decide
    from coldreel.media.watch import watch

    footage = watch(path, limits, hardware)
    chosen = _chosen(provider)
    understanding = chosen.provider.understand(footage)
    vector = chosen.place(understanding, given)
    playback = decide(path, footage.facts, limits)
    if playback is Playback.REMUX and not _remuxed(path, rendition, limits):
        playback = Playback.TRANSCODE
    return Prepared(
        facts=footage.facts,
        poster=footage.poster,
        strip=footage.strip,
        description=understanding.description,
        words=text_of(understanding.description, given),
        vector=vector,
        text_norm=chosen.space.text_norm(vector),
        fingerprint=fingerprint(footage.thumbs, footage.times, footage.sound),
        playback=playback,
    )


def render(path: Path, rendition: Path, limits: Limits) -> None:
    """Code a file anew for browsers."""
    from coldreel.media.transcoding import transcode

    transcode(path, rendition, limits)


def _remuxed(path: Path, rendition: Path, limits: Limits) -> bool:
    from coldreel.media.remuxing import remux

    try:
        remux(path, rendition, limits)
    except RejectedError:  # packets that no MP4 can hold; the frames are good
        return False
    return True


@lru_cache(maxsize=1)
def _chosen(provider: str) -> Chosen:
    """One provider per child: its models are loaded once."""
    return choose(provider)
