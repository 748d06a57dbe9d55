"""Fit the centres of the `tiny` provider: the mean of what its models measure.

Fitted on the freely usable clips whose source has an even hash; the odd sources are left for reporting.
Writes src/coldreel/understand/tiny/centres.npz.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from coldreel.media.limits import Limits
from coldreel.media.watch import watch
from coldreel.settings import Settings
from coldreel.understand.tiny import Tiny, networks, placing
from coldreel.understand.tiny.listening import listen
from coldreel.understand.tiny.looking import look
from similar import clips


def main() -> None:
    settings = Settings.load()
    if (lacking := Tiny.lacks(settings)) is not None:
        sys.exit(lacking)
    models = settings.models_dir
    looks, sounds = [], []
    for clip in clips():
        if clip.use != "free" or not clip.even:
            continue
        footage = watch(clip.path, Limits())
        looks.append(look(footage, networks.pictures(models)).features)
        scores = listen(footage.sound, networks.sounds(models))
        if scores is not None:
            sounds.append(placing.pooled(scores))
    target = Path(placing.__file__).with_name(placing.CENTRES)
    centres = {"look": np.mean(looks, axis=0), "sound": np.mean(sounds, axis=0)}
    np.savez_compressed(target, **centres)
    print(f"{len(looks)} looks and {len(sounds)} sounds; {target}: {target.stat().st_size} bytes")


if __name__ == "__main__":
    main()
