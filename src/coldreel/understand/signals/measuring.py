"""From footage to blocks and words: everything that `signals` measures."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from coldreel.model import Description, Footage, Understanding
from coldreel.understand.signals import look, words
from coldreel.understand.signals.motion import Motion, motion
from coldreel.understand.signals.palette import palette
from coldreel.understand.signals.pictures import Pictures
from coldreel.understand.signals.provider import MODEL, NAME, VERSION
from coldreel.understand.signals.reading import read
from coldreel.understand.signals.sound import Sound, sound
from coldreel.understand.signals.standard import standard


def measure(footage: Footage) -> Understanding:
    """The blocks that could be measured, of norm one, and a description of what was."""
    cv2.setNumThreads(1)  # workers are processes; threads of one would take the processors of the others
    pictures = Pictures.of(footage.frames)
    moved, heard = motion(footage), sound(footage.sound)
    raws = measurements(pictures, moved, heard)
    measured = words.Measured(
        facts=footage.facts,
        palette=palette(pictures),
        motion=moved,
        sound=heard,
        lines=read(footage.frames),
        speech_share=footage.speech_share,
    )
    return Understanding(
        _describe(measured), {f"{NAME}.{name}": standard(name, raw) for name, raw in raws.items()}
    )


def measurements(
    pictures: Pictures, moved: Motion | None, heard: Sound | None
) -> Mapping[str, NDArray[np.float64]]:
    """The raw vector of every block that could be measured."""
    raws = {
        "colour": look.colour(pictures),
        "layout": look.layout(pictures),
        "shape": look.shape(pictures),
        "texture": look.texture(pictures),
    }
    if moved is not None:
        raws["motion"] = moved.raw
    if heard is not None:
        raws["sound"] = heard.raw
    return raws


def _describe(measured: words.Measured) -> Description:
    return Description(
        title=words.title(measured),
        tags=words.tags(measured),
        genres=(),
        description=words.description(measured),
        provider=NAME,
        model=MODEL,
        prompt_version=VERSION,
        speech_share=measured.speech_share,
        on_screen_text="\n".join(line.text for line in measured.lines),
        evidence=words.evidence(measured),
    )
