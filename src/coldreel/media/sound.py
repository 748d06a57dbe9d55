"""The sound track as 16 kHz mono that runs beside the picture, and how loud it is."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.packet import Packet
from av.stream import Stream
from numpy.typing import NDArray

from coldreel.media.decoding import MediaClock, packets
from coldreel.media.limits import Limits
from coldreel.media.loudness import Loudness
from coldreel.media.opening import Media
from coldreel.model import SOUND_RATE

MIX_WITHIN_RANGE = {"rematrix_maxval": "1"}
"""FFmpeg does not scale floats that it mixes down: two equal channels would come out 3 dB louder, clipped."""
_GAP_S = 0.1
"""Seconds without sound from which they are silence; below, clocks round."""


@dataclass(frozen=True, slots=True, eq=False)
class Sound:
    """samples: float32 (n,), 16 kHz mono in [-1, 1], gaps filled with silence, no longer than the limit ·
    start_s: where they begin on the clock of the file · loudness: LUFS, None when it is silent"""

    samples: NDArray[np.float32]
    start_s: float
    loudness: float | None

    def beside(self, origin_s: float, limits: Limits) -> NDArray[np.float32] | None:
        """The samples from that moment of the file's clock on; None when nothing is heard from then on."""
        lead = round((self.start_s - origin_s) * SOUND_RATE)
        longest = math.ceil(limits.max_duration_s * SOUND_RATE)
        if abs(lead) >= longest:  # clocks that have nothing to do with each other
            lead = 0
        placed = np.concatenate([np.zeros(max(0, lead), np.float32), self.samples[max(0, -lead) :]])[:longest]
        return placed if len(placed) > max(0, lead) else None


class SoundClock:
    """Seconds of a track's frames from its first one, mended as `MediaClock` does.

    start_s: where the first one lies on the clock of the file
    """

    def __init__(self, limits: Limits) -> None:
        self.start_s = 0.0
        self._limits = limits
        self._clock: MediaClock | None = None

    def seconds(self, frame: AudioFrame) -> float | None:
        """When a frame begins; None when that is not to be believed."""
        if self._clock is None:
            base = frame.time_base or Fraction(1, max(1, frame.sample_rate))
            self.start_s = float((frame.pts or 0) * base)
            rate = Fraction(max(1, frame.sample_rate), max(1, frame.samples))
            self._clock = MediaClock(base, rate, self._limits.max_duration_s)
        return self._clock.seconds(frame.pts)


class Hearing:
    """A sound track that becomes samples while its packets go by. What cannot be decoded is passed over."""

    def __init__(self, track: AudioStream, limits: Limits) -> None:
        track.codec_context.thread_count = 1
        self._decoder = track.codec_context
        self._clock = SoundClock(limits)
        self._resampler = _resampler()
        self._loudness = Loudness()
        self._chunks: list[NDArray[np.float32]] = []
        self._heard = 0
        self._longest = math.ceil(limits.max_duration_s * SOUND_RATE)

    def take(self, packet: Packet[Stream] | None) -> None:
        """The next packet of the track; None at its end."""
        if self._heard >= self._longest:
            return
        for frame in decoded_frames(self._decoder, packet):
            self._be_silent_until(self._clock.seconds(frame))
            self._loudness.take(frame)
            self._resample(frame)

    def finish(self) -> Sound | None:
        """All of it; None when nothing could be decoded."""
        self.take(None)
        self._resample(None)
        if not self._heard:
            return None
        sound = np.concatenate(self._chunks)[: self._longest]
        np.nan_to_num(sound, copy=False, nan=0.0, posinf=1.0, neginf=-1.0)
        return Sound(np.clip(sound, -1.0, 1.0, out=sound), self._clock.start_s, self._loudness.integrated())

    def _be_silent_until(self, second: float | None) -> None:
        missing = 0 if second is None else round(second * SOUND_RATE) - self._heard
        if missing > _GAP_S * SOUND_RATE:
            self._hear(np.zeros(min(missing, self._longest - self._heard), np.float32))

    def _resample(self, frame: AudioFrame | None) -> None:
        try:
            pieces = self._resampler.resample(frame)
        except MemoryError:
            raise
        except ValueError:  # the track changes its rate or its channels: the next frame sets a new one up
            self._resampler = _resampler()
            return
        for piece in pieces:
            self._hear(piece.to_ndarray().reshape(-1).astype(np.float32, copy=False))

    def _hear(self, samples: NDArray[np.float32]) -> None:
        self._chunks.append(samples)
        self._heard += len(samples)


def hear(media: Media, limits: Limits) -> Sound | None:
    """The sound track by itself; None without one, or when nothing of it can be decoded."""
    if media.sound is None:
        return None
    hearing = Hearing(media.sound, limits)
    for packet in packets(media, (media.sound,), limits):
        hearing.take(packet)
    return hearing.finish()


def decoded_sound(media: Media, track: AudioStream, limits: Limits) -> Iterator[AudioFrame]:
    """The frames of a track; broken packets are passed over."""
    track.codec_context.thread_count = 1
    for packet in chain(packets(media, (track,), limits), [None]):
        yield from decoded_frames(track.codec_context, packet)


def decoded_frames(decoder: AudioCodecContext, packet: Packet[Stream] | None) -> Iterator[AudioFrame]:
    """The frames of one packet, none when it is broken; None brings the last ones."""
    try:
        yield from decoder.decode(packet)
    except MemoryError:
        raise
    except av.error.FFmpegError:
        return


def _resampler() -> AudioResampler:
    return AudioResampler(format="flt", layout="mono", rate=SOUND_RATE, options=MIX_WITHIN_RANGE)
