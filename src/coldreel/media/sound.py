"""The sound track as 16 kHz mono."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import chain

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from numpy.typing import NDArray

from coldreel.media.decoding import packets
from coldreel.media.limits import Limits
from coldreel.media.opening import Media

SOUND_RATE = 16_000
"""Samples a second: what speech and sound models take."""
MIX_WITHIN_RANGE = {"rematrix_maxval": "1"}
"""FFmpeg does not scale floats that it mixes down: two equal channels would come out 3 dB louder, clipped."""


def hear(media: Media, limits: Limits) -> NDArray[np.float32] | None:
    """float32 (samples,) in [-1, 1] from the start of the track, at most `limits.max_duration_s` long.

    What cannot be decoded is passed over; None when nothing is left, or without a sound track.
    """
    if media.sound is None:
        return None
    longest = math.ceil(limits.max_duration_s * SOUND_RATE)
    chunks: list[NDArray[np.float32]] = []
    heard = 0
    for chunk in _resampled(media, media.sound, limits):
        chunks.append(chunk)
        heard += len(chunk)
        if heard >= longest:
            break
    if not heard:
        return None
    sound = np.concatenate(chunks)[:longest]
    np.nan_to_num(sound, copy=False, nan=0.0, posinf=1.0, neginf=-1.0)
    return np.clip(sound, -1.0, 1.0, out=sound)


def decoded_sound(media: Media, track: AudioStream, limits: Limits) -> Iterator[AudioFrame]:
    """The frames of a track; broken packets are passed over."""
    track.codec_context.thread_count = 1
    for packet in chain(packets(media, (track,), limits), [None]):
        try:
            yield from track.codec_context.decode(packet)
        except MemoryError:
            raise
        except av.error.FFmpegError:
            continue


def _resampled(media: Media, track: AudioStream, limits: Limits) -> Iterator[NDArray[np.float32]]:
    resampler = _resampler()
    for frame in chain(decoded_sound(media, track, limits), [None]):
        try:
            pieces = resampler.resample(frame)
        except MemoryError:
            raise
        except ValueError:  # the track changes its rate or its channels: the next frame sets a new one up
            resampler = _resampler()
            continue
        for piece in pieces:
            yield piece.to_ndarray().reshape(-1).astype(np.float32, copy=False)


def _resampler() -> AudioResampler:
    return AudioResampler(format="flt", layout="mono", rate=SOUND_RATE, options=MIX_WITHIN_RANGE)
