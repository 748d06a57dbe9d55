"""Films of high dynamic range whose ordinary picture is known."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from coldreel.media.tone_mapping import PQ

BT2020 = 9
TO_BT2020 = np.linalg.inv(
    [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]]
)


def scene() -> NDArray[np.float64]:
    """An ordinary picture, 0..1: a ramp from black to white with a red, a green and a blue field."""
    picture = np.tile(np.linspace(0, 1, 256)[None, :, None], (144, 1, 3))
    for place, colour in enumerate([(0.7, 0.2, 0.2), (0.2, 0.6, 0.2), (0.2, 0.2, 0.7)]):
        picture[96:, 80 * place : 80 * place + 60] = colour
    return picture


def coded(picture: NDArray[np.float64], transfer: int) -> NDArray[np.uint16]:
    """The same picture on an HDR screen, with its white at 203 nits."""
    nits = 203 * picture**2.4 @ TO_BT2020.T
    nits = np.maximum(nits, 0)
    if transfer == PQ:
        power = (nits / 10_000) ** (2610 / 16384)
        code = ((3424 / 4096 + 2413 / 128 * power) / (1 + 2392 / 128 * power)) ** (2523 / 32)
    else:
        luminance = nits @ [0.2627, 0.6780, 0.0593] / 1000
        light = nits / 1000 * np.maximum(luminance, 1e-9)[..., None] ** (-0.2 / 1.2)
        bright = 0.17883277 * np.log(np.maximum(12 * light - 0.28466892, 1e-9)) + 0.55991073
        code = np.where(light <= 1 / 12, np.sqrt(3 * light), bright)
    return np.rint(65535 * np.clip(code, 0, 1)).astype(np.uint16)


def hdr_film(path: Path, transfer: int) -> Path:
    with av.open(str(path), "w") as output:
        name = "smpte2084" if transfer == PQ else "arib-std-b67"
        params = f"log-level=none:colorprim=bt2020:transfer={name}:colormatrix=bt2020nc"
        stream = output.add_stream("libx265", rate=10, options={"x265-params": params, "crf": "12"})
        stream.width, stream.height, stream.pix_fmt = 256, 144, "yuv420p10le"
        context = stream.codec_context
        context.color_trc, context.color_primaries, context.colorspace = transfer, BT2020, BT2020
        for number in range(10):
            rgb = av.VideoFrame.from_ndarray(coded(scene(), transfer), format="rgb48le")
            frame = rgb.reformat(format="yuv420p10le", dst_colorspace=BT2020)
            frame.color_trc, frame.color_primaries, frame.colorspace = transfer, BT2020, BT2020
            frame.pts, frame.time_base = number, Fraction(1, 10)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path
