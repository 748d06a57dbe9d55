"""What preparing a video costs, beside the command of "Zero to Viral" (2024) on the same processor.

    python benchmarks/prepare.py [--quick] [--json]

Needs the command `ffmpeg` (Debian: apt install ffmpeg), which makes the test clips and plays the other side:
fps=1, scaled and padded to 1024 x 1024, libx264 slow crf 30 in the place of its h264_nvenc, AAC 96k. Our side
is all that a model needs: frames, sound with loudness and speech, poster, fingerprint, and the proxy.

CPU seconds are those of the whole process tree, the two sides in turn, the median of five. "Limit" is
decoding the necessary frames and nothing else. SSIM is taken on the grey picture against the frames of the
source, scaled to 1024 px on the long side, without padding; the other side's frames, which lie about half a
second later, are compared with the source frame that fits them best.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from coldreel.media import keeping, proxy
from coldreel.media.decoding import packets, timed_frames
from coldreel.media.fingerprints import fingerprint
from coldreel.media.geometry import Geometry
from coldreel.media.limits import Limits
from coldreel.media.opening import open_media
from coldreel.media.sampling import Sampler, sample_every_frame
from coldreel.media.watch import watch

CLIPS = Path(__file__).resolve().parents[2] / "shared" / "data" / "clips"
SOURCES = ("food/0099_10-Second_Video_Grilled_Pizza_Quesadilla.webm", "dance/0517_dance.mp4",
           "vehicles/0453_car.mp4")  # fmt: skip
"""Clips that the test clips are made from: still, moving and much moving."""
SIDE = 1024
EQUAL_SSIM = 0.002
REPEATS = 5

_X264 = ["-c:v", "libx264", "-preset", "medium", "-crf", "20", "-pix_fmt", "yuv420p", "-sc_threshold", "0"]
MADE = {
    "one keyframe in 5 s": (30, [*_X264, "-g", "250", "-keyint_min", "250"]),
    "a keyframe each second": (30, [*_X264, "-g", "30", "-keyint_min", "30"]),
    "HEVC 10 bit": (30, ["-c:v", "libx265", "-preset", "medium", "-crf", "22", "-pix_fmt", "yuv420p10le",
                         "-tag:v", "hvc1", "-x265-params", "log-level=error"]),
    "60 frames a second": (60, [*_X264, "-g", "500", "-keyint_min", "500"]),
}  # fmt: skip
"""1080 x 1920, 5 s: frames a second, and how they are coded."""


@dataclass(frozen=True, slots=True)
class Row:
    """Medians over the clips of a kind. Ratios: theirs to ours for CPU, ours to theirs for bytes."""

    clips: str
    count: int
    cpu_ratio: float
    cpu_s: float
    to_limit: float
    bytes_ratio: float
    ssim: float
    their_ssim: float
    bytes_ratio_at_equal_size_and_ssim: float
    identical: int


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="one clip of each kind, three times")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    if shutil.which("ffmpeg") is None:
        sys.exit("The command ffmpeg is not there: apt install ffmpeg")
    if not CLIPS.is_dir():
        sys.exit(f"The clips are not at {CLIPS}")
    repeats = 3 if given.quick else REPEATS
    sources = [CLIPS / name for name in SOURCES[: 1 if given.quick else None]]
    everyday = sorted(CLIPS.glob("*/*.mp4"))[:: 30 if given.quick else 5][:20]
    with tempfile.TemporaryDirectory() as folder:
        kinds: dict[str, Sequence[Path]] = {
            name: [
                _make(source, Path(folder) / f"{number}-{at}.mp4", *how) for at, source in enumerate(sources)
            ]
            for number, (name, how) in enumerate(MADE.items())
        }
        kinds["clips as they are"] = everyday
        rows = [_measure(name, clips, Path(folder), repeats) for name, clips in kinds.items()]
    every = sorted(path for path in CLIPS.glob("*/*") if path.is_file())[:: 10 if given.quick else 1]
    identical = sum(map(_is_identical, every))
    _print(rows)
    Console().print(f"Sampled bit for bit as by decoding everything: {identical} of {len(every)} clips")
    if given.json:
        print(json.dumps({"rows": [asdict(row) for row in rows], "identical": identical, "of": len(every)}))


def _make(source: Path, clip: Path, rate: int, codec: list[str]) -> Path:
    scale = "scale=1080:1920:force_original_aspect_ratio=increase,crop=1080:1920"
    command = ["ffmpeg", "-v", "error", "-stream_loop", "-1", "-i", str(source), "-f", "lavfi", "-i",
               "sine=440:sample_rate=48000", "-map", "0:v", "-map", "1:a", "-t", "5",
               "-vf", f"{scale},fps={rate}", *codec, "-c:a", "aac", str(clip)]  # fmt: skip
    subprocess.run(command, check=True)  # noqa: S603 - our own words
    return clip


def _measure(name: str, clips: Sequence[Path], folder: Path, repeats: int) -> Row:
    each = [_measure_one(clip, folder, repeats) for clip in clips]

    def median(key: str) -> float:
        return round(statistics.median(one[key] for one in each), 4)

    return Row(
        name, len(clips), median("cpu_ratio"), median("cpu_s"), median("to_limit"), median("bytes_ratio"),
        median("ssim"), median("their_ssim"), median("equal"), sum(int(one["identical"]) for one in each),
    )  # fmt: skip


def _measure_one(clip: Path, folder: Path, repeats: int) -> dict[str, float]:
    ours, theirs = folder / "ours.mp4", folder / "theirs.mp4"
    footage = watch(clip, Limits())  # the models are loaded before the clock starts
    costs: dict[str, list[float]] = {"theirs": [], "ours": [], "limit": [], "encode": []}
    for _ in range(repeats):
        costs["theirs"].append(_cpu_s(lambda: _their_way(clip, theirs)))
        costs["ours"].append(_cpu_s(lambda: _our_way(clip, ours)))
        costs["limit"].append(_cpu_s(lambda: _only_decode(clip)))
        costs["encode"].append(_cpu_s(lambda: proxy.write_proxy(footage, ours)))
    cpu = {side: statistics.median(values) for side, values in costs.items()}
    source = _source_frames(clip)
    their_ssim = _their_ssim(theirs, source)
    return {
        "cpu_ratio": cpu["theirs"] / cpu["ours"],
        "cpu_s": cpu["ours"],
        "to_limit": cpu["ours"] / (cpu["limit"] + cpu["encode"]),
        "bytes_ratio": ours.stat().st_size / theirs.stat().st_size,
        "ssim": _our_ssim(ours, source),
        "their_ssim": their_ssim,
        "equal": _bytes_at_equal_ssim(clip, folder, source, their_ssim) / theirs.stat().st_size,
        "identical": float(_is_identical(clip)),
    }


def _cpu_s(do: Callable[[], object]) -> float:
    def spent() -> float:
        kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
        return sum(used.ru_utime + used.ru_stime for used in map(resource.getrusage, kinds))

    before = spent()
    do()
    return spent() - before


def _their_way(clip: Path, destination: Path) -> None:
    fit = f"scale={SIDE}:{SIDE}:force_original_aspect_ratio=decrease,pad={SIDE}:{SIDE}:(ow-iw)/2:(oh-ih)/2"
    command = ["ffmpeg", "-y", "-v", "error", "-i", str(clip), "-vf", f"fps=1,{fit}", "-c:v", "libx264",
               "-preset", "slow", "-crf", "30", "-c:a", "aac", "-b:a", "96k", "-movflags", "+faststart",
               str(destination)]  # fmt: skip
    subprocess.run(command, check=True)  # noqa: S603 - our own words


def _our_way(clip: Path, destination: Path) -> None:
    footage = watch(clip, Limits())
    fingerprint(footage.thumbs, footage.times, footage.sound)
    proxy.write_proxy(footage, destination)


class _Nothing:
    """In the place of the kept frames, so that nothing is scaled."""

    def add(self, second: float, frame: object) -> None: ...


class _OnlyDecoding(Sampler):
    def run(self) -> None:
        self._kept = _Nothing()  # type: ignore[assignment]
        for packet in packets(self._media, (self._stream,), self._limits):
            self.take(packet)
        for step in self._plan.finish():
            self._do(step)


def _only_decode(clip: Path) -> None:
    with open_media(clip, Limits()) as media:
        _OnlyDecoding(media, Limits()).run()


def _is_identical(clip: Path) -> bool:
    seen = watch(clip, Limits())
    with open_media(clip, Limits()) as media:
        every = sample_every_frame(media, Limits())
    return bool(np.array_equal(seen.frames, every.frames) and np.array_equal(seen.times, every.times))


# --- how good it looks -----------------------------------------------------------------------------------

Grey = NDArray[np.uint8]


def _source_frames(clip: Path) -> list[tuple[float, Grey]]:
    with open_media(clip, Limits()) as media:
        return [
            (at, _upright_grey(frame, media.picture))
            for at, frame in timed_frames(media, Limits())
            if at % 1 < 0.1 or abs(at % 1 - 0.5) < 0.1
        ]


def _upright_grey(frame: av.VideoFrame, stream: Any) -> Grey:
    geometry = Geometry.of(frame, stream)
    grey = np.rot90(frame.to_ndarray(format="gray"), geometry.turns)
    scale = SIDE / max(grey.shape)
    size = (round(grey.shape[1] * scale), round(grey.shape[0] * scale))
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC))


def _grey(frame: av.VideoFrame) -> Grey:
    return np.asarray(frame.to_ndarray(format="gray"), np.uint8)


def _our_ssim(path: Path, source: list[tuple[float, Grey]]) -> float:
    with av.open(str(path)) as container:
        frames = [(frame.time, _grey(frame)) for frame in container.decode(video=0)]
    shown = [
        max((pair for pair in source if pair[0] <= at + 1e-6), key=lambda pair: pair[0])[1]
        for at, _ in frames
    ]
    return statistics.mean(
        _ssim(_fitted(grey, there), there) for (_, grey), there in zip(frames, shown, strict=True)
    )


def _their_ssim(path: Path, source: list[tuple[float, Grey]]) -> float:
    height, width = source[0][1].shape
    top, left = (SIDE - height) // 2, (SIDE - width) // 2
    scores = []
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            grey = _grey(frame)[top : top + height, left : left + width]
            near = [there for at, there in source if abs(at - frame.time - 0.5) <= 0.6]
            if near:
                scores.append(max(_ssim(_fitted(grey, there), there) for there in near))
    return statistics.mean(scores)


def _bytes_at_equal_ssim(clip: Path, folder: Path, source: list[tuple[float, Grey]], wanted: float) -> int:
    """Size of our smallest proxy with the same pixels and the same SSIM, within EQUAL_SSIM."""
    path, side, options = folder / "equal.mp4", keeping.FRAME_SIDE, dict(proxy._H264)
    keeping.FRAME_SIDE = SIDE
    try:
        footage = watch(clip, Limits())
        low, high, size = 14.0, 44.0, 0
        for _ in range(7):
            middle = (low + high) / 2
            proxy._H264["crf"] = str(middle)
            proxy.write_proxy(footage, path)
            if _our_ssim(path, source) >= wanted - EQUAL_SSIM:
                low, size = middle, path.stat().st_size
            else:
                high = middle
        if size == 0:  # out of reach: the best that was tried stands for it
            proxy._H264["crf"] = str(low)
            proxy.write_proxy(footage, path)
        return size or path.stat().st_size
    finally:
        keeping.FRAME_SIDE = side
        proxy._H264.update(options)


def _fitted(grey: Grey, like: Grey) -> Grey:
    if grey.shape == like.shape:
        return grey
    return np.asarray(cv2.resize(grey, like.shape[::-1], interpolation=cv2.INTER_CUBIC))


def _ssim(one: Grey, other: Grey) -> float:
    """Structural similarity (Wang, Bovik, Sheikh and Simoncelli 2004), a Gaussian window of sigma 1.5."""

    def blurred(values: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray(cv2.GaussianBlur(values, (11, 11), 1.5))

    x, y = one.astype(np.float32), other.astype(np.float32)
    mx, my = blurred(x), blurred(y)
    vx, vy, cov = blurred(x * x) - mx * mx, blurred(y * y) - my * my, blurred(x * y) - mx * my
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    return float((((2 * mx * my + c1) * (2 * cov + c2)) / ((mx**2 + my**2 + c1) * (vx + vy + c2))).mean())


def _print(rows: list[Row]) -> None:
    table = Table("clips", "n", "CPU, theirs / ours", "ours / (limit + encode)", "bytes, ours / theirs",
                  "SSIM ours, theirs", "bytes at equal size and SSIM", "frames identical")  # fmt: skip
    for row in rows:
        table.add_row(
            row.clips, str(row.count), f"{row.cpu_ratio:.2f}", f"{row.to_limit:.2f}",
            f"{row.bytes_ratio:.2f}", f"{row.ssim:.4f}, {row.their_ssim:.4f}",
            f"{row.bytes_ratio_at_equal_size_and_ssim:.2f}",
            f"{row.identical} of {row.count}",
        )  # fmt: skip
    Console().print(table)


if __name__ == "__main__":
    main()
