"""Stage 4, score: how well an item fits, in named parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from coldreel.recommend.candidates import Candidate
from coldreel.recommend.viewer import Viewer

MODEL_VERSION = "content-fit-1"


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    candidate: Candidate
    score: float
    parts: Mapping[str, float]


def score(viewer: Viewer, candidates: list[Candidate]) -> list[Scored]:
    """Content fit: the cosine with the nearest interest; 0 for a viewer without any.

    The interest's weight does not count here: it already decides how often the interest is drawn.
    """
    if not candidates:
        return []
    if viewer.is_new:
        fits = np.zeros(len(candidates))
    else:
        matrix = np.stack([candidate.vector for candidate in candidates])
        fits = (matrix @ np.stack(viewer.interests.vectors).T).max(axis=1)
    return [
        Scored(candidate, float(fit), {"content_fit": round(float(fit), 6)})
        for candidate, fit in zip(candidates, fits, strict=True)
    ]
