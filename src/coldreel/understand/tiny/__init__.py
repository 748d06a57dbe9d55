"""Things and sounds, recognised by two small open models on the processor."""

from coldreel.understand.tiny.provider import Tiny

__all__ = ["Tiny"]
