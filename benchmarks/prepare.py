"""What preparing a video costs, beside the command of "Zero to Viral" (2024) on the same processor.

    python benchmarks/prepare.py [--quick] [--json]

Needs the command `ffmpeg` (Debian: apt install ffmpeg), which makes the test clips and plays the other side:
fps=1, scaled and padded to 1024 x 1024, libx264 slow crf 30 in the place of its h264_nvenc, AAC 96k. Our side
is what becomes of a file: frames, sound with its loudness, poster, fingerprint and the proxy, from one pass;
"with all" adds the share of speech and the strip of pictures.

The made clips are 5 s of SOURCES at 1080 x 1920, cropped and enlarged from 720p (one of them is native),
under one voice. CPU seconds are those of the whole process tree, the two sides in turn, the median of five.
Theirs is a process for each file; ours runs in one process for all, as a worker's does, with models loaded.
"Limit" is decoding the necessary frames and nothing else; "encode" is coding proxy and poster.

SSIM is taken on the grey picture against the frames of the source at 1024 px on the long side, without
padding: ours against the frame that is on show at that second, theirs, which lie about half a second later,
against the frame nearby that fits best. For "equal", our pictures are made as large as theirs and as good
within 0.002, and sound counts as it is: 32 kbit/s mono against 96.
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

from coldreel.media.decoding import packets, timed_frames
from coldreel.media.fingerprints import fingerprint
from coldreel.media.geometry import Geometry
from coldreel.media.keeping import KeptPictures
from coldreel.media.limits import Limits
from coldreel.media.opening import open_media
from coldreel.media.planning import NoPlanError
from coldreel.media.poster import make_poster, representative
from coldreel.media.proxy import CRF, ProxyWriter
from coldreel.media.reading import Reading, read
from coldreel.media.sampling import Sampler, sample_every_frame
from coldreel.media.thumbs import make_thumbs
from coldreel.media.watch import KeptTwice, watch_with_proxy
from test_data import CLIPS, require

SOURCES = ("dance/0517_dance.mp4", "talking_head/0042_d13.mp4", "food/0075_04_coffee.mp4",
           "nature/0475_7fRaV39Y-2o_50000_60000.mp4", "music/0470_3HgbEKrbA9s_54000_64000.mp4")  # fmt: skip
"""Of the clips with at least 1024 px: the one of 1080 x 1920, one in portrait, a still one, two that move."""
VOICE = "talking_head/0040_d11.mp4"
SIDE = 1024
EQUAL_SSIM = 0.002
BEST_CRF, WORST_CRF = 14.0, 44.0
REPEATS = 5

_X264 = ["-c:v", "libx264", "-preset", "medium", "-crf", "20", "-pix_fmt", "yuv420p", "-sc_threshold", "0"]
MADE = {
    "one keyframe in 5 s": ("fps=30", [*_X264, "-g", "250", "-keyint_min", "250"]),
    "a keyframe each second": ("fps=30", [*_X264, "-g", "30", "-keyint_min", "30"]),
    "HEVC 10 bit": ("fps=30", ["-c:v", "libx265", "-preset", "medium", "-crf", "22", "-tag:v", "hvc1",
                               "-pix_fmt", "yuv420p10le", "-x265-params", "log-level=error"]),
    "60 frames a second": ("minterpolate=fps=60:mi_mode=blend",
                           [*_X264, "-g", "500", "-keyint_min", "500"]),
}  # fmt: skip
"""How the frames are timed, and how they are coded."""

Grey = NDArray[np.uint8]
Pictures = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Row:
    """Medians over the clips of a kind. Ratios: theirs to ours for CPU, ours to theirs for bytes.

    Those at equal size and SSIM are None where no clip of the kind reaches theirs.
    """

    clips: str
    count: int
    cpu_ratio: float
    cpu_ratio_with_all: float
    cpu_s: float
    to_limit: float
    bytes_ratio: float
    ssim: float
    their_ssim: float
    equal: float | None
    equal_pictures: float | None
    equal_out_of_reach: int


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="one clip of each kind, twice")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    if shutil.which("ffmpeg") is None:
        sys.exit("The command ffmpeg is not there: apt install ffmpeg")
    require(CLIPS)
    repeats = 2 if given.quick else REPEATS
    sources = [CLIPS / name for name in SOURCES[: 1 if given.quick else None]]
    everyday = sorted(CLIPS.glob("*/*.mp4"))[:: 60 if given.quick else 5][:20]
    with tempfile.TemporaryDirectory() as folder:
        kinds: dict[str, Sequence[Path]] = {
            name: [
                _make(source, Path(folder) / f"{number}-{at}.mp4", *how) for at, source in enumerate(sources)
            ]
            for number, (name, how) in enumerate(MADE.items())
        }
        kinds["clips as they are"] = everyday
        rows = [_measure(name, clips, Path(folder), repeats) for name, clips in kinds.items()]
        made = [clip for name in MADE for clip in kinds[name]]
    every = sorted(path for path in CLIPS.glob("*/*") if path.is_file() and path.suffix != ".csv")
    sampled = [_is_identical(path) for path in every[:: 12 if given.quick else 1]]
    _print(rows, sampled)
    if given.json:
        exact = {
            "identical": sampled.count(True),
            "different": sampled.count(False),
            "no_plan": sampled.count(None),
        }
        print(json.dumps({"rows": [asdict(row) for row in rows], "sampled": exact, "made": len(made)}))


def _make(source: Path, clip: Path, timing: str, codec: list[str]) -> Path:
    fit = "scale=1080:1920:force_original_aspect_ratio=increase,crop=1080:1920"
    command = ["ffmpeg", "-v", "error", "-i", str(source), "-i", str(CLIPS / VOICE),
               "-map", "0:v", "-map", "1:a", "-t", "5", "-vf", f"{timing},{fit}",
               *codec, "-c:a", "aac", "-b:a", "128k", str(clip)]  # fmt: skip
    subprocess.run(command, check=True)  # noqa: S603 - our own words
    return clip


def _measure(name: str, clips: Sequence[Path], folder: Path, repeats: int) -> Row:
    each = [_measure_one(clip, folder, repeats) for clip in clips]

    within = [one for one in each if "equal" in one]

    def median(key: str, among: list[dict[str, float]] = each) -> float:
        return round(statistics.median(one[key] for one in among), 4)

    return Row(
        name, len(clips), median("cpu_ratio"), median("cpu_ratio_with_all"), median("cpu_s"),
        median("to_limit"), median("bytes_ratio"), median("ssim"), median("their_ssim"),
        median("equal", within) if within else None,
        median("equal_pictures", within) if within else None,
        len(each) - len(within),
    )  # fmt: skip


def _measure_one(clip: Path, folder: Path, repeats: int) -> dict[str, float]:
    ours, theirs = folder / "ours.mp4", folder / "theirs.mp4"
    footage = watch_with_proxy(clip, ours, Limits())  # the models are loaded before the clock starts
    ways: dict[str, Callable[[], object]] = {
        "theirs": lambda: _their_way(clip, theirs),
        "ours": lambda: _our_way(clip, ours),
        "all": lambda: _with_all(clip, ours),
        "limit": lambda: _only_decode(clip),
        "encode": lambda: _only_encode(footage.frames, footage.times, footage.sound, ours),
    }
    costs: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(repeats):
        for name, do in ways.items():
            costs[name].append(_cpu_s(do))
    cpu = {name: statistics.median(values) for name, values in costs.items()}
    source = _Source(clip)
    figures = {
        "cpu_ratio": cpu["theirs"] / cpu["ours"],
        "cpu_ratio_with_all": cpu["theirs"] / cpu["all"],
        "cpu_s": cpu["ours"],
        "to_limit": cpu["ours"] / (cpu["limit"] + cpu["encode"]),
        "bytes_ratio": ours.stat().st_size / theirs.stat().st_size,
        "ssim": source.ssim_on_show(_coded_pictures(ours)),
        "their_ssim": source.ssim_nearby(_coded_pictures(theirs)),
    }
    equal = folder / "equal.mp4"
    if _make_equal(clip, source, figures["their_ssim"], equal):
        figures["equal"] = equal.stat().st_size / theirs.stat().st_size
        figures["equal_pictures"] = _bytes_of_pictures(equal) / _bytes_of_pictures(theirs)
    return figures


# --- what is timed ---------------------------------------------------------------------------------------


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
    reading = read(clip, Limits(), lambda: KeptTwice(Limits(), destination))
    reading.kept.proxy.finish(reading.sound, reading.facts.duration_s)
    frames, times = reading.kept.arrays()
    thumbs = make_thumbs(frames)
    make_poster(frames[representative(thumbs)])
    fingerprint(thumbs, times, reading.sound)


def _with_all(clip: Path, destination: Path) -> None:
    footage = watch_with_proxy(clip, destination, Limits())
    fingerprint(footage.thumbs, footage.times, footage.sound)


class _OnlyDecoding(Sampler):
    def __init__(self, media: Any) -> None:
        super().__init__(media, Limits(), KeptPictures(Limits()))
        self._shown.add = lambda _, frame: setattr(self._shown, "first", frame)  # type: ignore[assignment,method-assign]

    def end(self) -> None:
        for step in self._plan.finish():
            self._do(step)


def _only_decode(clip: Path) -> None:
    with open_media(clip, Limits()) as media:
        try:
            sampler = _OnlyDecoding(media)
            for packet in packets(media, (media.picture,), Limits()):
                sampler.take(packet)
            sampler.end()
            return
        except NoPlanError:
            pass
    with open_media(clip, Limits()) as media:
        for _ in timed_frames(media, Limits()):
            pass


def _only_encode(
    frames: Pictures, times: NDArray[np.float64], sound: NDArray[np.float32] | None, destination: Path
) -> None:
    _write(frames, times, sound, float(times[-1]) + 1, destination)
    make_poster(frames[0])


def _write(
    frames: Pictures,
    times: NDArray[np.float64],
    sound: NDArray[np.float32] | None,
    duration_s: float,
    destination: Path,
    crf: float = CRF,
) -> None:
    writer = ProxyWriter(destination, crf)
    for second, frame in zip(times, frames, strict=True):
        writer.add(second, frame)
    writer.finish(sound, duration_s)


def _is_identical(clip: Path) -> bool | None:
    """Whether the plan gives what decoding everything does; None when there is no plan."""
    planned, every = KeptPictures(Limits()), KeptPictures(Limits())
    with open_media(clip, Limits()) as media:
        try:
            sampler = Sampler(media, Limits(), planned)
            for packet in packets(media, (media.picture,), Limits()):
                sampler.take(packet)
            sampler.finish()
        except NoPlanError:
            return None
    with open_media(clip, Limits()) as media:
        sample_every_frame(media, Limits(), every)
    return all(
        np.array_equal(np.asarray(one), np.asarray(other))
        for one, other in zip(planned.arrays(), every.arrays(), strict=True)
    )


# --- how good it looks -----------------------------------------------------------------------------------


class _Source:
    """All frames of a clip in grey, upright, SIDE px on the long side, and when they begin to be on show."""

    def __init__(self, clip: Path) -> None:
        with open_media(clip, Limits()) as media:
            shown = [(at, _upright_grey(frame, media.picture)) for at, frame in timed_frames(media, Limits())]
        self.times = np.array([at for at, _ in shown])
        self.frames = [frame for _, frame in shown]
        self._smalls = np.stack([_small(frame) for frame in self.frames])

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        height, width = self.frames[0].shape
        return width, height

    def ssim_on_show(self, pictures: list[tuple[float, Grey]]) -> float:
        """Of pictures, each against the frame that is on show at its second."""
        shown = np.searchsorted(self.times, [second + 1e-6 for second, _ in pictures], side="right") - 1
        return statistics.mean(
            _ssim(self._fitted(grey), self.frames[at]) for (_, grey), at in zip(pictures, shown, strict=True)
        )

    def ssim_nearby(self, pictures: list[tuple[float, Grey]]) -> float:
        """Of padded pictures, each against the frame about half a second later that fits best."""
        width, height = self.size
        top, left = (SIDE - height) // 2, (SIDE - width) // 2
        scores = []
        for second, padded in pictures:
            grey = padded[top : top + height, left : left + width]
            near = np.flatnonzero(np.abs(self.times - second - 0.5) <= 0.6)
            if len(near):
                apart = np.abs(self._smalls[near] - _small(grey)).mean(axis=(1, 2))
                scores.append(max(_ssim(grey, self.frames[at]) for at in near[np.argsort(apart)[:3]]))
        return statistics.mean(scores)

    def _fitted(self, grey: Grey) -> Grey:
        if grey.shape == self.frames[0].shape:
            return grey
        return np.asarray(cv2.resize(grey, self.size, interpolation=cv2.INTER_CUBIC))


def _make_equal(clip: Path, source: _Source, wanted: float, destination: Path) -> bool:
    """Write our smallest proxy with as many pixels and the same SSIM; False when that is out of reach."""
    kept = KeptPictures(Limits())
    reading: Reading[KeptPictures] = read(clip, Limits(), lambda: kept)
    kept = KeptPictures(Limits())
    with open_media(clip, Limits()) as media:
        sample_every_frame(media, Limits(), kept, SIDE)
    frames, times = kept.arrays()
    large = np.stack([cv2.resize(frame, source.size, interpolation=cv2.INTER_CUBIC) for frame in frames])
    low, high, reached = BEST_CRF, WORST_CRF, False
    for crf in (BEST_CRF, *[0.0] * 7):
        crf = crf or (low + high) / 2
        _write(large, times, reading.sound, reading.facts.duration_s, destination, crf)
        good = source.ssim_on_show(_coded_pictures(destination)) >= wanted - EQUAL_SSIM
        if crf == BEST_CRF and not good:
            return False
        low, high = (crf, high) if good else (low, crf)
        reached = good
    if not reached:
        _write(large, times, reading.sound, reading.facts.duration_s, destination, low)
    return True


def _coded_pictures(path: Path) -> list[tuple[float, Grey]]:
    with av.open(str(path)) as container:
        return [
            (frame.time, np.asarray(frame.to_ndarray(format="gray"), np.uint8))
            for frame in container.decode(video=0)
        ]


def _bytes_of_pictures(path: Path) -> int:
    with av.open(str(path)) as container:
        return sum(packet.size for packet in container.demux(video=0))


def _upright_grey(frame: av.VideoFrame, stream: Any) -> Grey:
    grey = Geometry.of(frame, stream).upright(frame.to_ndarray(format="gray"))
    scale = SIDE / max(grey.shape)
    size = (round(grey.shape[1] * scale), round(grey.shape[0] * scale))
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC))


def _small(grey: Grey) -> NDArray[np.int16]:
    return np.asarray(cv2.resize(grey, (64, 64), interpolation=cv2.INTER_AREA), np.int16)


def _ssim(one: Grey, other: Grey) -> float:
    """Structural similarity (Wang, Bovik, Sheikh and Simoncelli 2004), a Gaussian window of sigma 1.5."""

    def blurred(values: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray(cv2.GaussianBlur(values, (11, 11), 1.5))

    x, y = one.astype(np.float32), other.astype(np.float32)
    mx, my = blurred(x), blurred(y)
    vx, vy, cov = blurred(x * x) - mx * mx, blurred(y * y) - my * my, blurred(x * y) - mx * my
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    return float((((2 * mx * my + c1) * (2 * cov + c2)) / ((mx**2 + my**2 + c1) * (vx + vy + c2))).mean())


# --- what is told ----------------------------------------------------------------------------------------


def _print(rows: list[Row], sampled: list[bool | None]) -> None:
    table = Table("", *(row.clips for row in rows), title="Preparing a video, ours beside theirs")
    lines: dict[str, Callable[[Row], str]] = {
        "clips": lambda row: str(row.count),
        "CPU, theirs / ours": lambda row: f"{row.cpu_ratio:.2f}",
        "CPU, theirs / ours with all": lambda row: f"{row.cpu_ratio_with_all:.2f}",
        "CPU seconds, ours": lambda row: f"{row.cpu_s:.2f}",
        "CPU, ours / (limit + encode)": lambda row: f"{row.to_limit:.2f}",
        "bytes, ours / theirs": lambda row: f"{row.bytes_ratio:.2f}",
        "SSIM, ours and theirs": lambda row: f"{row.ssim:.4f} {row.their_ssim:.4f}",
        "bytes at equal size and SSIM": lambda row: _ratio(row.equal),
        "bytes of the pictures alone": lambda row: _ratio(row.equal_pictures),
        "clips that do not reach theirs": lambda row: str(row.equal_out_of_reach),
    }
    for title, tell in lines.items():
        table.add_row(title, *map(tell, rows))
    console = Console()
    console.print(table)
    console.print(
        f"Of {len(sampled)} clips sampled by the plan, bit for bit as by decoding everything: "
        f"{sampled.count(True)}; otherwise: {sampled.count(False)}; without a plan: {sampled.count(None)}"
    )


def _ratio(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


if __name__ == "__main__":
    main()
