"""From footage to blocks and words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2

from coldreel.model import Description, Footage, Understanding, Vector
from coldreel.understand.signals import words
from coldreel.understand.signals.motion import motion
from coldreel.understand.signals.palette import palette
from coldreel.understand.signals.pictures import Pictures
from coldreel.understand.signals.reading import Line, read
from coldreel.understand.signals.sound import sound
from coldreel.understand.tiny import networks, recognising, telling
from coldreel.understand.tiny.listening import listen
from coldreel.understand.tiny.looking import look
from coldreel.understand.tiny.placing import look_block, sound_block
from coldreel.understand.tiny.provider import LOOK, MODEL, NAME, SOUND, VERSION
from coldreel.understand.tiny.recognising import Sighting

Sightings = tuple[Sighting, ...]


def measure(footage: Footage, models: Path) -> Understanding:
    """The blocks that could be measured, of norm one, and a description of what was recognised.

    models: the folder of the files. Raises ProviderError where they are not what they should be.
    """
    cv2.setNumThreads(1)  # workers are processes; threads of one would take the processors of the others
    looks = look(footage, networks.pictures(models))
    scores = listen(footage.sound, networks.sounds(models))
    blocks: dict[str, Vector] = {LOOK: look_block(looks.features, models)}
    seen: Sightings = recognising.seen(looks.chances)
    heard: Sightings = ()
    figures: dict[str, Any] = {"frames": len(looks.chances), "seen": telling.evidence(seen)}
    if scores is not None:
        blocks[SOUND] = sound_block(scores, models)
        heard = recognising.heard(scores, footage.speech_share)
        figures |= {"stretches": len(scores), "heard": telling.evidence(heard)}
    return Understanding(_describe(footage, seen, heard, figures), blocks)


def _describe(footage: Footage, seen: Sightings, heard: Sightings, figures: dict[str, Any]) -> Description:
    lines = read(footage.frames)
    told = telling.title(seen, heard)
    if told:
        sentence = telling.description(seen, heard)
        text = f"{sentence} {telling.written(lines)}".strip()
    else:  # nothing was recognised; colours and loudness can still be measured
        told, text = _plain(footage, lines)
    tags = telling.tags(seen, heard)
    return Description(
        title=words.caption(lines) or told,
        tags=tags,
        genres=telling.genres(tags),
        description=text,
        provider=NAME,
        model=MODEL,
        prompt_version=VERSION,
        speech_share=footage.speech_share,
        on_screen_text="\n".join(line.text for line in lines),
        evidence=figures | {"lines": [{"text": each.text, "score": round(each.score, 3)} for each in lines]},
    )


def _plain(footage: Footage, lines: tuple[Line, ...]) -> tuple[str, str]:
    """Title and description by what `signals` measures."""
    measured = words.Measured(
        footage.facts,
        palette(Pictures.of(footage.frames)),
        motion(footage),
        sound(footage.sound),
        lines,
        footage.speech_share,
    )
    return words.title(measured), words.description(measured)
