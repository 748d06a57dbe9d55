"""Snow in a forest."""

from __future__ import annotations

import math

import cv2
import numpy as np

from coldreel.media.demo import canvas, synth
from coldreel.media.demo.canvas import HEIGHT, WIDTH, Colour, Picture, rgb
from coldreel.media.demo.scene import Scene, Take
from coldreel.media.demo.synth import Sound

WHITE: Colour = (252, 253, 255)
SLACK = 60
"""Layers are so much wider than the picture, in pixels: the view glides along them."""


class Snow(Scene):
    """Rows of firs in winter haze, a cabin or a snowman, and flakes of three sizes."""

    captions = (
        "Snow in the forest",
        "First snow",
        "Winter cabin",
        "Snowy pine trees",
        "Let it snow",
        "Winter in the woods",
    )

    def __init__(self, take: Take) -> None:
        super().__init__(take)
        rng = take.rng
        top, low, fir = (
            rgb(code)
            for code in take.pick(
                ("#9fc4e8", "#f2f7fc", "#2f5d62"),
                ("#c4d4e6", "#fdf3ee", "#3d5a6c"),
                ("#8aa9d6", "#ffe3d3", "#35506b"),
                ("#b8dcea", "#ffffff", "#3f7058"),
                ("#a9b4dc", "#f4eafc", "#4b4f7a"),
                ("#d3e3ee", "#f8fbff", "#5b6f7c"),
            )
        )
        self._low = low
        self._sky = canvas.gradient((0, top), (0.7, low), (1, low))
        if take.number % 2 == 0:
            canvas.disc(self._sky, take.pick(270, 90, 200), 220, 30, canvas.mix(WHITE, low, 0.2))
        ridge = np.linspace(0, WIDTH, 9)
        peaks = 330 + rng.uniform(-70, 30, 9)
        canvas.polygon(
            self._sky,
            [*np.stack([ridge, peaks], axis=1), (WIDTH, HEIGHT), (0, HEIGHT)],
            canvas.mix(top, low, 0.55),
        )
        self._layers = [self._forest(rng, row, fir) for row in range(3)]
        self._flakes = rng.uniform(
            (0, 0, 0, 0), (WIDTH, HEIGHT, 1, 6), (take.pick(130, 90, 150, 110, 180, 100), 4)
        )
        self._wind = take.pick(14, -26, 8, 34, -12, 20)

    def _forest(self, rng: np.random.Generator, row: int, fir: Colour) -> tuple[Picture, Picture]:
        layer = np.empty((HEIGHT, WIDTH + SLACK, 3), np.uint8)
        layer[:] = self._low  # soft edges fade into the haze
        mask = np.zeros_like(layer)
        haze = (0.72, 0.42, 0.0)[row]
        ground = (400, 450, 545)[row]
        count = (13, 8, 3)[row] if self.take.number % 3 else (16, 6, 4)[row]
        places = np.linspace(0, WIDTH + SLACK, count) + rng.uniform(-16, 16, count)
        for x in rng.permutation(places):
            tall = (110, 180, 330)[row] * rng.uniform(0.75, 1.15)
            for target, needles, cap in (
                (layer, canvas.mix(fir, self._low, haze), canvas.mix(WHITE, self._low, haze / 2)),
                (mask, (255,) * 3, (255,) * 3),
            ):
                self._fir(target, x, ground + 12, tall, needles, cap)
        drift = np.linspace(0, WIDTH + SLACK, 30)
        edge = ground + 9 * np.sin(drift / (40 + 25 * row) + row * 2)
        bank = [*np.stack([drift, edge], axis=1), (WIDTH + SLACK, HEIGHT), (0, HEIGHT)]
        canvas.polygon(layer, bank, canvas.mix(WHITE, self._low, 0.75 - 0.35 * row))
        canvas.polygon(mask, bank, (255,) * 3)
        if row == 2:
            self._drifts(layer, rng, ground)
        guest = self.take.number % 3
        if row == 1 and guest == 2:
            self._cabin(layer, mask, 250, ground + 20)
        if row == 2 and guest == 1:
            self._snowman(layer, mask, 268, ground + 16)
        return layer, mask

    def _fir(self, picture: Picture, x: float, y: float, tall: float, needles: Colour, cap: Colour) -> None:
        canvas.polygon(
            picture,
            [(x - tall * 0.03, y), (x + tall * 0.03, y), (x, y - tall * 0.4)],
            canvas.mix(needles, (40, 20, 10), 0.3),
        )
        for tier in range(5, -1, -1):
            top, half = y - tall * (1 - 0.135 * tier), tall * (0.09 + 0.036 * tier)
            foot = top + tall * 0.26
            canvas.polygon(
                picture, [(x, top), (x + half, foot), (x, foot - tall * 0.03), (x - half, foot)], needles
            )
            canvas.polygon(
                picture,
                [
                    (x, top),
                    (x + half * 0.62, top + tall * 0.17),
                    (x + half * 0.1, top + tall * 0.1),
                    (x - half * 0.5, top + tall * 0.14),
                ],
                cap,
            )

    def _drifts(self, layer: Picture, rng: np.random.Generator, ground: float) -> None:
        x = np.linspace(0, WIDTH + SLACK, 40)
        for number in range(3):
            edge = ground + 26 + 24 * number + 7 * np.sin(x / rng.uniform(38, 70) + rng.uniform(0, 6))
            bank = [*np.stack([x, edge], axis=1), (WIDTH + SLACK, HEIGHT), (0, HEIGHT)]
            canvas.polygon(layer, bank, canvas.mix(WHITE, rgb("#a9c3e6"), 0.14 + 0.1 * number))

    def _cabin(self, layer: Picture, mask: Picture, x: float, y: float) -> None:
        for target, paint in ((layer, lambda colour: colour), (mask, lambda _: (255,) * 3)):
            canvas.polygon(
                target, [(x - 52, y - 52), (x + 52, y - 52), (x + 52, y), (x - 52, y)], paint((112, 66, 46))
            )
            canvas.polygon(
                target,
                [(x + 20, y - 120), (x + 36, y - 120), (x + 36, y - 70), (x + 20, y - 70)],
                paint((92, 60, 54)),
            )
            canvas.polygon(target, [(x - 68, y - 48), (x, y - 108), (x + 68, y - 48)], paint(WHITE))
        for left in (x - 38, x + 14):
            canvas.polygon(
                layer,
                [(left, y - 38), (left + 22, y - 38), (left + 22, y - 16), (left, y - 16)],
                (255, 206, 102),
            )
            canvas.stroke(layer, [(left + 11, y - 38), (left + 11, y - 16)], (112, 66, 46), 2)

    def _snowman(self, layer: Picture, mask: Picture, x: float, y: float) -> None:
        for up, radius in ((30, 44), (92, 33), (142, 24)):
            canvas.disc(mask, x, y - up, radius, (255,) * 3)
            canvas.disc(layer, x, y - up, radius, canvas.mix(WHITE, (150, 175, 215), 0.35))
            canvas.disc(layer, x - 3, y - up - 3, radius - 5, WHITE)
        for target, colour in ((layer, (40, 36, 52)), (mask, (255,) * 3)):
            canvas.polygon(
                target, [(x - 17, y - 160), (x + 17, y - 160), (x + 15, y - 194), (x - 15, y - 194)], colour
            )
            canvas.stroke(target, [(x - 27, y - 160), (x + 27, y - 160)], colour, 5)
        for dot in ((-8, 147), (8, 147), (0, 102), (0, 86)):
            canvas.disc(layer, x + dot[0], y - dot[1], 3.2, (30, 28, 40))
        canvas.polygon(layer, [(x - 2, y - 143), (x - 28, y - 136), (x - 2, y - 136)], (255, 128, 40))
        scarf = canvas.curve((x - 24, y - 122), (x, y - 112), (x + 24, y - 122))
        canvas.stroke(layer, scarf, (214, 48, 66), 9)

    def frame(self, t: float) -> Picture:
        picture = self._sky.copy()
        glide = 0.5 - 0.5 * math.cos(math.pi * t / 8)
        for row, (layer, mask) in enumerate(self._layers):
            shift = round(SLACK * glide * (0.25, 0.55, 1.0)[row])
            cv2.copyTo(layer[:, shift : shift + WIDTH], mask[:, shift : shift + WIDTH], picture)
            if row == 1 and self.take.number % 3 == 2:
                self._smoke(picture, 278 - shift, 346, t)
        for x, y, near, phase in self._flakes:
            size = 1.2 + 4.2 * near**3
            top = (y + (46 + 95 * near) * t) % (HEIGHT + 20) - 10
            left = (x + self._wind * (0.4 + near) * t + 12 * math.sin(t * 1.5 + phase)) % (WIDTH + 20) - 10
            canvas.disc(picture, left, top, size, WHITE)
        return picture

    def _smoke(self, picture: Picture, x: float, y: float, t: float) -> None:
        for puff in range(7):
            age = (t * 0.3 + puff / 7) % 1
            left, size = x + self._wind * age + 8 * math.sin(age * 5 + puff), 6 + 17 * age
            canvas.light(picture, left, y - 96 * age, size * 1.6, (120, 120, 130), 0.55 * (1 - age))

    def sound(self, rate: int) -> Sound:
        take, length = self.take, self.take.duration_s
        t = synth.clock(length, rate)
        gust = 0.5 + 0.4 * np.sin(1.1 * t + take.number) + 0.2 * np.sin(2.7 * t)
        track = synth.hiss(take.rng, length, rate, 250, 750, tilt=0.5) * np.asarray(0.6 * gust, np.float32)
        root = take.pick(72, 74, 76, 71, 69, 77)
        tune = take.pick((0, 4, 7, 12, 11, 7), (0, 7, 5, 4, 2, 4), (0, 3, 7, 10, 12, 7))
        for step, start in enumerate(np.arange(0.25, length - 0.3, take.pick(0.5, 0.42, 0.6))):
            synth.place(track, synth.bell(root + tune[step % 6], rate, 1.6), start, rate, 0.9)
            if step % 3 == 0:
                synth.place(track, synth.bell(root - 12, rate, 2.0), start, rate, 0.6)
        return synth.echo(track, rate, 0.3, 0.25)
