"""A sun over the sea."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from coldreel.media.demo import canvas, synth
from coldreel.media.demo.canvas import HEIGHT, WIDTH, Picture, rgb
from coldreel.media.demo.scene import Scene, Take
from coldreel.media.demo.synth import Sound

ROWS = 9
"""Rows of waves between the horizon and the viewer."""


class Waves(Scene):
    """Rows of waves under a low sun, with gulls, and a sail in every other take."""

    captions = (
        "Waves at dusk",
        "Sunset by the sea",
        "Waves rolling in",
        "Sailing into the sunset",
        "Evening on the beach",
        "Sea breeze at dusk",
    )

    def __init__(self, take: Take) -> None:
        super().__init__(take)
        sky, self._sun, sea, self._foam = take.pick(
            (("#3b2667", "#bc4e6b", "#ffb35c"), "#fff2b8", ("#d9795f", "#17355e"), "#ffe3c2"),
            (("#12355b", "#5f7fa8", "#ffcfa0"), "#fff8dd", ("#7f98a8", "#0c2f52"), "#f4efe2"),
            (("#47144a", "#d13d5c", "#ff9a4d"), "#ffe089", ("#b54a50", "#2a1446"), "#ffc9a3"),
            (("#1f4e79", "#f08a72", "#ffe29a"), "#ffffe0", ("#e0a07a", "#0f4c6b"), "#fff4d6"),
            (("#5b2a58", "#f0648a", "#ffc98a"), "#fff0c9", ("#dc7f86", "#3a2560"), "#ffdccb"),
            (("#0e2a47", "#3f7f93", "#ffd66e"), "#fff3a0", ("#86a088", "#0b3347"), "#fdf6c4"),
        )
        self._horizon = take.pick(0.5, 0.6, 0.44, 0.54, 0.62, 0.47) * HEIGHT
        self._sun_x = take.pick(0.5, 0.26, 0.72, 0.6, 0.35, 0.8) * WIDTH
        self._sun_y = self._horizon - take.pick(46, 20, 84, 8, 66, 36)
        self._radius = take.pick(46, 34, 58, 66, 40, 50)
        top, middle, low = (rgb(code) for code in sky)
        self._low = low
        self._sky = canvas.gradient(
            (0, top), (0.6 * self._horizon / HEIGHT, middle), (self._horizon / HEIGHT, low), (1, low)
        )
        self._haze, self._deep = (rgb(code) for code in sea)
        clouds = canvas.noise(take.rng, 200, 2 * WIDTH, 7)
        self._clouds = np.clip((clouds - 0.55) * 2.2, 0, 0.55) * np.hanning(200)[:, None].astype(np.float32)
        self._phases = take.rng.uniform(0, 2 * math.pi, (ROWS, 3))
        self._tempo = take.rng.uniform(0.8, 1.2)
        self._gulls = take.rng.uniform((0.1, 0.36), (0.9, 0.6), (2 + take.number % 3, 2))

    def frame(self, t: float) -> Picture:
        picture = self._sky.copy()
        canvas.light(
            picture,
            self._sun_x,
            self._sun_y,
            self._radius * 5,
            canvas.mix(self._low, rgb(self._sun), 0.4),
            0.32,
        )
        canvas.disc(picture, self._sun_x, self._sun_y, self._radius, rgb(self._sun))
        shift = int(t * 9)
        top = int(self._horizon) - 230
        canvas.cover(picture[top : top + 200], rgb(self._foam), self._clouds[:, shift : shift + WIDTH])
        self._fly(picture, t)
        for row in range(ROWS):
            if row == 3 and self.take.number % 2:
                self._sail(picture, t)
            self._wave(picture, row, t)
        self._glitter(picture, t)
        return canvas.bloom(picture, threshold=200, gain=0.5)

    def _surface(self, row: int, x: NDArray[np.float64], t: float) -> NDArray[np.float64]:
        near = (row / (ROWS - 1)) ** 1.7
        length, height = 40 + 190 * near, 1 + 15 * near
        first, second, third = self._phases[row]
        y = self._horizon + (HEIGHT - self._horizon) * near * 0.86
        t = t * self._tempo
        roll = np.sin(2 * math.pi * (x / length - t * (0.25 + 0.1 * (row % 2))) + first)
        chop = np.sin(2 * math.pi * (x / (length * 0.43) + t * 0.3) + second)
        return np.asarray(y + height * (0.7 * roll + 0.3 * chop + 0.5 * math.sin(t * 1.1 + third)))

    def _wave(self, picture: Picture, row: int, t: float) -> None:
        x = np.linspace(-4, WIDTH + 4, 46)
        crest = np.stack([x, self._surface(row, x, t)], axis=1)
        colour = canvas.mix(self._haze, self._deep, ((row + 1) / ROWS) ** 0.8)
        canvas.polygon(picture, np.concatenate([crest, [[WIDTH + 4, HEIGHT], [-4, HEIGHT]]]), colour)
        foam = rgb(self._foam)
        canvas.stroke(picture, crest + np.array([0, 6 * row / ROWS]), canvas.mix(colour, foam, 0.14), 2 + row)
        canvas.stroke(picture, crest, canvas.mix(colour, foam, 0.3 + 0.3 * row / ROWS), 1 + row / 5)

    def _glitter(self, picture: Picture, t: float) -> None:
        for number in range(70):
            near = number / 70
            y = self._horizon + 4 + (HEIGHT - self._horizon) * 0.8 * near**1.4
            wink = math.sin(t * (2.1 + number % 5 * 0.4) + number * 2.4)
            if wink > 0.1:
                x = self._sun_x + math.sin(number * 12.9 + t * 0.7) * (self._radius * 0.7 + 50 * near)
                canvas.ellipse(picture, x, y, wink * (6 + 13 * near), 0.8 + 1.3 * near, rgb(self._sun))

    def _fly(self, picture: Picture, t: float) -> None:
        for number, (x, y) in enumerate(self._gulls):
            left = (x * WIDTH + t * (16 + 4 * number)) % (WIDTH + 60) - 30
            top = y * self._horizon + 6 * math.sin(t + number)
            lift = 5 * math.sin(t * 5 + number * 2)
            span = 13 - 2 * number
            wing = canvas.curve((left - span, top - lift), (left - span / 2, top - 8), (left, top))
            other = canvas.curve((left, top), (left + span / 2, top - 8), (left + span, top - lift))
            canvas.stroke(picture, np.concatenate([wing, other]), canvas.mix(self._deep, (0, 0, 0), 0.3), 2)

    def _sail(self, picture: Picture, t: float) -> None:
        x = WIDTH * 0.2 + t * 14
        y = float(self._surface(3, np.array([x]), t)[0]) + 2
        lean = 0.06 * math.sin(t * 1.6)
        dark = canvas.mix(self._deep, (0, 0, 0), 0.45)
        canvas.polygon(picture, [(x - 24, y - 6), (x + 26, y - 6), (x + 17, y + 6), (x - 16, y + 6)], dark)
        tip = (x + lean * 80, y - 82)
        canvas.polygon(picture, [tip, (x + 2, y - 9), (x + 30, y - 12)], rgb("#fffaf0"))
        canvas.polygon(
            picture, [tip, (x - 2, y - 9), (x - 20, y - 12)], canvas.mix(rgb(self._foam), dark, 0.25)
        )

    def sound(self, rate: int) -> Sound:
        take, length = self.take, self.take.duration_s
        t = synth.clock(length, rate)
        swell = 0.25 + 0.75 * np.sin(math.pi * t * 0.36 * self._tempo + take.number) ** 4
        track = synth.hiss(take.rng, length, rate, 90, 2600, tilt=0.8) * swell.astype(np.float32)
        track += 0.25 * synth.hiss(take.rng, length, rate, 60, 400, tilt=1)
        track += 0.09 * synth.pad([45, 52, 57, 61][: 3 + take.number % 2], length, rate)
        for start in np.arange(0.8 + take.rng.random(), length - 1, 2.6):
            for call in range(2):
                synth.place(track, synth.sweep(1900, 1250, 0.24, rate), start + 0.32 * call, rate, 0.5)
        return track
