"""The two ways to make the MP4 that browsers play."""

from __future__ import annotations

from coldreel.media.remuxing import remux
from coldreel.media.transcoding import transcode

__all__ = ["remux", "transcode"]
