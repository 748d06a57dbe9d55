from fractions import Fraction

import pytest

from coldreel.media.geometry import Geometry

SQUARE = Fraction(1)


@pytest.mark.parametrize(
    ("coded", "shown", "within_768"),
    [
        (Geometry(1920, 1080, SQUARE, 0), (1920, 1080), (768, 432)),
        (Geometry(1920, 1080, SQUARE, 1), (1080, 1920), (768, 432)),
        (Geometry(320, 240, SQUARE, 0), (320, 240), (320, 240)),
        (Geometry(1, 1, SQUARE, 0), (1, 1), (1, 1)),
        (Geometry(4000, 2, SQUARE, 0), (4000, 2), (768, 1)),
        (Geometry(720, 576, Fraction(16, 15), 0), (768, 576), (720, 540)),
        (Geometry(1440, 1080, Fraction(4, 3), 0), (1920, 1080), (768, 432)),
        (Geometry(720, 480, Fraction(8, 9), 0), (720, 540), (640, 480)),
        (Geometry(720, 576, Fraction(16, 15), 3), (576, 768), (720, 540)),
    ],
)
def test_a_picture_keeps_its_true_shape(coded, shown, within_768):
    assert coded.shown == shown
    assert coded.within(768, 768) == within_768


def test_a_sideways_picture_is_fitted_by_its_upright_shape():
    assert Geometry(1920, 1080, SQUARE, 1).within(54, 96) == (96, 54)
