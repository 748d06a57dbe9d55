"""Where the simulated worlds take their vectors from: tastes, and the content that is seen of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from coldreel.errors import SettingsError

Matrix = NDArray[np.float32]


class WorldKind(StrEnum):
    """A simulated world."""

    TIKTOK = "tiktok"
    """Tastes are for the look of real short videos, while their sound, and noise, is given as content."""
    CLUSTERS = "clusters"
    """Tastes and content from clustered random vectors. Nothing is ever tuned on this one."""


@dataclass(frozen=True, slots=True)
class VectorRules:
    """The vectors of the simulated worlds."""

    content_noise: float = 0.5
    """Norm of the noise that is added to a content vector of norm one."""
    clusters: int = 40
    cluster_dimensions: int = 64
    cluster_spread: float = 0.7
    """Norm of an item's own part beside its cluster's centre of norm one: with the noise, two items of one
    cluster have a cosine of about 0.54 in content."""


@dataclass(frozen=True, slots=True, eq=False)
class ItemVectors:
    """Of the items of a world, one row each, of norm one.

    taste: what users have a taste for, hidden from the recommender
    clean: content before noise: what quality hangs on, where it does
    content: what the recommender is given
    wishes: what users' interests are drawn from, in the space of `taste`; no row of it need be an item
    """

    taste: Matrix
    clean: Matrix
    content: Matrix
    wishes: Matrix


def from_tiktok(folder: Path, items: int, rules: VectorRules, rng: np.random.Generator) -> ItemVectors:
    """Tastes from the image features of that many videos, drawn at random, and content from their audio.

    The image features are centred, because they all lie in one direction; the others are taken as they are.
    Interests are drawn from all videos. Raises SettingsError where the files are not there or too short.
    """
    image, audio = _load(folder, "image_feat.npy"), _load(folder, "audio_feat.npy")
    if len(image) != len(audio) or len(image) < items:
        raise SettingsError(
            f"{folder} holds features of {len(image)} and {len(audio)} videos; {items} are needed of both"
        )
    taste = unit(image - image.mean(axis=0))
    drawn = rng.permutation(len(image))[:items]
    clean = unit(audio[drawn])
    return ItemVectors(taste[drawn], clean, noisy(clean, rules.content_noise, rng), taste)


def from_clusters(items: int, rules: VectorRules, rng: np.random.Generator) -> ItemVectors:
    """Tastes around the centres of clusters of unequal size; content is the same, and noise.

    Interests are drawn from as many vectors again of the same clusters.
    """
    size = (rules.clusters, rules.cluster_dimensions)
    centres = unit(rng.standard_normal(size))
    shares = rng.dirichlet(np.ones(rules.clusters))
    of = rng.choice(rules.clusters, size=2 * items, p=shares)
    taste = noisy(centres[of], rules.cluster_spread, rng)
    clean = taste[:items]
    return ItemVectors(clean, clean, noisy(clean, rules.content_noise, rng), taste[items:])


def noisy(vectors: Matrix, norm: float, rng: np.random.Generator) -> Matrix:
    """Rows of norm one, to which isotropic noise of about this norm is added, at norm one again."""
    noise = rng.standard_normal(vectors.shape) / np.sqrt(vectors.shape[1])
    return unit(vectors + norm * noise)


def unit(vectors: NDArray[np.floating]) -> Matrix:
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(norms, 1e-9), np.float32)


def _load(folder: Path, name: str) -> NDArray[np.float64]:
    path = folder / name
    try:
        return np.asarray(np.load(path), np.float64)
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"The world tiktok needs {path}, which cannot be read ({error}); name the folder that holds"
            " image_feat.npy and audio_feat.npy with --data, or take --world clusters"
        ) from None
