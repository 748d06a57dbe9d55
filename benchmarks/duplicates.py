"""Near-duplicates: how many altered copies are known again, how many other clips are taken for one video, and
how long the question takes in a large catalogue.

    python benchmarks/duplicates.py [--quick] [--json]

The clips are those of the shared test data, and their frames are altered as re-uploads are; the sound of a
copy that begins later is coded anew with 32 kbit/s. A copy counts as found when it shares a key with its
original and is judged to be the same video. The thresholds were chosen with these clips in view, so the table
is on the hopeful side. For the lookup, a catalogue of videos of random
scenes is put into a real database, and the clips are looked up in it.
"""

from __future__ import annotations

import argparse
import csv
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from coldreel.media.decoding import timed_frames
from coldreel.media.fingerprints import fingerprint
from coldreel.media.geometry import Geometry
from coldreel.media.keeping import KeptFrames
from coldreel.media.likeness import Fingerprint, is_one_video
from coldreel.media.limits import Limits
from coldreel.media.opening import open_media
from coldreel.media.sound import SOUND_RATE, hear
from coldreel.store.embedded.server import EmbeddedServer, stop
from coldreel.store.store import Store

CLIPS = Path(__file__).resolve().parents[2] / "shared" / "data" / "clips"
ASKED_SECONDS = 24
CATALOGUE = 100_000
SECONDS_PER_VIDEO = 15

LATER_S = (0.5, 0.3)
AAC_FRAME = 1024

Frames = NDArray[np.uint8]
Samples = NDArray[np.float32]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="every fourth clip, a catalogue of 10,000")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    if not CLIPS.is_dir():
        sys.exit(f"The clips are not at {CLIPS}")
    with (CLIPS / "manifest.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))[:: 4 if given.quick else 1]
    names = [row["file"] for row in rows]
    clips = {name: _frames(CLIPS / name, 0.0) for name in names}
    sounds = {name: _sound(CLIPS / name) for name in names}
    prints = {name: _print(clips[name], sounds[name]) for name in names}
    found = {name: _found(clips, prints, change) for name, change in ALTERED.items()}
    for later_s in LATER_S:
        for title, heard in (("to be heard", True), ("silent", False)):
            chosen = {name: one for name, one in prints.items() if _is_heard(sounds[name]) is heard}
            found[f"{later_s} s later, {title}"] = _found_later(chosen, sounds, later_s)
    pairs = _pairs(prints)
    timing = _lookup(list(prints.values()), 10_000 if given.quick else CATALOGUE)
    _print_tables(found, pairs, len(prints), timing)
    if given.json:
        shares = {name: [sum(each.values()), len(each)] for name, each in found.items()}
        print(json.dumps({"clips": len(clips), "found": shares, "pairs_taken_for_one": pairs} | timing))


def _frames(path: Path, start_s: float) -> Frames:
    """A frame a second, from a moment on."""
    with open_media(path, Limits()) as media:
        kept, second = None, start_s
        for at, frame in timed_frames(media, Limits()):
            kept = kept or KeptFrames(media, Geometry.of(frame, media.picture), Limits())
            if at >= second:
                kept.add(second, frame)
                second += 1
        assert kept is not None
        return kept.arrays()[0].copy()


def _sound(path: Path) -> Samples | None:
    with open_media(path, Limits()) as media:
        sound = hear(media, Limits())
    return sound.samples if sound else None


def _is_heard(sound: Samples | None) -> bool:
    return sound is not None and bool(np.abs(sound).max() > 0)


def _print(frames: Frames, sound: Samples | None = None) -> Fingerprint:
    return fingerprint(np.ascontiguousarray(frames), np.arange(len(frames), dtype=np.float64), sound)


def _coded_again(frames: Frames) -> Frames:
    quality = [cv2.IMWRITE_JPEG_QUALITY, 20]
    smalls = [cv2.resize(frame, None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA) for frame in frames]
    coded = [cv2.imencode(".jpg", small, quality)[1] for small in smalls]
    return np.stack([np.asarray(cv2.imdecode(jpeg, 1), np.uint8) for jpeg in coded])


def _brighter(frames: Frames) -> Frames:
    return np.asarray(np.clip(frames.astype(np.float32) * 1.15 + 20, 0, 255), np.uint8)


def _captioned(frames: Frames) -> Frames:
    frames = frames.copy()
    height, width = frames.shape[1:3]
    frames[:, int(height * 0.82) : int(height * 0.95)] = 255
    for frame in frames:
        place = (width // 10, int(height * 0.91))
        cv2.putText(frame, "follow for more", place, cv2.FONT_HERSHEY_SIMPLEX, height / 400, (0, 0, 0), 2)
    return frames


def _cropped(frames: Frames) -> Frames:
    height, width = frames.shape[1:3]
    rows, columns = round(height * 0.025), round(width * 0.025)
    return frames[:, rows : height - rows, columns : width - columns]


def _letterboxed(frames: Frames) -> Frames:
    border = frames.shape[1] // 5
    return _coded_again(np.pad(frames, ((0, 0), (border, border), (0, 0), (0, 0))))


ALTERED: dict[str, Callable[[Frames], Frames]] = {
    "coded again, 0.6 of the size": _coded_again,
    "brighter": _brighter,
    "caption bar": _captioned,
    "5 % cropped": _cropped,
    "letterboxed": _letterboxed,
    "mirrored": lambda frames: frames[:, :, ::-1],
}


def _is_found(copy: Fingerprint, original: Fingerprint) -> bool:
    asked = {*copy.keys(ASKED_SECONDS), *copy.mirrored.keys(ASKED_SECONDS)}
    return bool(asked & set(original.keys())) and is_one_video(copy, original)


def _found(
    clips: dict[str, Frames], prints: dict[str, Fingerprint], change: Callable[[Frames], Frames]
) -> dict[str, bool]:
    return {name: _is_found(_print(change(frames)), prints[name]) for name, frames in clips.items()}


def _found_later(
    prints: dict[str, Fingerprint], sounds: dict[str, Samples | None], later_s: float
) -> dict[str, bool]:
    found = {}
    for name, original in prints.items():
        sound, frames = sounds[name], _frames(CLIPS / name, later_s)
        if len(frames):
            later = None if sound is None else _sound_coded_again(sound[round(later_s * SOUND_RATE) :])
            found[name] = _is_found(_print(frames, later), original)
    return found


def _sound_coded_again(sound: Samples) -> Samples | None:
    """AAC with 32 kbit/s, at half the amplitude."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sound.mp4"
        with av.open(str(path), "w") as output:
            stream = output.add_stream("aac", rate=SOUND_RATE, layout="mono")
            stream.codec_context.bit_rate = 32_000
            for start in range(0, len(sound), AAC_FRAME):
                piece = np.ascontiguousarray(sound[None, start : start + AAC_FRAME] / 2, np.float32)
                frame = av.AudioFrame.from_ndarray(piece, format="fltp", layout="mono")
                frame.sample_rate, frame.pts = SOUND_RATE, start
                output.mux(stream.encode(frame))
            output.mux(stream.encode(None))
        with av.open(str(path)) as given:
            pieces = [frame.to_ndarray().ravel() for frame in given.decode(audio=0)]
    return np.concatenate(pieces) if pieces else None


def _pairs(prints: dict[str, Fingerprint]) -> list[tuple[str, str]]:
    names = list(prints)
    return [
        (one, other)
        for i, one in enumerate(names)
        for other in names[i + 1 :]
        if is_one_video(prints[one], prints[other])
    ]


def _lookup(asked: list[Fingerprint], count: int) -> dict[str, float]:
    """Milliseconds of a lookup: the question to the database alone, and with the judging of its answers."""
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        try:
            with EmbeddedServer(Path(folder)) as url, Store.open(url) as store:
                _fill(store, rng, count)
                bare, whole = [], []
                for one in asked:
                    keys = sorted({*one.keys(ASKED_SECONDS), *one.mirrored.keys(ASKED_SECONDS)})
                    start = time.perf_counter()
                    near = store.fingerprints.near(0, keys)
                    bare.append(time.perf_counter() - start)
                    for each in near:
                        is_one_video(one, Fingerprint.from_bytes(each.content))
                    whole.append(time.perf_counter() - start)
        finally:
            stop(Path(folder))
    return {
        "catalogue": count,
        "lookup_ms": round(1000 * statistics.median(bare), 2),
        "lookup_and_judging_ms": round(1000 * statistics.median(whole), 2),
        "slowest_ms": round(1000 * max(whole), 2),
    }


def _fill(store: Store, rng: np.random.Generator, count: int) -> None:
    """Videos of random scenes: smooth pictures that change from second to second, as real ones do."""
    store.database.execute(
        b"insert into items (ref, content_hash, duration_s, width, height, fps, container, video_codec,"
        b" pixel_format, creator, playback)"
        b" select 'v' || n, sha256(n::text::bytea), 15, 360, 640, 30, 'mp4', 'h264', 'yuv420p', 'x', 'source'"
        b" from generate_series(1, %(n)s) n",
        {"n": count},
    )
    items = store.database.values(b"select id from items order by id")
    for start in range(0, count, 1000):
        with store.database.transaction():
            for item in items[start : start + 1000]:
                one = _random_video(rng)
                store.fingerprints.put(item, one.to_bytes(), one.keys())
    store.database.execute(b"analyze")


def _random_video(rng: np.random.Generator) -> Fingerprint:
    scene = cv2.GaussianBlur(rng.normal(size=(8, 9)).astype(np.float32), (0, 0), 1.2)
    moves = rng.normal(size=(SECONDS_PER_VIDEO, 8, 9)).astype(np.float32)
    pictures = scene + 0.4 * np.stack([cv2.GaussianBlur(move, (0, 0), 1.0) for move in moves])
    low, high = pictures.min(), pictures.max()
    return Fingerprint(((pictures - low) / (high - low) * 255).astype(np.uint8))


def _print_tables(
    found: dict[str, dict[str, bool]],
    pairs: list[tuple[str, str]],
    clips: int,
    timing: dict[str, float],
) -> None:
    table = Table("altered", "found")
    for name, each in found.items():
        table.add_row(name, f"{sum(each.values())} of {len(each)}")
    console = Console()
    console.print(table)
    console.print(
        f"Of {clips * (clips - 1) // 2} pairs of clips, taken for one video: {len(pairs)} {pairs or ''}"
    )
    console.print(
        f"A lookup among {timing['catalogue']:,} videos: {timing['lookup_ms']} ms in the middle, "
        f"{timing['lookup_and_judging_ms']} ms with the judging, at most {timing['slowest_ms']} ms"
    )


if __name__ == "__main__":
    main()
