"""What a hostile file may cost, and what coldreel opens at all."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one file. What is beyond them is rejected, never cut silently."""

    max_duration_s: float = 600.0
    """Ten minutes: short videos, with room."""
    max_pixels: int = 4096 * 2304
    """Pixels of one picture: DCI 4K in 16:9."""
    max_bytes: int = 2_000_000_000
    """Ten minutes at 26 Mbit/s."""
    max_frames: int = 150_000
    """Ten minutes of slow motion at 250 frames a second. 300,000 frames fit into 4 MB."""
    max_packets: int = 1_000_000
    """Packets of the tracks that are read, so that a file of empty packets ends."""
    max_streams: int = 32
    """A phone writes up to 8 (picture, two sounds, timed metadata); a transport stream more."""


FORMATS = frozenset({
    "asf", "avi", "flv", "m4v", "matroska", "mov", "mpeg", "mpegts", "mpegvideo", "ogg",
})  # fmt: skip
"""FFmpeg's demuxers that are let in. None of them opens a second file or an address."""

PICTURE_CODECS = frozenset({
    "av1", "flv1", "h263", "h264", "hevc", "mjpeg", "mpeg1video", "mpeg2video", "mpeg4", "msmpeg4v2",
    "msmpeg4v3", "prores", "theora", "vc1", "vp6", "vp6f", "vp8", "vp9", "wmv1", "wmv2", "wmv3",
})  # fmt: skip
"""Canonical names of the codecs that cameras, phones, editors and sites have written videos with."""

SOUND_CODECS = frozenset({
    "aac", "ac3", "adpcm_ima_qt", "adpcm_ima_wav", "adpcm_ms", "adpcm_swf", "alac", "amr_nb", "amr_wb",
    "eac3", "flac", "mp2", "mp3", "nellymoser", "opus", "pcm_alaw", "pcm_f32be", "pcm_f32le", "pcm_mulaw",
    "pcm_s16be", "pcm_s16le", "pcm_s24be", "pcm_s24le", "pcm_s32le", "pcm_u8", "speex", "vorbis", "wmav1",
    "wmav2",
})  # fmt: skip
"""The same for sound; a track in another codec is passed over."""
