"""What is sampled from one file, and what of it is handed on."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class MediaFacts:
    """What the container and the streams say, after the first frame was decoded.

    Width and height are of the upright picture, in pixels. `duration_s` is measured from the frames where
    the container is silent about it.
    """

    duration_s: float
    width: int
    height: int
    fps: float
    container: str
    video_codec: str
    pixel_format: str
    audio_codec: str | None


class Playback(StrEnum):
    """How a file reaches browsers."""

    AS_IS = "as_is"
    """The file itself plays and says nothing private."""
    REMUX = "remux"
    """The streams play, in another container."""
    TRANSCODE = "transcode"
    """The streams themselves must be made anew."""


SOUND_RATE = 16_000
"""Samples a second of `Footage.sound`: what speech and sound models take."""


@dataclass(frozen=True, slots=True, eq=False)
class Footage:
    """What was sampled from one file.

    frames: uint8 (n, height, width, 3), RGB, upright, the long side at most 768 px, never upscaled
    times:  float64 (n,), seconds from the first frame
    thumbs: the frames once more, the long side at most 192 px: for what looks at the whole
    sound:  float32 (samples,), 16 kHz mono in [-1, 1]; None without a sound track
    distinct: indices of the frames that are not nearly one of those before: what a model has to see
    poster: a WebP picture
    strip: a WebP of a few of the distinct frames, side by side
    loudness: of the sound, integrated, in LUFS (EBU R 128); None when silent
    speech_share: of the sound, 0 to 1; None when it was not measured
    key_times: seconds at which a frame begins that is coded by itself; encoders put one at each cut
    """

    facts: MediaFacts
    frames: NDArray[np.uint8]
    times: NDArray[np.float64]
    sound: NDArray[np.float32] | None
    poster: bytes
    thumbs: NDArray[np.uint8] = field(default_factory=lambda: np.zeros((0, 0, 0, 3), np.uint8))
    distinct: NDArray[np.intp] = field(default_factory=lambda: np.zeros(0, np.intp))
    strip: bytes = b""
    loudness: float | None = None
    speech_share: float | None = None
    key_times: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Spoken:
    """A stretch of speech in words; the times are seconds from the first frame."""

    start: float
    end: float
    text: str


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was said, and in which language (ISO 639-1), with the recogniser's certainty of that, 0 to 1."""

    language: str
    certainty: float
    spoken: tuple[Spoken, ...]
    model: str

    @property
    def text(self) -> str:
        return " ".join(each.text for each in self.spoken)


@dataclass(frozen=True, slots=True)
class Picture:
    """One frame as a JPEG, and the second at which it is on show."""

    second: float
    jpeg: bytes


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """What of a video is handed out of the decoder child, to a provider that works outside it.

    content_hash: sha256 of the file's bytes
    pictures: of the frames that differ, evenly spread where they are many
    video: the proxy, an MP4 of one frame a second and mono sound
    sound: float32 (samples,), 16 kHz mono in [-1, 1]
    uri: the address of the file
    What a provider does not take, or the file does not have, is absent.
    """

    content_hash: bytes
    facts: MediaFacts
    pictures: tuple[Picture, ...] = ()
    video: bytes | None = None
    sound: NDArray[np.float32] | None = None
    uri: str | None = None
    transcript: Transcript | None = None
