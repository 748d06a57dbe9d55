"""Letters of all scripts: what a word is, and which words are the same but for case and accents."""

from __future__ import annotations

import re
import unicodedata

WORD = re.compile(r"[^\W_]+(?:[\u0300-\u036f\u0900-\u0dff\u0e31-\u0e4e]+[^\W_]*)*")
"""Letters and digits, with the vowel signs that Indic and Thai scripts write as marks."""
ACCENTS = re.compile(r"[\u0300-\u036f]")
UNSPACED = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\U00020000-\U0003ffff]")
"""Scripts that write no spaces: Thai, Lao, kana, Chinese characters."""
ATTACHED = re.compile(r"[\uac00-\ud7a3]")
"""Korean, which writes particles and endings on to their word."""


def folded(text: str) -> str:
    """The text in lower case and without accents; like characters of several kinds become one."""
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    return unicodedata.normalize("NFC", ACCENTS.sub("", decomposed))
