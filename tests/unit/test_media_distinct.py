"""Frames that show nothing new are left out, and the strip shows what is left."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from coldreel.media.distinct import REMEMBERED, distinct
from coldreel.media.strip import HEIGHT, PICTURES, make_strip


def grey(*levels: int) -> np.ndarray:
    return np.stack([np.full((64, 36, 3), level, np.uint8) for level in levels])


def test_near_identical_frames_are_left_out() -> None:
    assert distinct(grey(10, 12, 15, 40, 44, 41, 90)).tolist() == [0, 3, 6]


def test_a_frame_that_comes_back_soon_is_not_new() -> None:
    assert distinct(grey(10, 200, 10, 200, 11, 199)).tolist() == [0, 1]
    far = [20 * step for step in range(1, REMEMBERED + 1)]
    assert distinct(grey(0, *far, 0)).tolist() == list(range(REMEMBERED + 2))


def test_slow_change_adds_up() -> None:
    assert distinct(grey(*range(0, 40, 2))).tolist() == [0, 4, 8, 12, 16]


def test_one_frame_is_kept() -> None:
    assert distinct(grey(0)).tolist() == [0]


def test_a_strip_shows_a_few_frames_in_their_order() -> None:
    strip = Image.open(io.BytesIO(make_strip(grey(*range(10, 250, 20)), np.arange(12))))
    assert strip.size == (PICTURES * 90, HEIGHT)
    shades = [np.asarray(strip)[80, 90 * k + 45].mean() for k in range(PICTURES)]
    assert shades == sorted(shades)
    assert shades[-1] - shades[0] > 100


def test_a_strip_of_one_frame_is_one_picture() -> None:
    assert Image.open(io.BytesIO(make_strip(grey(80), np.array([0])))).size == (90, HEIGHT)
