from fractions import Fraction

import numpy as np
import pytest

from coldreel.media.geometry import Geometry

SQUARE = Fraction(1)


def coded(width, height, pixel, sideways=False, mirrored=False, flipped=False):
    return Geometry(width, height, pixel, sideways, mirrored, flipped)


@pytest.mark.parametrize(
    ("geometry", "shown", "within_768"),
    [
        (coded(1920, 1080, SQUARE), (1920, 1080), (768, 432)),
        (coded(1920, 1080, SQUARE, sideways=True), (1080, 1920), (768, 432)),
        (coded(320, 240, SQUARE), (320, 240), (320, 240)),
        (coded(1, 1, SQUARE), (1, 1), (1, 1)),
        (coded(4000, 2, SQUARE), (4000, 2), (768, 1)),
        (coded(720, 576, Fraction(16, 15)), (768, 576), (720, 540)),
        (coded(1440, 1080, Fraction(4, 3)), (1920, 1080), (768, 432)),
        (coded(720, 480, Fraction(8, 9)), (720, 540), (640, 480)),
        (coded(720, 576, Fraction(16, 15), sideways=True), (576, 768), (720, 540)),
    ],
)
def test_a_picture_keeps_its_true_shape(geometry, shown, within_768):
    assert geometry.shown == shown
    assert geometry.within(768, 768) == within_768


def test_a_sideways_picture_is_fitted_by_its_upright_shape():
    assert coded(1920, 1080, SQUARE, sideways=True).within(54, 96) == (96, 54)


@pytest.mark.parametrize(
    ("axes", "seen"),
    [
        ((False, False, False), ["ab", "cd"]),
        ((False, True, False), ["ba", "dc"]),
        ((False, False, True), ["cd", "ab"]),
        ((False, True, True), ["dc", "ba"]),
        ((True, False, False), ["ac", "bd"]),
        ((True, True, False), ["ca", "db"]),
        ((True, False, True), ["bd", "ac"]),
        ((True, True, True), ["db", "ca"]),
    ],
)
def test_all_eight_ways_to_hold_a_camera(axes, seen):
    picture = np.array([list("ab"), list("cd")])
    upright = Geometry(2, 2, SQUARE, *axes).upright(picture)
    assert ["".join(row) for row in upright] == seen
