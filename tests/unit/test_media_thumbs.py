"""Thumbs are the frames, small."""

import numpy as np

from coldreel.media.thumbs import THUMB_SIDE, make_thumbs


def test_thumbs_have_the_shape_of_the_frames_and_their_colours() -> None:
    frames = np.stack([np.full((768, 432, 3), (level, 100, 20), np.uint8) for level in (10, 200)])
    thumbs = make_thumbs(frames)
    assert thumbs.shape == (2, THUMB_SIDE, 108, 3)
    assert thumbs[1, 50, 50].tolist() == [200, 100, 20]


def test_small_frames_are_not_enlarged() -> None:
    frames = np.zeros((3, 2, 5, 3), np.uint8)
    assert make_thumbs(frames) is frames
