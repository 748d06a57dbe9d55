"""What is done to one file, inside a decoder child: watch, understand, make playable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from coldreel.errors import RejectedError
from coldreel.media.likeness import Fingerprint
from coldreel.media.limits import Limits
from coldreel.media.whole_files import draft
from coldreel.model import Description, Footage, Material, MediaFacts, Playback, Vector
from coldreel.settings import Settings
from coldreel.understand.choice import Rooms
from coldreel.understand.contract import FootageProvider, Medium


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be understood of a file in the child, and what is to be handed out of it.

    describer: who describes in the child; None where that is done outside
    makers: who measure blocks in the child, the describer included where it does
    takes: what a provider outside has to be given; nothing of the rest is handed out
    settings: without secrets
    """

    describer: str | None
    makers: tuple[str, ...]
    takes: frozenset[Medium]
    settings: Settings


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What the child understood. `description` is None where it was not asked for one."""

    description: Description | None
    blocks: Mapping[str, Vector]
    material: Material | None


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """All that is known of one file when it leaves the child.

    playback: how browsers get it; after REMUX the rendition is there
    """

    facts: MediaFacts
    poster: bytes
    strip: bytes
    seen: Seen
    fingerprint: Fingerprint
    playback: Playback


def prepare(path: Path, rendition: Path, wanted: Wanted, limits: Limits, hardware: bool = False) -> Prepared:
    """Everything but words and vector. Raises RejectedError when the file is no use, WorkError otherwise."""
    from coldreel.media.fingerprints import fingerprint
    from coldreel.media.playback import decide

    footage, proxy = _watched(path, rendition.parent, wanted, limits, hardware)
    seen = _understood(footage, proxy, wanted)
    playback = decide(path, footage.facts, limits)
    if playback is Playback.REMUX and not _remuxed(path, rendition, limits):
        playback = Playback.TRANSCODE
    return Prepared(
        facts=footage.facts,
        poster=footage.poster,
        strip=footage.strip,
        seen=seen,
        fingerprint=fingerprint(footage.thumbs, footage.times, footage.sound),
        playback=playback,
    )


def look_again(path: Path, scratch: Path, wanted: Wanted, limits: Limits, hardware: bool = False) -> Seen:
    """Understand a file that was prepared before. `scratch` is a folder for what is gone at the end."""
    return _understood(*_watched(path, scratch, wanted, limits, hardware), wanted)


def render(path: Path, rendition: Path, limits: Limits) -> None:
    """Code a file anew for browsers."""
    from coldreel.media.transcoding import transcode

    transcode(path, rendition, limits)


def _watched(
    path: Path, scratch: Path, wanted: Wanted, limits: Limits, hardware: bool
) -> tuple[Footage, bytes | None]:
    """The footage, and the proxy where it is wanted."""
    from coldreel.media.watch import watch, watch_with_proxy

    if Medium.VIDEO not in wanted.takes:
        return watch(path, limits, hardware), None
    with draft(scratch) as proxy:
        footage = watch_with_proxy(path, proxy, limits, hardware)
        return footage, proxy.read_bytes()


def _understood(footage: Footage, proxy: bytes | None, wanted: Wanted) -> Seen:
    from coldreel.ingest.handing import material

    found = {name: _provider(name, wanted.settings).understand(footage) for name in _names(wanted)}
    return Seen(
        description=found[wanted.describer].description if wanted.describer else None,
        blocks={name: block for each in found.values() for name, block in each.blocks.items()},
        material=material(footage, wanted.takes, wanted.settings.pictures, proxy) if wanted.takes else None,
    )


def _names(wanted: Wanted) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*wanted.makers, *filter(None, [wanted.describer])]))


def _remuxed(path: Path, rendition: Path, limits: Limits) -> bool:
    from coldreel.media.remuxing import remux

    try:
        remux(path, rendition, limits)
    except RejectedError:  # packets that no MP4 can hold; the frames are good
        return False
    return True


@cache
def _provider(name: str, settings: Settings) -> FootageProvider:
    """One of each per child: models are loaded once."""
    provider = Rooms(settings).open(name)
    assert isinstance(provider, FootageProvider)  # the worker keeps the others to itself
    return provider
