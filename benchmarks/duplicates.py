"""Near-duplicates: how many altered copies are known again in a large catalogue, how many other videos are
taken for one, and how long the question takes.

    python benchmarks/duplicates.py [--quick] [--json]

Needs the command `ffmpeg` (Debian: apt install ffmpeg), which alters the clips of the test data as
re-uploads are altered, and codes them anew, smaller. Each copy is read as any file and looked up in a real
database, in which the originals lie among 100,000 other videos: windows of the same clips in time, place and
scale, mirrored, in other light, half of them mixed from two. A copy counts as found when its original is.

The thresholds were chosen with these clips in view, so the table is on the hopeful side.
"""

from __future__ import annotations

import argparse
import csv
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import chain, combinations
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from coldreel.ingest.grouping import find_like
from coldreel.media.fingerprints import fingerprint
from coldreel.media.keeping import KeptPictures
from coldreel.media.likeness import COLUMNS, ROWS, Fingerprint, is_one_video
from coldreel.media.limits import Limits
from coldreel.media.reading import read
from coldreel.media.thumbs import make_thumbs
from coldreel.store.embedded.server import EmbeddedServer, stop
from coldreel.store.store import Store
from test_data import CLIPS, require

CATALOGUE = 100_000
COPY_SIDE = 480
CODED_ANEW = ["-c:v", "libx264", "-preset", "ultrafast", "-crf", "30", "-pix_fmt", "yuv420p",
              "-c:a", "aac", "-b:a", "64k"]  # fmt: skip

ALTERED = {
    "coded again": ("null", 0.0),
    "brighter": ("eq=brightness=0.06:contrast=1.12", 0.0),
    "caption bar": ("drawbox=y=ih*0.82:h=ih*0.13:color=white:t=fill,"
                    "drawbox=x=iw*0.1:y=ih*0.86:w=iw*0.6:h=ih*0.04:color=black:t=fill", 0.0),
    "5 % cropped": ("crop=iw*0.95:ih*0.95", 0.0),
    "letterboxed": ("pad=iw:ih*1.4:0:(oh-ih)/2", 0.0),
    "mirrored": ("hflip", 0.0),
    "half a second later": ("null", 0.5),
    "0.3 s later": ("null", 0.3),
}  # fmt: skip
"""Filters of FFmpeg, and the seconds that are cut off at the start."""

Grey = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Row:
    """Of the copies that were altered in one way: how many there are, how many were found to be their
    original, and how many to be some other video."""

    altered: str
    copies: int
    found: int
    taken_for_another: int


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="every 24th clip, a catalogue of 5,000")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    if shutil.which("ffmpeg") is None:
        sys.exit("The command ffmpeg is not there: apt install ffmpeg")
    require(CLIPS)
    with (CLIPS / "manifest.csv").open(newline="") as file:
        names = [row["file"] for row in csv.DictReader(file)][:: 24 if given.quick else 1]
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        originals = dict(zip(names, pool.map(_print_of, [CLIPS / name for name in names]), strict=True))
        scenes = list(pool.map(_grey, [CLIPS / name for name in names]))
        asked = [(name, title, how) for title, how in ALTERED.items() for name in names]
        copies = list(pool.map(_copy, asked))
    heard = {name for name, original in originals.items() if len(original.sound) and original.sound.std() > 0}
    with _catalogue(list(originals.values()), scenes, 5_000 if given.quick else CATALOGUE) as (store, items):
        refs = dict(zip(items, names, strict=True))
        times: list[float] = []
        rows = _rows(asked, copies, store, refs, heard, times)
    pairs = [
        (one, other)
        for (one, mine), (other, theirs) in combinations(originals.items(), 2)
        if is_one_video(mine, theirs)
    ]
    _print_tables(rows, pairs, len(names), times)
    if given.json:
        figures = {
            "rows": [asdict(row) for row in rows],
            "pairs_taken_for_one": pairs,
            **_milliseconds(times),
        }
        print(json.dumps(figures))


# --- copies ----------------------------------------------------------------------------------------------


def _copy(asked: tuple[str, str, tuple[str, float]]) -> Fingerprint | None:
    """The fingerprint of an altered copy; None when nothing is left of it."""
    name, _, (change, later_s) = asked
    small = f"scale='min(1,{COPY_SIDE}/max(iw,ih))*iw':-2,{change},scale=trunc(iw/2)*2:trunc(ih/2)*2"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "copy.mp4"
        command = ["ffmpeg", "-v", "error", "-ss", str(later_s), "-i", str(CLIPS / name), "-vf", small,
                   *CODED_ANEW, str(path)]  # fmt: skip
        subprocess.run(command, check=False, stderr=subprocess.DEVNULL)  # noqa: S603 - our own words
        try:
            return _print_of(path)
        except Exception:
            return None


def _print_of(path: Path) -> Fingerprint:
    """The fingerprint as it is made when a file is taken in."""
    reading = read(path, Limits(), lambda: KeptPictures(Limits()))
    frames, times = reading.kept.arrays()
    return fingerprint(make_thumbs(frames), times, reading.sound)


def _rows(
    asked: Sequence[tuple[str, str, tuple[str, float]]],
    copies: Sequence[Fingerprint | None],
    store: Store,
    refs: dict[int, str],
    heard: set[str],
    times: list[float],
) -> list[Row]:
    outcomes: dict[str, list[str | None]] = {}
    for (name, title, (_, later_s)), copy in zip(asked, copies, strict=True):
        if copy is None:
            continue
        start = time.perf_counter()
        like = find_like(store, 0, copy)
        times.append(time.perf_counter() - start)
        kind = f"{title}, {'to be heard' if name in heard else 'silent'}" if later_s else title
        right = like is not None and refs.get(like) == name
        outcomes.setdefault(kind, []).append("found" if right else "another" if like is not None else None)
    return [
        Row(kind, len(each), each.count("found"), each.count("another")) for kind, each in outcomes.items()
    ]


# --- the catalogue ---------------------------------------------------------------------------------------


@contextmanager
def _catalogue(
    originals: list[Fingerprint], scenes: list[Grey], count: int
) -> Iterator[tuple[Store, list[int]]]:
    """A database with other videos and then the originals; gives the store and the originals' items."""
    rng = np.random.default_rng(0)
    others = (_other(rng, scenes) for _ in range(count))
    with tempfile.TemporaryDirectory() as folder:
        try:
            with EmbeddedServer(Path(folder)) as url, Store.open(url) as store:
                items = _fill(store, count + len(originals), chain(others, originals))
                yield store, items[count:]
        finally:
            stop(Path(folder))


def _fill(store: Store, count: int, prints: Iterator[Fingerprint]) -> list[int]:
    store.database.execute(
        b"insert into items (ref, content_hash, duration_s, width, height, fps, container, video_codec,"
        b" pixel_format, creator, playback)"
        b" select 'v' || n, sha256(n::text::bytea), 15, 360, 640, 30, 'mp4', 'h264', 'yuv420p', 'x', 'source'"
        b" from generate_series(1, %(n)s) n",
        {"n": count},
    )
    items = [int(item) for item in store.database.values(b"select id from items order by id")]
    for start in range(0, count, 1000):
        with store.database.transaction():
            for item, one in zip(items[start : start + 1000], prints, strict=False):
                store.fingerprints.put(item, one.to_bytes(), one.scene)
    store.database.execute(b"analyze")
    return items


def _grey(path: Path) -> Grey:
    """Sums over the pixels above and to the left of each, in grey, of the thumbs of a clip."""
    reading = read(path, Limits(), lambda: KeptPictures(Limits()))
    thumbs = make_thumbs(reading.kept.arrays()[0])
    grey = np.stack([cv2.cvtColor(thumb, cv2.COLOR_RGB2GRAY) for thumb in thumbs]).astype(np.float64)
    return np.pad(grey.cumsum(axis=1).cumsum(axis=2), ((0, 0), (1, 0), (1, 0)))


def _other(rng: np.random.Generator, scenes: list[Grey]) -> Fingerprint:
    """A video that is not one of the clips but looks as real ones do."""
    seconds = int(np.clip(rng.lognormal(2.2, 0.6), 2, 60))
    pictures = _window(rng, scenes, seconds)
    if rng.random() < 0.5:
        pictures = 0.6 * pictures + 0.4 * _window(rng, scenes, seconds)
    pictures = (pictures - pictures.mean()) * rng.uniform(0.7, 1.3) + rng.uniform(80, 170)
    return Fingerprint(np.clip(pictures, 0, 255).astype(np.uint8))


def _window(rng: np.random.Generator, scenes: list[Grey], seconds: int) -> Grey:
    scene = scenes[rng.integers(len(scenes))]
    length, height, width = scene.shape[0], scene.shape[1] - 1, scene.shape[2] - 1
    scale = rng.uniform(0.3, 0.7)
    rows = min(height, int(height * scale * rng.uniform(0.8, 1.25)))
    columns = min(width, int(width * scale * rng.uniform(0.8, 1.25)))
    top, left = rng.integers(height - rows + 1), rng.integers(width - columns + 1)
    start = rng.integers(max(1, length - seconds + 1))
    shown = np.minimum(np.arange(start, start + seconds), length - 1)
    y = np.linspace(top, top + rows, ROWS + 1).round().astype(int)
    x = np.linspace(left, left + columns, COLUMNS + 1).round().astype(int)
    corners = scene[shown][:, y][:, :, x]
    sums = corners[:, 1:, 1:] - corners[:, :-1, 1:] - corners[:, 1:, :-1] + corners[:, :-1, :-1]
    pictures = np.asarray(sums / np.maximum(np.diff(y)[:, None] * np.diff(x), 1), np.float64)
    return pictures[:, :, ::-1] if rng.random() < 0.5 else pictures


# --- what is told ----------------------------------------------------------------------------------------


def _milliseconds(times: list[float]) -> dict[str, float]:
    ordered = sorted(1000 * each for each in times)
    return {
        "lookup_ms": round(statistics.median(ordered), 2),
        "lookup_ms_95": round(ordered[int(0.95 * len(ordered))], 2),
    }


def _print_tables(rows: list[Row], pairs: list[tuple[str, str]], clips: int, times: list[float]) -> None:
    table = Table("altered", "found", "taken for another video")
    for row in rows:
        table.add_row(row.altered, f"{row.found} of {row.copies}", str(row.taken_for_another))
    console = Console()
    console.print(table)
    count = clips * (clips - 1) // 2
    console.print(f"Of {count:,} pairs of clips, taken for one video: {len(pairs)} {pairs or ''}")
    told = _milliseconds(times)
    console.print(
        f"A lookup with the judging: {told['lookup_ms']} ms in the middle, 95 % in {told['lookup_ms_95']} ms"
    )


if __name__ == "__main__":
    main()
