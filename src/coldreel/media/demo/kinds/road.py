"""A drive on an open road."""

from __future__ import annotations

import math

import numpy as np

from coldreel.media.demo import canvas, synth
from coldreel.media.demo.canvas import HEIGHT, WIDTH, Picture, rgb
from coldreel.media.demo.kinds.roadside import plant
from coldreel.media.demo.scene import Scene, Take
from coldreel.media.demo.synth import Sound

HORIZON = 300
NEAR = HEIGHT - HORIZON
"""A row that is `NEAR / z` pixels below the horizon lies `z` steps away; the lowest row one step."""
ROAD_HALF = 235
BLURRED = 14
"""Stripes farther than so many steps would only flicker."""
SPACING = 2.2
"""Steps between two things at the roadside."""


class Road(Scene):
    """A bending striped road with things passing by, seen over the roof of a car."""

    captions = (
        "Road trip",
        "Open road ahead",
        "Fast car, empty road",
        "Racing down the road",
        "Highway road trip",
        "Driving fast",
    )

    def __init__(self, take: Take) -> None:
        super().__init__(take)
        rng = take.rng
        sky, hill, grass, kerb, self._car, self._thing = take.pick(
            (
                ("#4fa3ff", "#d9f0ff"),
                "#7aa0b8",
                ("#6cc04a", "#5fae40"),
                ("#f5f5f5", "#d93636"),
                "#e63946",
                "tree",
            ),
            (
                ("#ff9a56", "#ffe0a8"),
                "#c0603f",
                ("#e0a85c", "#d49b4e"),
                ("#fff2d8", "#8f4a2a"),
                "#219ebc",
                "cactus",
            ),
            (
                ("#2de2e6", "#e8fdff"),
                "#3fa7b8",
                ("#f2d98c", "#e8cc78"),
                ("#ffffff", "#ff5fa2"),
                "#ffb703",
                "palm",
            ),
            (
                ("#7b9fd4", "#ffd7c2"),
                "#8a6a94",
                ("#d98a3d", "#c97b32"),
                ("#fdf0d8", "#7f4f24"),
                "#2a9d8f",
                "autumn",
            ),
            (
                ("#5fc4f0", "#f4ffe8"),
                "#5f9a7a",
                ("#a8d94f", "#98ca43"),
                ("#ffffff", "#3050c0"),
                "#7b2cbf",
                "tree",
            ),
            (
                ("#f08fb8", "#fff0d0"),
                "#a070b0",
                ("#8fd0a0", "#80c292"),
                ("#fff5fa", "#e0508f"),
                "#f4f1de",
                "blossom",
            ),
        )
        self._sky = canvas.gradient(
            (0, rgb(sky[0])), (HORIZON / HEIGHT, rgb(sky[1])), (1, rgb(sky[1])), width=WIDTH + 200
        )
        canvas.disc(self._sky, rng.uniform(180, 360), 200, 26, (255, 252, 225))
        for _ in range(6):
            self._cloud(rng.uniform(0, WIDTH + 200), rng.uniform(150, 250), rng.uniform(12, 26))
        x = np.linspace(0, WIDTH + 200, 36)
        for layer in range(2):
            ridge = HORIZON - (58 - 26 * layer) * (
                0.5 + 0.5 * np.abs(np.sin(x / (64 - 20 * layer) + rng.uniform(0, 6)))
            )
            shade = canvas.mix(rgb(hill), rgb(sky[1]), 0.45 - 0.35 * layer)
            canvas.polygon(
                self._sky, [*np.stack([x, ridge], axis=1), (WIDTH + 200, HORIZON), (0, HORIZON)], shade
            )
        asphalt = take.pick("#5a5d66", "#6a5a58", "#565f70", "#605864", "#50565f", "#6a6078")
        rows = [[grass[i], kerb[i], asphalt, kerb[0] if i else asphalt] for i in range(2)]
        table = np.array([[rgb(code) for code in row] for row in rows], np.float32)
        table[1, 2] *= 0.94
        self._table = np.concatenate([table, table.mean(axis=0, keepdims=True)]).astype(np.uint8)
        self._p = (np.arange(NEAR, dtype=np.float32) + 1) / NEAR
        self._speed = take.pick(9, 11, 8, 13, 10, 12) * rng.uniform(0.9, 1.1)
        self._bends = rng.uniform((0.5, 0, 60), (0.9, 6, 150), (2, 3))

    def _cloud(self, x: float, y: float, size: float) -> None:
        for step in (-1.4, -0.6, 0.2, 1.1):
            canvas.ellipse(
                self._sky,
                x + step * size,
                y - size * 0.3 * math.cos(step),
                size,
                size * 0.62,
                (255, 255, 255),
            )

    def _bend(self, t: float) -> float:
        return float(sum(reach * math.sin(speed * t + phase) for speed, phase, reach in self._bends))

    def frame(self, t: float) -> Picture:
        bend, way = self._bend(t), self._speed * t
        shift = round(min(max(100 + 0.35 * bend, 0), 200))
        picture = self._sky[:, shift : shift + WIDTH].copy()
        centre = WIDTH / 2 + bend * (1 - self._p) ** 3
        offset = np.abs(np.arange(WIDTH, dtype=np.float32)[None, :] - centre[:, None].astype(np.float32))
        share = offset / (ROAD_HALF * self._p)[:, None]
        zone = (share < 1.12).astype(np.uint8) + (share < 1.0) + (share < 0.035)
        far = 1 / self._p
        stripe = np.where(far < BLURRED, np.floor(far + way) % 2, 2).astype(np.uint8)
        picture[HORIZON:] = self._table[stripe[:, None], zone]
        first = math.ceil((way + 0.9) / SPACING)
        for number in range(first + 13, first - 1, -1):
            self._pass(picture, number, number * SPACING - way, bend)
        self._drive(picture, t, bend)
        return picture

    def _pass(self, picture: Picture, number: int, z: float, bend: float) -> None:
        p = 1 / z
        side = 1 if number % 2 else -1
        x = WIDTH / 2 + bend * (1 - min(p, 1)) ** 3 + side * (1.5 + 0.3 * (number * 7 % 3)) * ROAD_HALF * p
        y, size = HORIZON + NEAR * p, 330 * p * (0.85 + 0.1 * (number * 5 % 4))
        plant(picture, self._thing, x, y, size, side)

    def _drive(self, picture: Picture, t: float, bend: float) -> None:
        x, y = WIDTH / 2 - 0.16 * bend, 596 + 1.6 * math.sin(t * 31)
        lean = 0.05 * bend
        paint = rgb(self._car)
        dark = canvas.mix(paint, (20, 10, 40), 0.45)
        canvas.ellipse(picture, x, y + 20, 82, 10, (50, 48, 56))
        for wheel in (-56, 56):
            canvas.polygon(
                picture,
                [
                    (x + wheel - 14, y - 12),
                    (x + wheel + 14, y - 12),
                    (x + wheel + 14, y + 22),
                    (x + wheel - 14, y + 22),
                ],
                (28, 28, 34),
            )
        roof = [(x - 44 + lean, y - 78), (x + 44 + lean, y - 78), (x + 62, y - 36), (x - 62, y - 36)]
        canvas.polygon(picture, roof, dark)
        glass = [(x - 37 + lean, y - 71), (x + 37 + lean, y - 71), (x + 50, y - 40), (x - 50, y - 40)]
        canvas.polygon(picture, glass, (168, 214, 232))
        canvas.polygon(
            picture,
            [(x - 10 + lean, y - 71), (x + 8 + lean, y - 71), (x - 14, y - 40), (x - 36, y - 40)],
            (214, 238, 246),
        )
        body = [
            (x - 68, y - 38),
            (x + 68, y - 38),
            (x + 76, y - 22),
            (x + 74, y + 8),
            (x - 74, y + 8),
            (x - 76, y - 22),
        ]
        canvas.polygon(picture, body, paint)
        canvas.polygon(picture, [(x - 74, y - 4), (x + 74, y - 4), (x + 72, y + 10), (x - 72, y + 10)], dark)
        canvas.polygon(
            picture, [(x - 22, y - 18), (x + 22, y - 18), (x + 22, y - 4), (x - 22, y - 4)], (246, 246, 238)
        )
        for lamp in (-54, 54):
            canvas.ellipse(picture, x + lamp, y - 20, 15, 8, (255, 72, 60))
            canvas.ellipse(picture, x + lamp - 3, y - 22, 6, 3, (255, 200, 190))

    def sound(self, rate: int) -> Sound:
        take, length = self.take, self.take.duration_s
        t = synth.clock(length, rate)
        hertz = 72 + 4 * self._speed / 10 + 26 * (t * 0.4 % 1) + np.sin(t * 40)
        phase = np.cumsum(hertz) / rate
        track = np.asarray(0.3 * (2 * (phase % 1) - 1) + 0.2 * (2 * (phase * 2.01 % 1) - 1), np.float32)
        track += 0.15 * synth.hiss(take.rng, length, rate, 300, 1800, tilt=0.8)
        beat = take.pick(0.24, 0.22, 0.26, 0.2, 0.23, 0.21)
        root = take.pick(33, 36, 31, 38, 35, 40)
        for step, start in enumerate(np.arange(0, length, beat)):
            riff = (0, 0, 12, 0, 3, 0, 10, 7)[step % 8] + (0, 5)[step // 16 % 2]
            saw = tuple(1 / harmonic for harmonic in range(1, 9))
            synth.place(track, synth.pluck(root + riff, rate, 0.32, saw), start, rate, 1.1)
            if step % 4 == 0:
                synth.place(track, synth.thump(rate), start, rate, 2.4)
            elif step % 4 == 2:
                snare = synth.hiss(take.rng, 0.14, rate, 900, 8000)
                synth.place(
                    track, snare * np.linspace(1, 0, len(snare), dtype=np.float32) ** 2, start, rate, 0.8
                )
        return track
