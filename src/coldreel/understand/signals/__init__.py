"""The weightless provider: what can be measured in a video without any model that recognises things."""

from coldreel.understand.signals.provider import Signals

__all__ = ["Signals"]
