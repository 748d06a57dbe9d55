"""What pleased lately: three of a kind say more than one."""

from __future__ import annotations

import numpy as np
import pytest

from coldreel.model import Vector
from coldreel.recommend.features import recent_fit
from coldreel.recommend.viewer import Favourite, Viewer

AXES = np.eye(4, dtype=np.float32)


def _viewer(*favourites: Vector) -> Viewer:
    return Viewer(
        1, "ada", favourites=tuple(Favourite(n, False, vector) for n, vector in enumerate(favourites))
    )


@pytest.mark.parametrize(
    ("liked", "fit"),
    [
        pytest.param([], 0.0, id="nothing yet"),
        pytest.param([0], 1 / 3, id="one may be an accident"),
        pytest.param([0, 0], 2 / 3, id="two"),
        pytest.param([0, 0, 0], 1.0, id="three"),
        pytest.param([0, 0, 0, 0], 1.0, id="four say no more"),
        pytest.param([0, 1, 0, 2, 0], 1.0, id="another taste takes nothing away"),
        pytest.param([1, 2, 3], 0.0, id="nothing like it"),
    ],
)
def test_the_more_of_a_kind_pleased_the_better_another_fits(liked: list[int], fit: float) -> None:
    (found,) = recent_fit(_viewer(*AXES[liked]), AXES[:1])
    assert found == pytest.approx(fit)


def test_no_items_have_no_fits() -> None:
    assert recent_fit(_viewer(AXES[0]), AXES[:0]).shape == (0,)
