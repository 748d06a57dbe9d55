"""Words for what was measured, and for nothing else. The thresholds are coldreel's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from coldreel.model import MediaFacts
from coldreel.understand.signals.motion import Motion
from coldreel.understand.signals.palette import Palette
from coldreel.understand.signals.reading import Line
from coldreel.understand.signals.sound import Sound

SQUARE = 0.05
"""Width and height that differ by less are square."""
DARK, BRIGHT = 0.25, 0.65
"""Mean grey, 0..1."""
MAIN_SHARE, TAG_SHARE = 0.35, 0.15
"""Share of the pixels that makes a colour the main one, or worth a tag."""
COLOURLESS, ONE_COLOUR = 0.97, 0.9
"""Share of pixels without a hue that makes a picture black and white, unless so much of it is one of them."""
STILL, CALM, LIVELY = 0.005, 0.02, 0.1
"""Mean grey change a second, 0..1."""
FAST_CUTS = 0.3
"""Cuts seen a second, when looking once a second."""
QUIET_DB, LOUD_DB = -35.0, -15.0
LIVELY_DB, EVEN_DB = 8.0, 3.0
"""Deviation of the loudness."""
SOME_SPEECH, MUCH_SPEECH = 0.1, 0.4
"""Share of the sound; by less a recogniser of voices can be wrong."""
TITLE_AREA, TITLE_SCORE, TITLE_LETTERS, TITLE_LENGTH = 0.006, 0.9, 4, 80
"""What writing must be to be a title: share of the picture, certainty, letters; longer titles are cut."""

CAPTION_SIZES, CAPTION_GAP = 0.6, 1.0
"""Lines are one caption when their letters are so alike in size, and the gap at most so many of them high."""


@dataclass(frozen=True, slots=True)
class Measured:
    """All that the words are made of; motion, sound or speech is None where there was none to measure."""

    facts: MediaFacts
    palette: Palette
    motion: Motion | None
    sound: Sound | None
    lines: Sequence[Line]
    speech_share: float | None = None


def title(m: Measured) -> str:
    """The most prominent writing, else such as "Bright portrait video, mostly blue, with lively sound"."""
    if written := caption(m.lines):
        return written
    first = " ".join(filter(None, [_brightness(m.palette), _orientation(m.facts), "video"]))
    text = ", ".join(filter(None, [first, _main_colour(m.palette), _sound(m)]))
    return text[0].upper() + text[1:]


def caption(lines: Sequence[Line]) -> str:
    """The most prominent writing, where it may be a title; empty where none may."""
    prominent = [line for line in lines if _may_be_title(line)]
    if not prominent:
        return ""
    found = _caption(max(prominent, key=lambda line: line.area), lines)
    return _cut(" ".join(line.text for line in found).strip(" .,:;-–—|*"))


def tags(m: Measured) -> tuple[str, ...]:
    """Short words for filters and search, most general first."""
    found = [_orientation(m.facts), _brightness(m.palette), *_colours(m.palette)]
    found += [*_motions(m.motion), *_sounds(m)]
    found.append("text on screen" if m.lines else "")
    return tuple(dict.fromkeys(filter(None, found)))


def description(m: Measured) -> str:
    """A few sentences with the figures."""
    facts = m.facts
    size = f"{facts.duration_s:.1f} seconds, {facts.width} x {facts.height} pixels"
    sentences = [f"A {_orientation(facts)} video of {size}"]
    colours = [f"{name} {share:.0%}" for name, share in m.palette.shares.items() if share >= TAG_SHARE]
    sentences.append("; ".join([f"Brightness {m.palette.brightness:.0%}", ", ".join(colours)]).rstrip("; "))
    if m.motion and m.motion.change < STILL:
        sentences.append("The picture hardly moves")
    elif m.motion:
        sentences.append(f"The picture changes by {m.motion.change:.0%} a second")
        if m.motion.cuts:
            sentences.append(f"{m.motion.cuts} cut{'' if m.motion.cuts == 1 else 's'} seen")
    if m.sound:
        pauses = f" and pauses {m.sound.silent_share:.0%} of the time" if m.sound.silent_share > 0 else ""
        sentences.append(f"The sound averages {m.sound.loudness_db:.0f} dB{pauses}")
        if m.speech_share is not None and m.speech_share >= SOME_SPEECH:
            sentences.append(f"Speech in {m.speech_share:.0%} of it")
    else:
        sentences.append("It is silent")  # without the word that a search for sound would find
    if m.lines:
        sentences.append("On the screen: " + " / ".join(line.text for line in m.lines))
    return ". ".join(sentences) + "."


def evidence(m: Measured) -> dict[str, Any]:
    """The figures behind the words, as plain JSON values."""
    figures: dict[str, Any] = {
        "brightness": round(m.palette.brightness, 3),
        "colours": {name: round(share, 3) for name, share in m.palette.shares.items() if share >= 0.01},
        "lines": [
            {"text": line.text, "score": round(line.score, 3), "area": round(line.area, 4)}
            for line in m.lines
        ],
    }
    if m.motion:
        figures["motion"] = {"change": round(m.motion.change, 4), "cuts": m.motion.cuts}
    if m.sound:
        figures["sound"] = {
            "loudness_db": round(m.sound.loudness_db, 1),
            "swing_db": round(m.sound.swing_db, 1),
            "silent_share": round(m.sound.silent_share, 3),
            "tempo_bpm": round(m.sound.tempo_bpm),
            "pulse": round(m.sound.pulse, 2),
        }
    return figures


def _orientation(facts: MediaFacts) -> str:
    if abs(facts.width - facts.height) < SQUARE * max(facts.width, facts.height):
        return "square"
    return "portrait" if facts.height > facts.width else "landscape"


def _brightness(palette: Palette) -> str:
    return "dark" if palette.brightness < DARK else "bright" if palette.brightness > BRIGHT else ""


def _main_colour(palette: Palette) -> str:
    if _black_and_white(palette):
        return "black and white"
    name, share = next(iter(palette.shares.items()))
    return f"mostly {name}" if share >= MAIN_SHARE else ""


def _colours(palette: Palette) -> list[str]:
    if _black_and_white(palette):
        return ["black and white"]
    return [name for name, share in palette.shares.items() if share >= TAG_SHARE]


def _black_and_white(palette: Palette) -> bool:
    return palette.colourless >= COLOURLESS and max(palette.shares.values()) < ONE_COLOUR


def _motions(motion: Motion | None) -> list[str]:
    if motion is None:
        return []
    if motion.change < STILL:
        return ["still"]
    pace = "calm" if motion.change < CALM else "lively" if motion.change > LIVELY else ""
    return [pace, "fast cuts" if motion.cuts / motion.seconds >= FAST_CUTS else ""]


def _sounds(m: Measured) -> list[str]:
    if m.sound is None:
        return ["silent"]
    loudness = {"quiet": "quiet sound", "loud": "loud sound"}.get(_loudness(m.sound), "")
    return ["sound", loudness, "speech" if (m.speech_share or 0.0) >= MUCH_SPEECH else ""]


def _loudness(sound: Sound) -> str:
    return "quiet" if sound.loudness_db < QUIET_DB else "loud" if sound.loudness_db > LOUD_DB else ""


def _sound(m: Measured) -> str:
    if m.sound is None:
        return "silent"
    swing = "lively" if m.sound.swing_db > LIVELY_DB else "even" if m.sound.swing_db < EVEN_DB else ""
    return " ".join(filter(None, ["with", _loudness(m.sound), swing, "sound"]))


def _may_be_title(line: Line) -> bool:
    letters = sum(c.isalpha() for c in line.text)
    readable = letters >= TITLE_LETTERS and 2 * letters > len(line.text.replace(" ", ""))  # not a time stamp
    return readable and line.area >= TITLE_AREA and line.score >= TITLE_SCORE


def _caption(main: Line, lines: Sequence[Line]) -> list[Line]:
    """The line and those right above and below it in letters of about its size, from top to bottom."""
    beside = sorted((line for line in lines if line.frame == main.frame), key=lambda line: line.top)
    at = beside.index(main)
    first, last = at, at
    while first > 0 and _goes_on(beside[first - 1], beside[first]):
        first -= 1
    while last + 1 < len(beside) and _goes_on(beside[last], beside[last + 1]):
        last += 1
    return beside[first : last + 1]


def _goes_on(upper: Line, lower: Line) -> bool:
    small, large = sorted((upper.height, lower.height))
    gap = lower.top - upper.top - upper.height
    return small >= CAPTION_SIZES * large and -small < gap < CAPTION_GAP * small


def _cut(text: str) -> str:
    return text if len(text) <= TITLE_LENGTH else text[: TITLE_LENGTH - 1].rstrip() + "…"
