"""The files that `tiny` needs, and where they come from. Both are under the Apache licence 2.0."""

from __future__ import annotations

from pathlib import Path

from coldreel.understand.pulling import Pinned

PICTURES = Pinned(
    "tf2_mobilenet_v2_1.0_224_ptq.tflite",
    "https://raw.githubusercontent.com/google-coral/test_data/104342d2d3480b3e66203073dac24f4e2dbb4c41/",
    4_070_174,
    "5d3137241276e79c86d14a74fe43581398ae0e815191d3dba45495b810840e8c",
)
"""MobileNet v2 (Sandler et al., 2018): 1,000 classes of ImageNet, of a picture of 224 x 224 pixels."""
SOUNDS = Pinned(
    "yamnet.tflite",
    "https://raw.githubusercontent.com/cecat/CeC-HA-Addons/e44de0021db38241547696437f2314dea0040fdc/yamcam3/files/",
    4_126_810,
    "10c95ea3eb9a7bb4cb8bddf6feb023250381008177ac162ce169694d05c317de",
)
"""YAMNet (Plakal and Ellis, 2020): 521 classes of AudioSet, of 0.975 seconds of sound."""
FILES = (PICTURES, SOUNDS)


def absent(folder: Path) -> tuple[Pinned, ...]:
    """Those that are not there, or not of the right size; cheap enough to ask before every video."""
    return tuple(file for file in FILES if not file.is_in(folder))
