"""One request for a page: who asks, for how much, and what is there for everybody."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coldreel.model import Policy
from coldreel.recommend.showcase import Showcase
from coldreel.recommend.viewer import Viewer


@dataclass(frozen=True, slots=True, eq=False)
class Request:
    """places: of the page; policy: what may be shown"""

    viewer: Viewer
    places: int
    policy: Policy
    showcase: Showcase
    rng: np.random.Generator
