"""The words on a short: large and white on a dark pill."""

from __future__ import annotations

import textwrap

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from coldreel.media.demo.canvas import WIDTH, Colour, Field, Picture

TEXT_PX = 34
LINE_PX = 42
MARGIN_PX = 18
TOP_PX = 84
"""Below the buttons that players put at the top, far above the ones at the bottom."""
CORNER_PX = 26
BOLD_PX = 0.6
LINE_CHARACTERS = 17
"""What fits into a line at this size."""
RISE_S = 0.35
RISE_PX = 14
PILL: Colour = (12, 12, 20)
PILL_OPACITY = 0.72


class Caption:
    """One caption, set once and laid on every picture."""

    def __init__(self, words: str) -> None:
        lines = _wrapped(words)
        font = ImageFont.load_default(size=TEXT_PX)
        width = round(max(font.getlength(line) for line in lines)) + 2 * MARGIN_PX
        height = len(lines) * LINE_PX + MARGIN_PX
        pill = Image.new("L", (2 * width, 2 * height))
        ImageDraw.Draw(pill).rounded_rectangle((0, 0, 2 * width - 1, 2 * height - 1), CORNER_PX * 2, fill=255)
        ink = Image.new("L", (width, height))
        for number, line in enumerate(lines):
            middle = (width / 2, (MARGIN_PX + LINE_PX) / 2 + number * LINE_PX)
            ImageDraw.Draw(ink).text(middle, line, 255, font, anchor="mm", stroke_width=BOLD_PX)
        self._pill = _mask(pill.resize((width, height))) * np.float32(PILL_OPACITY)
        self._ink = _mask(ink)
        self._left = (WIDTH - width) // 2

    def on(self, picture: Picture, t: float) -> Picture:
        """The same picture, now with the caption laid on it; it rises into place in the first moments."""
        top = TOP_PX + round(RISE_PX * max(0.0, 1 - t / RISE_S) ** 2)
        height, width = self._ink.shape[:2]
        part = picture[top : top + height, self._left : self._left + width]
        dark = part + (np.array(PILL, np.float32) - part) * self._pill
        part[:] = (dark + (255 - dark) * self._ink).astype(np.uint8)
        return picture


def _wrapped(words: str) -> list[str]:
    """The words in as few lines as fit, the lines about equally long."""
    fewest = len(textwrap.wrap(words, LINE_CHARACTERS))
    narrowest = max(len(word) for word in words.split())
    tries = (textwrap.wrap(words, width) for width in range(narrowest, LINE_CHARACTERS + 1))
    return next(lines for lines in tries if len(lines) == fewest)


def _mask(drawn: Image.Image) -> Field:
    return np.asarray(drawn, dtype=np.float32)[..., None] / np.float32(255)
