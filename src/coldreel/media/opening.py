"""Open a hostile file: every check that needs no decoding, and errors in plain words."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.codec.hwaccel import HWAccel
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from coldreel.errors import (
    CorruptError,
    EmptyFileError,
    NoPictureError,
    NotAVideoError,
    OutOfMemoryError,
    RejectedError,
    TooLargeError,
    TooLongError,
    UnreadableError,
    UnsupportedError,
)
from coldreel.media.boxes import MP4_FAMILY, layout_of
from coldreel.media.limits import FORMATS, PICTURE_CODECS, SOUND_CODECS, Limits
from coldreel.media.signatures import HEAD_BYTES, container_kind, other_kind

_PROBE_BYTES = 5_000_000
_PROBE_MICROSECONDS = 5_000_000
_ATTACHED = Disposition.attached_pic | Disposition.timed_thumbnails


@dataclass(frozen=True, slots=True, eq=False)
class Media:
    """An open file whose streams are within the limits and on the lists.

    `container_name` comes from the bytes ("mp4", "webm"). `stated_duration_s` is what the header says, or
    None; it may lie. `sound` is None without a sound track that coldreel opens.
    """

    container: InputContainer
    container_name: str
    stated_duration_s: float | None
    picture: VideoStream
    sound: AudioStream | None


@contextmanager
def open_media(
    path: Path, limits: Limits, device: HWAccel | None = None, look: bool = False
) -> Iterator[Media]:
    """The file, opened for reading and closed at the end of the block.

    device: decodes the picture
    look: decode a first picture, so that the form of its pixels is known; where the container says all else,
    that would be for nothing

    Raises UnreadableError, OutOfMemoryError (also out of the block), and the RejectedError that fits.
    """
    head = _read_head(path, limits)
    try:
        with _open(path, head, limits, device, look) as container:
            if look or not _forgot_the_size(container):
                yield _admit(container, path, head, limits)
                return
        with _open(path, head, limits, device, look=True) as container:
            yield _admit(container, path, head, limits)
    except MemoryError as error:
        raise OutOfMemoryError from error


def _read_head(path: Path, limits: Limits) -> bytes:
    try:
        facts = path.stat()
        if not stat.S_ISREG(facts.st_mode):
            raise NotAVideoError(f"{path.name} is not a regular file.")
        if facts.st_size == 0:
            raise EmptyFileError
        if facts.st_size > limits.max_bytes:
            raise TooLargeError(
                f"The file has {facts.st_size / 1e6:,.0f} MB, "
                f"the limit is {limits.max_bytes / 1e6:,.0f} MB (COLDREEL_MAX_BYTES)."
            )
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError as error:
        raise UnreadableError(f"{path.name} cannot be read: {error.strerror}.") from error
    if kind := other_kind(head):
        raise NotAVideoError(f"The file is {kind}, not a video, whatever its name says.")
    return head


def _open(path: Path, head: bytes, limits: Limits, device: HWAccel | None, look: bool) -> InputContainer:
    options = {
        "format_whitelist": ",".join(sorted(FORMATS)),
        "protocol_whitelist": "file",
        "max_streams": str(limits.max_streams),
        "max_pixels": str(limits.max_pixels),
        "probesize": str(_PROBE_BYTES),
        "analyzeduration": str(_PROBE_MICROSECONDS),
    }
    if container_kind(head) in MP4_FAMILY and not look:
        options["skip_frame"] = "all"
    try:
        # An absolute path: FFmpeg would read "http:x.mp4" as an address.
        address = os.path.abspath(path)  # noqa: PTH100
        return av.open(address, options=options, metadata_errors="ignore", hwaccel=device)
    except MemoryError as error:  # FFmpeg says the same of too many streams
        raise OutOfMemoryError(
            "Opening the file needed more memory than the limit (COLDREEL_CHILD_MEMORY_MB), "
            f"or it has more than {limits.max_streams} streams (COLDREEL_MAX_STREAMS)."
        ) from error
    except (av.error.FileNotFoundError, av.error.PermissionError, av.error.OSError) as error:
        raise UnreadableError(f"{path.name} cannot be read: {error.strerror}.") from error
    except av.error.ArgumentError as error:
        raise UnsupportedError(
            f"The file's format is not one that coldreel opens ({', '.join(sorted(FORMATS))})."
        ) from error
    except av.error.FFmpegError as error:
        if kind := container_kind(head):
            raise _cut_off(kind) from error
        raise NotAVideoError from error


def _forgot_the_size(container: InputContainer) -> bool:
    """So does a decoder that is to decode nothing and meets a picture beyond its limit."""
    picture = _picture(container)
    return picture is not None and picture.codec_context is not None and not picture.codec_context.width


def _cut_off(kind: str) -> CorruptError:
    return CorruptError(
        f"The file starts like {kind}, but its index cannot be read; it was probably cut off while "
        "it was recorded or copied. Copy it again from where it came."
    )


def _admit(container: InputContainer, path: Path, head: bytes, limits: Limits) -> Media:
    picture = _picture(container)
    if picture is None or picture.codec_context is None:
        raise _no_picture(container, path, head)
    codec = picture.codec_context.codec.canonical_name
    if codec not in PICTURE_CODECS:
        raise UnsupportedError(f"The picture is coded as {codec}, which coldreel does not open.")
    width, height = picture.codec_context.width, picture.codec_context.height
    if width * height > limits.max_pixels:
        raise TooLargeError(
            f"The picture has {width} x {height} pixels, "
            f"the limit is {limits.max_pixels:,} in all (COLDREEL_MAX_PIXELS)."
        )
    duration = container.duration / av.time_base if container.duration and container.duration > 0 else None
    if duration is not None and duration > limits.max_duration_s:
        raise too_long(duration, limits)
    return Media(
        container, container_kind(head) or container.format.name, duration, picture, _sound(container)
    )


def too_long(seconds: float, limits: Limits) -> TooLongError:
    """The error for a video of so many seconds."""
    return TooLongError(
        f"The video lasts {seconds:,.0f} s or more, the limit is {limits.max_duration_s:,.0f} s "
        "(COLDREEL_MAX_DURATION_S)."
    )


def too_many_frames(limits: Limits) -> TooLongError:
    """The error for a video of more frames than the limit."""
    return TooLongError(f"The video has more than {limits.max_frames:,} frames (COLDREEL_MAX_FRAMES).")


def _picture(container: InputContainer) -> VideoStream | None:
    moving = _moving(container)
    best = container.streams.best("video")
    return next((stream for stream in moving if stream is best), moving[0] if moving else None)


def _moving(container: InputContainer) -> list[VideoStream]:
    # A cover picture is a video stream to FFmpeg.
    return [stream for stream in container.streams.video if not stream.disposition & _ATTACHED]


def _no_picture(container: InputContainer, path: Path, head: bytes) -> RejectedError:
    """Why there is no picture track with a known codec."""
    moving = _moving(container)
    if container.streams.audio and not moving:
        return NoPictureError()
    kind = container_kind(head)
    if kind in MP4_FAMILY and layout_of(path).cut_off:
        return _cut_off(kind)
    if moving:
        return UnsupportedError("The picture is coded in a way that coldreel does not know.")
    return NotAVideoError("The file has no moving picture.")


def _sound(container: InputContainer) -> AudioStream | None:
    best = container.streams.best("audio")
    if not isinstance(best, AudioStream) or best.codec_context is None:
        return None
    return best if best.codec_context.codec.canonical_name in SOUND_CODECS else None
