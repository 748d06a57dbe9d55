"""Pictures of high dynamic range brought into the range of a usual screen, so that they are not flat.

Cameras write HDR as PQ (SMPTE ST 2084) or HLG (ARIB STD-B67), both in ITU-R BT.2100. The picture is turned
into light; the light of a pixel's brightest channel is bent below the white of a usual screen by the curve of
ITU-R BT.2390 (annex 5), which leaves what is darker than half of that white as it is; the colours go from
BT.2020 to BT.709 (ITU-R BT.2087); and the light becomes a picture again (ITU-R BT.1886).
"""

from __future__ import annotations

from functools import cache

import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

PQ, HLG = 16, 18
"""Transfer characteristics in ITU-T H.273, table 3."""
WHITE_NITS = 203.0
"""Of paper in an HDR picture (ITU-R BT.2408), which becomes close to white."""
PEAK_NITS = 1000.0
"""The screen that most HDR is made for; what is brighter is white."""
GAMMA = 2.4
CUBE_SIDE = 33
"""Steps of a table of colours, each way: between them it is interpolated."""
_CODES = 2**16
_STEPS = 1024
_TO_BT709 = np.array(
    [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]], np.float32
)


def is_hdr(frame: VideoFrame) -> bool:
    """Whether this frame says that it is PQ or HLG."""
    return int(frame.color_trc) in (PQ, HLG)


def to_sdr(codes: NDArray[np.uint16], transfer: int) -> NDArray[np.uint8]:
    """uint16 RGB of BT.2020 (height, width, 3), coded by `transfer`, as uint8 RGB of BT.709."""
    return np.asarray(np.rint(255 * _shown(codes, transfer)), np.uint8)


def _shown(codes: NDArray[np.uint16], transfer: int) -> NDArray[np.float32]:
    """The same from 0 to 1."""
    light = _light(transfer)[codes]
    if transfer == HLG:  # a screen's light also grows with the brightness of the pixel (BT.2100, table 5)
        luminance = light @ np.array([0.2627, 0.6780, 0.0593], np.float32)
        light = light * (PEAK_NITS * luminance**0.2)[..., None]
    brightest = light.max(axis=-1)
    nits, bent = _curve()
    light *= (np.interp(brightest, nits, bent) / np.maximum(brightest, 1e-6)).astype(np.float32)[..., None]
    return np.asarray(np.clip(light @ _TO_BT709.T / WHITE_NITS, 0, 1) ** (1 / GAMMA), np.float32)


@cache
def cube(transfer: int) -> str:
    """What `to_sdr` makes of all colours, as a table in the format .cube for filters."""
    steps = np.linspace(0, _CODES - 1, CUBE_SIDE).round().astype(np.uint16)
    blue, green, red = np.meshgrid(steps, steps, steps, indexing="ij")  # red changes fastest
    shown = _shown(np.stack([red, green, blue], axis=-1).reshape(1, -1, 3), transfer)[0]
    lines = (f"{r:.5f} {g:.5f} {b:.5f}" for r, g, b in shown)
    return "\n".join([f"LUT_3D_SIZE {CUBE_SIDE}", *lines, ""])


@cache
def _light(transfer: int) -> NDArray[np.float32]:
    """Per code the light of a channel: nits for PQ, the scene's light from 0 to 1 for HLG."""
    code = np.arange(_CODES) / (_CODES - 1)
    if transfer == PQ:
        return _nits(code).astype(np.float32)
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    return np.where(code <= 0.5, code**2 / 3, (np.exp((code - c) / a) + b) / 12).astype(np.float32)


@cache
def _curve() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Nits and what becomes of them: the Hermite spline of BT.2390 between PQ codes."""
    peak = _code(np.array(PEAK_NITS))
    nits = PEAK_NITS * np.linspace(0, 1, _STEPS) ** 3  # steps that are fine in the dark
    given = _code(nits) / peak
    most = float(_code(np.array(WHITE_NITS)) / peak)
    knee = 1.5 * most - 0.5
    t = np.clip((given - knee) / (1 - knee), 0, 1)
    spline = (
        (2 * t**3 - 3 * t**2 + 1) * knee + (t**3 - 2 * t**2 + t) * (1 - knee) + (3 * t**2 - 2 * t**3) * most
    )
    return nits, _nits(np.where(given < knee, given, spline) * peak)


_M1, _M2 = 2610 / 16384, 2523 / 4096 * 128
_C1, _C2, _C3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32


def _nits(code: NDArray[np.float64]) -> NDArray[np.float64]:
    root = code ** (1 / _M2)
    return np.asarray(10_000 * (np.maximum(root - _C1, 0) / (_C2 - _C3 * root)) ** (1 / _M1))


def _code(nits: NDArray[np.float64]) -> NDArray[np.float64]:
    power = (nits / 10_000) ** _M1
    return np.asarray(((_C1 + _C2 * power) / (1 + _C3 * power)) ** _M2)
