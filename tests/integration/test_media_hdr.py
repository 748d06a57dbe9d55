"""High dynamic range becomes an ordinary picture of the same brightness and contrast."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from media_filming import film
from media_hdr import coded, hdr_film, scene

from coldreel.media.limits import Limits
from coldreel.media.tone_mapping import HLG, PQ, to_sdr
from coldreel.media.watch import watch


@pytest.mark.parametrize("transfer", [PQ, HLG])
def test_a_film_of_high_dynamic_range_is_not_flat(tmp_path: Path, transfer: int) -> None:
    seen = watch(hdr_film(tmp_path / "film.mp4", transfer), Limits()).frames[0] / 255
    wanted = scene()
    assert seen.mean() == pytest.approx(wanted.mean(), abs=0.03)
    assert seen.std() == pytest.approx(wanted.std(), abs=0.03)
    flat = coded(scene(), transfer).astype(np.float64) / 65535
    assert seen.std() > 1.15 * flat.std()


@pytest.mark.parametrize("transfer", [PQ, HLG])
def test_the_dark_half_is_as_it_was_and_colours_keep_their_hue(transfer: int) -> None:
    seen = to_sdr(coded(scene(), transfer), transfer) / 255
    dark = scene().max(axis=-1) < 0.65
    assert np.abs(seen - scene())[dark].max() < 0.02
    field = seen[120, 30]
    assert field[0] > 2 * field[1:].max()


def test_what_is_brighter_than_white_stays_in_order() -> None:
    nits = np.array([100.0, 203.0, 400.0, 1000.0, 4000.0])
    power = (nits / 10_000) ** (2610 / 16384)
    code = ((3424 / 4096 + 2413 / 128 * power) / (1 + 2392 / 128 * power)) ** (2523 / 32)
    codes = np.rint(65535 * code).astype(np.uint16)[None, :, None].repeat(3, axis=2)
    grey = to_sdr(codes, PQ)[0, :, 0].astype(int)
    assert (np.diff(grey[:4]) >= 5).all()
    assert grey[3] >= 253


def test_an_ordinary_film_is_left_as_it_is(tmp_path: Path) -> None:
    path = film(tmp_path / "film.mp4")
    with av.open(str(path)) as container:
        frame = next(container.decode(video=0))
        plain = frame.reformat(format="rgb24", interpolation="AREA").to_ndarray()
    assert np.array_equal(watch(path, Limits()).frames[0], plain)
