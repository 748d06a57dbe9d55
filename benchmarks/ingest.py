"""What does taking a clip in cost, and where does it go?

Two measurements, both in CPU seconds, because wall-clock times on a shared machine are noise:

1. The whole way, by `Coldreel.ingest` into an empty data folder: CPU seconds of the decoder children, of the
   worker that leads them, and of the database server, per clip and per 10 seconds of video, and the most
   memory that the worker itself and the largest of its children held.
2. The way of each clip step by step in this process (steps.py).

Clips are those of test_data.py, or the folder given.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from coldreel import Coldreel
from coldreel.store.embedded.server import status, stop
from test_data import CLIPS

QUICK = 8


@dataclass(frozen=True, slots=True)
class WholeWay:
    """clips and video seconds taken in; CPU seconds by process; most memory of one process in MB"""

    clips: int
    video_s: float
    children_cpu_s: float
    worker_cpu_s: float
    database_cpu_s: float
    worker_peak_mb: float
    child_peak_mb: float

    @property
    def cpu_s(self) -> float:
        return self.children_cpu_s + self.worker_cpu_s + self.database_cpu_s


def whole_way(clips: Sequence[Path]) -> WholeWay:
    """Take clips into an empty catalogue and count."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        try:
            with Coldreel(data_dir=data) as reel:
                before, own = _database_cpu_s(data), time.process_time()
                children = resource.getrusage(resource.RUSAGE_CHILDREN)
                found = reel.ingest(*clips)
                if found.ready != len(clips):
                    sys.exit(f"only {found.ready} of {len(clips)} clips became ready: {reel.failures()}")
                after = resource.getrusage(resource.RUSAGE_CHILDREN)
                return WholeWay(
                    clips=len(clips),
                    video_s=sum(item.duration_s or 0.0 for item in reel.store.items.newest(len(clips))),
                    children_cpu_s=after.ru_utime + after.ru_stime - children.ru_utime - children.ru_stime,
                    worker_cpu_s=time.process_time() - own,
                    database_cpu_s=_database_cpu_s(data) - before,
                    worker_peak_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
                    child_peak_mb=after.ru_maxrss / 1024,
                )
        finally:
            stop(data)


def _database_cpu_s(data: Path) -> float:
    """CPU seconds of the server, of its processes that live and of those that it has waited for."""
    pid = status(data).pid
    if pid is None:
        return 0.0
    server = psutil.Process(pid)
    own = server.cpu_times()
    total = own.user + own.system + own.children_user + own.children_system
    for process in server.children():
        times = process.cpu_times()
        total += times.user + times.system
    return total


def main() -> None:
    parser = argparse.ArgumentParser(description="What taking a clip in costs.")
    parser.add_argument("folder", nargs="?", type=Path, default=CLIPS)
    parser.add_argument("--quick", action="store_true", help=f"every so many clips, {QUICK} in all")
    parser.add_argument("--json", action="store_true", help="one object of all figures as the last line")
    args = parser.parse_args()
    clips = sorted(path for path in args.folder.rglob("*") if path.is_file() and path.suffix != ".csv")
    if not clips:
        sys.exit(f"There are no clips in {args.folder}")
    if args.quick:
        clips = clips[:: max(len(clips) // QUICK, 1)][:QUICK]
    whole = whole_way(clips)
    from steps import step_by_step  # not before: a worker loads no decoder, and its memory is measured

    steps = step_by_step(clips)
    print(f"{whole.clips} clips, {whole.video_s:.0f} s of video\n")
    print(f"{'CPU seconds':<28}{'a clip':>10}{'10 s of video':>16}{'share':>9}")
    rows = {
        "decoder children": whole.children_cpu_s,
        "worker": whole.worker_cpu_s,
        "database": whole.database_cpu_s,
        "the whole way": whole.cpu_s,
    }
    for name, seconds in rows.items():
        _print_row(name, seconds, whole, whole.cpu_s)
    print(f"\npeak memory per worker: {whole.worker_peak_mb:.0f} MB itself, ", end="")
    print(f"{whole.child_peak_mb:.0f} MB the largest decoder child\n")
    print("step by step in one process")
    for name, seconds in steps.items():
        _print_row(name, seconds, whole, sum(steps.values()))
    if args.json:
        figures = {
            "clips": whole.clips,
            "video_s": whole.video_s,
            "cpu_s_per_clip": whole.cpu_s / whole.clips,
            "cpu_s_per_10_s_of_video": whole.cpu_s / whole.video_s * 10,
            "worker_peak_mb": whole.worker_peak_mb,
            "child_peak_mb": whole.child_peak_mb,
            "database_share": whole.database_cpu_s / whole.cpu_s,
            "step_shares": {name: seconds / sum(steps.values()) for name, seconds in steps.items()},
        }
        print(json.dumps(figures))


def _print_row(name: str, seconds: float, whole: WholeWay, total: float) -> None:
    per_10_s = seconds / whole.video_s * 10
    print(f"{name:<28}{seconds / whole.clips:>10.3f}{per_10_s:>16.3f}{seconds / total:>9.1%}")


if __name__ == "__main__":
    main()
