"""The seed's table, digit for digit, and what its vectors are worth.

The table of final_df.csv (test_data.py) is imported. Printed are the five rows nearest to SDR_Hobby_v4op.mp4
as `coldreel similar` prints them, beside what was published, and P@5 by the category in the file name: the
share of a video's five nearest others that have its category. Chance is the share of right answers among all
others; the most possible is less than one because some categories have fewer than six videos. The interval is
a bootstrap over videos.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from coldreel import Coldreel
from coldreel.store.embedded.server import stop
from test_data import DATA

SEED = DATA / "seed" / "final_df.csv"
QUERY = "SDR_Hobby_v4op.mp4"
K = 5
PUBLISHED = {
    "SDR_Hobby_v4op.mp4": 1.000000,
    "SDR_Hobby_rdby.mp4": 0.637745,
    "SDR_Animal_svq5.mp4": 0.616769,
    "SDR_Hobby_rl1n.mp4": 0.578450,
    "SDR_Health_1p77.mp4": 0.573209,
}
PUBLISHED_PRECISION, PUBLISHED_CHANCE, PUBLISHED_MOST = 0.440, 0.124, 0.760
RESAMPLES = 2000


@dataclass(frozen=True, slots=True)
class Precision:
    """P@5 of all videos. `low` and `high` bound 95 % of the bootstrap."""

    videos: int
    precision: float
    low: float
    high: float
    chance: float
    most: float


def category(file: str) -> str:
    """Of SDR_Hobby_v4op.mp4 it is Hobby."""
    return file.split("_")[1]


def precision(files: list[str], vectors: NDArray[np.float32]) -> Precision:
    """How often the nearest others share the category."""
    labels = np.array([category(file) for file in files])
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = unit @ unit.T
    np.fill_diagonal(cosines, -np.inf)
    same = labels[:, None] == labels[None]
    np.fill_diagonal(same, False)
    nearest = np.argsort(-cosines, axis=1, kind="stable")[:, :K]
    hits = np.take_along_axis(same, nearest, axis=1).mean(axis=1)
    others = same.sum(axis=1)
    drawn = np.random.default_rng(1).choice(hits, (RESAMPLES, len(hits))).mean(axis=1)
    low, high = np.quantile(drawn, [0.025, 0.975])
    chance, most = (others / (len(files) - 1)).mean(), (np.minimum(others, K) / K).mean()
    return Precision(len(files), *map(float, (hits.mean(), low, high, chance, most)))


def measure() -> tuple[list[tuple[str, str, float]], Precision]:
    """The nearest rows as they are printed, and the precision, from the vectors that the database holds."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            with Coldreel(data_dir=folder) as reel:
                found = reel.import_table(SEED)
                if found.passed_over:
                    sys.exit(f"Not every row could be imported: {found.passed_over}")
                rows = [(row.file, row.title, row.cosine_similarity) for row in reel.similar(QUERY, K)]
                space = reel.store.spaces.active()
                assert space is not None  # there are items
                items = reel.store.items.newest(found.added)
                stored = reel.store.vectors(space).of([item.id for item in items])
                vectors = np.stack([stored[item.id] for item in items])
                return rows, precision([item.file for item in items], vectors)
        finally:
            stop(Path(folder))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="the same: it takes a few seconds")
    parser.add_argument("--json", action="store_true", help="one object of all figures as the last line")
    args = parser.parse_args()
    if not SEED.is_file():
        sys.exit(f"{SEED} is not there; TEST_DATA names the folder that holds seed/")
    rows, found = measure()
    print("file                 cosine_similarity  published  title")
    for file, title, cosine in rows:
        print(f"{file:19s}  {cosine:17.6f}  {PUBLISHED.get(file, float('nan')):9.6f}  {title}")
    exact = [(file, cosine) for file, _, cosine in rows] == list(PUBLISHED.items())
    print("every row and digit as published" if exact else "NOT as published")
    interval = f"95 %: {found.low:.3f}-{found.high:.3f}"
    print(f"P@5 by category, {found.videos} videos: {found.precision:.3f} ({interval}),")
    print(f"chance {found.chance:.3f}, most possible {found.most:.3f}; published ", end="")
    print(f"{PUBLISHED_PRECISION:.3f}, {PUBLISHED_CHANCE:.3f}, {PUBLISHED_MOST:.3f}")
    if args.json:
        table = [{"file": file, "cosine_similarity": cosine} for file, _, cosine in rows]
        print(json.dumps({"as_published": exact, "table": table, "p_at_5": asdict(found)}))


if __name__ == "__main__":
    main()
