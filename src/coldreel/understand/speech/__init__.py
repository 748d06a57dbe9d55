"""What is said in a video, written down by a recogniser that is on this machine."""

from coldreel.understand.speech.recogniser import Recogniser

__all__ = ["Recogniser"]
