"""Fit the standardisation constants of the `signals` provider: mean and deviation of every raw dimension.

Fitted on drawn pictures and on the freely usable clips whose source has an even hash; the odd sources are
left for reporting. Writes src/coldreel/understand/signals/standard.npz.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from coldreel.media.limits import Limits
from coldreel.media.watch import watch
from coldreel.understand.signals import standard
from coldreel.understand.signals.measuring import measurements
from coldreel.understand.signals.motion import motion
from coldreel.understand.signals.pictures import Pictures
from coldreel.understand.signals.sound import sound
from similar import clips

SHARED = 0.6
"""Share of a dimension's variance that is the descriptor's mean variance: there are few clips to fit on."""
DRAWN = 8
"""Drawn pictures, beside the frames of the clips."""
SEED = 1

Raws = dict[str, NDArray[np.float64]]


def main() -> None:
    rows = [_measure(clip.path) for clip in clips() if clip.use == "free" and clip.even]
    rows += _drawn()
    constants = {}
    for name in sorted({name for row in rows for name in row}):
        values = np.stack([row[name] for row in rows if name in row])
        variance = values.var(axis=0)
        deviation = np.sqrt((1 - SHARED) * variance + SHARED * variance.mean())
        constants[name] = np.stack([values.mean(axis=0), deviation]).astype(np.float32)
        print(f"{name:10s} {values.shape[1]:4d} dimensions from {len(values)} videos")
    target = Path(standard.__file__).with_name(standard.CONSTANTS)
    np.savez_compressed(target, **constants)  # type: ignore[arg-type]  # no array is called allow_pickle
    print(f"{target}: {target.stat().st_size} bytes")


def _measure(path: Path) -> Raws:
    footage = watch(path, Limits())
    return dict(measurements(Pictures.of(footage.frames), motion(footage), sound(footage.sound)))


def _drawn() -> list[Raws]:
    """Look only: smooth fields of colour with a few blocks, of all hues."""
    generator = np.random.default_rng(SEED)
    return [dict(measurements(Pictures.of(_picture(generator)[None]), None, None)) for _ in range(DRAWN)]


def _picture(generator: np.random.Generator) -> NDArray[np.uint8]:
    across, down = np.meshgrid(np.linspace(0, 1, 256), np.linspace(0, 1, 256))
    corners = generator.uniform(0, 255, (4, 3))
    weights = np.stack([(1 - across) * (1 - down), across * (1 - down), (1 - across) * down, across * down])
    picture = np.tensordot(weights.transpose(1, 2, 0), corners, 1)
    for _ in range(6):
        y, x = generator.integers(0, 200, 2)
        height, width = generator.integers(20, 120, 2)
        picture[y : y + height, x : x + width] = generator.uniform(0, 255, 3)
    picture += generator.normal(0, generator.uniform(0, 12), picture.shape)
    return np.clip(picture, 0, 255).astype(np.uint8)


if __name__ == "__main__":
    main()
