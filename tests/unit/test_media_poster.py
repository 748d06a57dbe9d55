import cv2
import numpy as np
import pytest

from coldreel.media.poster import make_poster, representative


def still(kind: str) -> np.ndarray:
    if kind == "black":
        return np.zeros((360, 640, 3), np.uint8)
    if kind == "white":
        return np.full((360, 640, 3), 255, np.uint8)
    scene = np.random.default_rng(7).integers(30, 220, (36, 64, 3), np.uint8)
    large = np.asarray(cv2.resize(scene, (640, 360), interpolation=cv2.INTER_NEAREST))
    return np.asarray(cv2.GaussianBlur(large, (0, 0), 12)) if kind == "blurred" else large


@pytest.mark.parametrize(
    ("kinds", "chosen"),
    [
        (["black", "blurred", "sharp", "white"], 2),
        (["sharp", "blurred"], 0),
        (["black", "white", "blurred"], 2),
        (["black"], 0),
    ],
)
def test_the_poster_is_the_sharpest_frame_that_shows_something(kinds, chosen):
    assert representative(np.stack([still(kind) for kind in kinds])) == chosen


def test_the_poster_is_a_small_webp_in_the_frame_s_colours():
    frame = still("blurred")
    poster = make_poster(cv2.resize(frame, (768, 432)))
    assert poster[8:12] == b"WEBP"
    shown = cv2.cvtColor(cv2.imdecode(np.frombuffer(poster, np.uint8), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
    assert shown.shape == (360, 640, 3)
    assert np.abs(shown.astype(int) - frame).mean() < 4


def test_a_tiny_frame_is_not_enlarged():
    poster = cv2.imdecode(
        np.frombuffer(make_poster(np.zeros((3, 5, 3), np.uint8)), np.uint8), cv2.IMREAD_COLOR
    )
    assert poster is not None
    assert poster.shape == (3, 5, 3)
