"""Short videos that coldreel draws itself, for a first look without any files."""

from coldreel.media.demo.draw import draw
from coldreel.media.demo.short import DemoShort

__all__ = ["DemoShort", "draw"]
