"""Which short video will a person like next, by what others liked: a published split.

The TikTok set of MMSSL and DiffMM: 9,308 people, 6,710 videos, 59,541 / 3,051 / 6,130 pairs to learn from,
to choose by and to test on. All items are ranked for each person, save those to learn from; Recall@20 and
NDCG@20, with a bootstrap interval over people. Whatever was chosen, was chosen on the validation split, which
--choose prints. The published figures are of the table in Jiang et al., DiffMM: Multi-Modal Diffusion Model
for Recommendation, MM 2024, on the same split.

    python benchmarks/collaborative.py [--data FOLDER] [--choose] [--quick] [--json]

--quick leaves EASE out, which takes most of the time.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.sparse import csr_array

from coldreel.learn.collaborative import Matrix, WalkRules, walked
from test_data import DATA

PUBLISHED = {
    "MF-BPR": (0.0346, 0.0130),
    "LightGCN": (0.0653, 0.0282),
    "MMGCN": (0.0730, 0.0307),
    "GRCN": (0.0804, 0.0350),
    "LATTICE": (0.0843, 0.0367),
    "BM3": (0.0957, 0.0404),
    "DiffMM": (0.1129, 0.0456),
}
K = 20
EASE_L2 = 50.0
IMAGE = 0.5
"""Weight of the image block in a vector of an item; the audio block has the rest."""
LOOK = 0.25
"""Weight of the cosine of pictures beside the walk, in standard deviations of each."""
RESAMPLES = 1000
BATCH = 1000
Scores = NDArray[np.float32]
Scorer = Callable[[Matrix], Scores]
"""From what people liked (people, items) to scores of all items (people, items)."""


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """learn, valid, test: who liked what, (people, items); vectors, pictures: (items, dimensions)"""

    learn: Matrix
    valid: Matrix
    test: Matrix
    vectors: Scores
    pictures: Scores

    @classmethod
    def read(cls, folder: Path) -> Self:
        with (folder / "interactions.csv").open(newline="", encoding="utf-8") as file:
            rows = [(row["split"], int(row["user"]), int(row["item"])) for row in csv.DictReader(file)]
        image, audio = (np.load(folder / f"{name}_feat.npy") for name in ("image", "audio"))
        people = 1 + max(person for _, person, _ in rows)

        def of(split: str) -> Matrix:
            pairs = np.array([(person, item) for name, person, item in rows if name == split])
            ones = np.ones(len(pairs), np.float32)
            return csr_array((ones, (pairs[:, 0], pairs[:, 1])), shape=(people, len(image)))

        looks, sounds = _units(image), _units(audio)
        vectors = np.hstack([np.sqrt(IMAGE) * looks, np.sqrt(1 - IMAGE) * sounds])
        return cls(of("train"), of("valid"), of("test"), vectors, looks)


def popular(split: Split) -> Scorer:
    audience = np.asarray(split.learn.sum(axis=0), np.float32).ravel()
    return lambda liked: np.tile(audience, (liked.shape[0], 1))


def ease(split: Split) -> Scorer:
    """Steck, Embarrassingly Shallow Autoencoders for Sparse Data, WWW 2019."""
    gram = (split.learn.T @ split.learn).toarray().astype(np.float32)
    gram[np.diag_indices_from(gram)] += EASE_L2
    inverse = cho_solve(cho_factor(gram, overwrite_a=True), np.eye(len(gram), dtype=np.float32))
    weights = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0)
    return lambda liked: np.asarray(liked @ weights, np.float32)


def walk(split: Split, rules: WalkRules) -> Scorer:
    """The sum over what a person liked, of all that is related and not of the nearest alone."""
    related = walked(split.learn, _alike(split.vectors, rules.alike), rules)
    return lambda liked: np.asarray((liked @ related).toarray(), np.float32)


def with_look(split: Split, scorer: Scorer) -> Scorer:
    """Beside that, how much a video looks like what a person liked: in a feed, the ranker adds the two."""
    return lambda liked: (
        _standard(scorer(liked)) + LOOK * _standard((liked @ split.pictures) @ split.pictures.T)
    )


def measure(split: Split, truth: Matrix, scorer: Scorer) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Recall and NDCG of each person who has something to be found."""
    people = np.flatnonzero(np.diff(truth.indptr))
    discounts = 1 / np.log2(np.arange(2, K + 2))
    recalls, gains = [], []
    for start in range(0, len(people), BATCH):
        some = people[start : start + BATCH]
        scores = scorer(split.learn[some])
        scores[split.learn[some].nonzero()] = -np.inf
        top = np.argsort(-scores, axis=1, kind="stable")[:, :K]
        hits = np.take_along_axis(truth[some].toarray(), top, axis=1) > 0
        wanted = np.diff(truth.indptr)[some]
        recalls.append(hits.sum(axis=1) / wanted)
        gains.append((hits @ discounts) / np.cumsum(discounts)[np.minimum(wanted, K) - 1])
    return np.concatenate(recalls), np.concatenate(gains)


def choose(split: Split) -> None:
    """Print the validation figures of a grid."""
    for steps, content, popularity in product((2, 3, 4), (0.0, 0.5, 1.0, 2.0, 4.0), (0.05, 0.1, 0.15)):
        rules = replace(WalkRules(), steps=steps, content=content, popularity=popularity)
        recall, gain = (figure.mean() for figure in measure(split, split.valid, walk(split, rules)))
        print(f"{recall:.4f}  {gain:.4f}  {steps} steps, content {content}, popularity {popularity}")


def _alike(vectors: Scores, k: int) -> Matrix:
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, -1)
    near = np.argpartition(-cosines, k, axis=1)[:, :k]
    values = np.maximum(np.take_along_axis(cosines, near, axis=1), 0).ravel()
    rows = np.repeat(np.arange(len(vectors)), k)
    one_way = csr_array((values, (rows, near.ravel())), shape=cosines.shape)
    return one_way.maximum(one_way.T).tocsr()


def _standard(scores: Scores) -> Scores:
    """Mean 0 and deviation 1 for each person."""
    spread = np.maximum(scores.std(axis=1, keepdims=True), 1e-9)
    return np.asarray((scores - scores.mean(axis=1, keepdims=True)) / spread, np.float32)


def _units(features: NDArray[np.floating]) -> Scores:
    """Centred, or all videos would look alike; and of norm one."""
    centred = features.astype(np.float64) - features.mean(axis=0)
    return np.asarray(centred / np.linalg.norm(centred, axis=1, keepdims=True), np.float32)


def _lines(split: Split, quick: bool) -> Iterator[tuple[str, dict[str, float]]]:
    models: dict[str, Callable[[], Scorer]] = {"most popular": lambda: popular(split)}
    if not quick:
        models[f"EASE, {EASE_L2:.0f}"] = lambda: ease(split)
    models["walk without content"] = lambda: walk(split, replace(WalkRules(), content=0.0))
    models["walk"] = lambda: walk(split, WalkRules())
    models["walk, and look"] = lambda: with_look(split, walk(split, WalkRules()))
    rng = np.random.default_rng(1)
    for name, model in models.items():
        begun = time.process_time()
        scorer = model()
        seconds = time.process_time() - begun
        valid, _ = measure(split, split.valid, scorer)
        recall, gain = measure(split, split.test, scorer)
        means = recall[rng.integers(0, len(recall), (RESAMPLES, len(recall)))].mean(axis=1)
        low, high = np.quantile(means, (0.025, 0.975))
        yield name, {
            "recall": recall.mean(), "ndcg": gain.mean(), "low": low, "high": high, "valid": valid.mean(),
            "cpu_s": seconds,
        }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA / "interactions" / "tiktok")
    parser.add_argument("--choose", action="store_true", help="print a grid on the validation split, no more")
    parser.add_argument("--quick", action="store_true", help="without EASE")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    if not (given.data / "interactions.csv").is_file():
        sys.exit(f"{given.data}/interactions.csv is not there; --data names its folder")
    split = Split.read(given.data)
    if given.choose:
        choose(split)
        return
    print(f"{'':24}Recall@{K}  NDCG@{K}  95 % of recall    validation  CPU-s to learn")
    for name, (recall, gain) in PUBLISHED.items():
        print(f"{name + ' (published)':24}{recall:9.4f}{gain:9.4f}")
    found = {}
    for name, row in _lines(split, given.quick):
        found[name] = {key: round(float(value), 4) for key, value in row.items()}
        interval = f"{row['low']:.4f} to {row['high']:.4f}"
        print(
            f"{name:24}{row['recall']:9.4f}{row['ndcg']:9.4f}  {interval}"
            f"{row['valid']:12.4f}{row['cpu_s']:12.1f}"
        )
    if given.json:
        print(json.dumps(found))


if __name__ == "__main__":
    main()
