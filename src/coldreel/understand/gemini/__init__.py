"""Gemini: a video to words, in the way of the mission, with an API key or through Vertex."""

from coldreel.understand.gemini.provider import Gemini

__all__ = ["Gemini"]
