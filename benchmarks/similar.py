"""Do similar items share the folder label of their clip?

Vectors of the labelled clips (test_data.py), copied to names that say nothing. P@1 and P@5 is the share of a
clip's nearest others that have its label, with and without neighbours from the clip's own source.
A clip counts as a query only if some other clip that may be a neighbour has its label. Chance is the share of
right answers among all that may be neighbours. The interval is a bootstrap over queries.

What was tuned, was tuned with queries and neighbours of even sources (sha256 of the source's name); --choose
tries all weights of a grid on them. Else the queries of each line are of even, odd or all sources, and the
neighbours are of all.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import weights
from coldreel import Coldreel
from coldreel.model import Progress
from coldreel.settings import Settings
from coldreel.store.embedded.server import stop
from coldreel.understand.choice import Rooms
from test_data import CLIPS, require

RESAMPLES = 2000
SEED = 1


@dataclass(frozen=True, slots=True)
class Clip:
    path: Path
    label: str
    source: str
    use: str

    @property
    def even(self) -> bool:
        return int(hashlib.sha256(self.source.encode()).hexdigest(), 16) % 2 == 0


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table. `low` and `high` bound 95 % of the bootstrap."""

    queries_of: str
    other_sources_only: bool
    k: int
    queries: int
    precision: float
    low: float
    high: float
    chance: float


def clips() -> list[Clip]:
    """The test clips. Exits with a message when they are absent."""
    require(CLIPS)
    with (CLIPS / "manifest.csv").open(newline="", encoding="utf-8") as file:
        return [Clip(CLIPS / r["file"], r["label"], r["source"], r["use"]) for r in csv.DictReader(file)]


def vectors(paths: Sequence[Path], provider: str) -> NDArray[np.float32]:
    """One row a file, shape (paths, dimensions): what `coldreel ingest` stores for it."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            with Coldreel(data_dir=folder, provider=provider) as reel:
                reel.ingest(*paths, on_progress=_show)
                if failures := reel.failures():
                    sys.exit(f"Not every clip became ready: {failures}")
                space = reel.store.spaces.active()
                assert space is not None  # there are items
                items = [reel.item(path.name).id for path in paths]
                stored = reel.store.vectors(space).of(items)
                return np.stack([stored[item] for item in items])
        finally:
            stop(Path(folder))


def _show(progress: Progress) -> None:
    print(f"\r{progress.ready} of {progress.total} clips", end="", file=sys.stderr, flush=True)


def opaque_copies(originals: Sequence[Path], folder: Path) -> list[Path]:
    """Copies under names that carry no label."""
    copies = [folder / f"{number:04d}{path.suffix}" for number, path in enumerate(originals)]
    for original, copy in zip(originals, copies, strict=True):
        shutil.copyfile(original, copy)
    return copies


def figures(found: Sequence[Clip], placed: NDArray[np.float32]) -> list[Figure]:
    """The whole table."""
    labels = np.array([clip.label for clip in found])
    sources = np.array([clip.source for clip in found])
    even = np.array([clip.even for clip in found])
    same = labels[:, None] == labels[None]
    cosines = placed @ placed.T
    parts = {"even": even, "odd": ~even, "all": np.ones(len(found), bool)}
    table = []
    for other_only in (True, False):
        banned = sources[:, None] == sources[None] if other_only else np.eye(len(found), dtype=bool)
        for name, part in parts.items():
            queries = np.flatnonzero(part & (same & ~banned).any(axis=1))
            table += [_figure(name, other_only, k, queries, cosines, same, banned) for k in (1, 5)]
    return table


def _figure(
    name: str,
    other_only: bool,
    k: int,
    queries: NDArray[np.intp],
    cosines: NDArray[np.float32],
    same: NDArray[np.bool_],
    banned: NDArray[np.bool_],
) -> Figure:
    ranked = np.argsort(-np.where(banned, -np.inf, cosines)[queries], axis=1, kind="stable")[:, :k]
    hits = np.take_along_axis(same[queries], ranked, axis=1).mean(axis=1)
    allowed = ~banned[queries]
    chance = ((same[queries] & allowed).sum(axis=1) / allowed.sum(axis=1)).mean()
    drawn = np.random.default_rng(SEED).choice(hits, (RESAMPLES, len(hits))).mean(axis=1)
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Figure(name, other_only, k, len(queries), *map(float, (hits.mean(), low, high, chance)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="every second clip")
    parser.add_argument("--json", action="store_true", help="one object of all figures as the last line")
    parser.add_argument("--provider", default="signals")
    parser.add_argument("--choose", action="store_true", help="try weights of the blocks, on even sources")
    args = parser.parse_args()
    found = [clip for clip in clips() if clip.even or not args.choose][:: 2 if args.quick else 1]
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        placed = vectors(opaque_copies([clip.path for clip in found], Path(folder)), args.provider)
    seconds = time.monotonic() - started
    if args.choose:
        _choose(found, placed, args.provider, as_json=args.json)
        return
    table = figures(found, placed)
    print(f"{len(found)} clips, {len({c.source for c in found})} sources, {args.provider}, {seconds:.0f} s")
    print("queries  neighbours     k  queries  precision  95 % interval  chance")
    for f in table:
        pool = "other sources" if f.other_sources_only else "all others"
        interval = f"{f.low:.3f}-{f.high:.3f}"
        line = f"{f.queries_of:7s}  {pool:13s}  {f.k}  {f.queries:7d}  {f.precision:9.3f}"
        print(f"{line}  {interval:>13s}  {f.chance:.3f}")
    if args.json:
        rows = [asdict(f) for f in table]
        print(json.dumps({"provider": args.provider, "clips": len(found), "figures": rows}))


def _choose(found: Sequence[Clip], placed: NDArray[np.float32], provider: str, *, as_json: bool) -> None:
    labels, sources = (np.array([getattr(clip, name) for clip in found]) for name in ("label", "source"))
    same, banned = labels[:, None] == labels[None], sources[:, None] == sources[None]
    space = Rooms(Settings.load(provider=provider)).choose().space
    print(f"{len(found)} clips of even sources, {provider}")
    best, precision = weights.choose(space, weights.Trial.of(space, placed, same, banned))
    if as_json:
        print(json.dumps({"provider": provider, "clips": len(found), "best": best, "p_at_5": precision}))


if __name__ == "__main__":
    main()
