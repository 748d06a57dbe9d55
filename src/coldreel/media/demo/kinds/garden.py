"""Flowers that grow."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from coldreel.media.demo import canvas, synth
from coldreel.media.demo.canvas import HEIGHT, WIDTH, Colour, Picture, rgb
from coldreel.media.demo.scene import Scene, Take
from coldreel.media.demo.synth import Sound

SOIL = 590
GROWING_S = 2.2
STEM: Colour = (62, 142, 65)


@dataclass(frozen=True, slots=True)
class Flower:
    """Where a flower stands, how tall it gets, when it starts, and how it looks."""

    x: float
    tall: float
    start: float
    size: float
    lean: float
    petals: int
    round: float
    petal: Colour
    heart: Colour


class Garden(Scene):
    """A meadow in which flowers rise and open, with butterflies above."""

    captions = (
        "Flowers in bloom",
        "Spring garden",
        "Growing flowers",
        "Butterflies in the garden",
        "Blooming meadow",
        "Garden in spring",
    )

    def __init__(self, take: Take) -> None:
        super().__init__(take)
        rng = take.rng
        sky, self._wings, kinds = take.pick(
            (
                ("#bfe8ff", "#fdfbe6"),
                "#ff8a3d",
                (("#ffffff", "#ffc93c", 14, 0.24), ("#ff6b9d", "#ffe066", 8, 0.42)),
            ),
            (
                ("#ffe5d0", "#fffbe8"),
                "#7b6cff",
                (("#ffc300", "#6b3e1f", 20, 0.2), ("#ffdd57", "#7f4a24", 16, 0.24)),
            ),
            (
                ("#d8f5e3", "#fbfff0"),
                "#ffd23f",
                (("#e63946", "#2b2b3a", 5, 0.72), ("#ff7b54", "#3a2b2b", 6, 0.62)),
            ),
            (
                ("#dcd6ff", "#fff2fb"),
                "#ff5fa2",
                (("#9b5de5", "#fee440", 6, 0.5), ("#f15bb5", "#fff3b0", 5, 0.6)),
            ),
            (
                ("#c9f0f5", "#fff6ea"),
                "#3f88ff",
                (("#4d8bff", "#fff2a8", 7, 0.4), ("#ffffff", "#ffd166", 12, 0.26)),
            ),
            (
                ("#fff0b8", "#f4ffe0"),
                "#ff5d5d",
                (("#ff9f1c", "#8f2d1f", 10, 0.34), ("#ffbf69", "#a33b20", 8, 0.4)),
            ),
        )
        self._meadow = canvas.gradient((0, rgb(sky[0])), (0.72, rgb(sky[1])), (1, rgb(sky[1])))
        canvas.light(self._meadow, take.pick(60, 300, 180, 320, 40, 250), 210, 150, (255, 226, 130), 0.3)
        canvas.disc(self._meadow, take.pick(60, 300, 180, 320, 40, 250), 210, 34, (255, 249, 214))
        x = np.linspace(0, WIDTH, 30)
        for layer, green in enumerate(("#bfe3a0", "#98d080", "#74b85f")):
            hill = 400 + 62 * layer + 24 * np.sin(x / (80 - 12 * layer) + rng.uniform(0, 6))
            canvas.polygon(
                self._meadow, [*np.stack([x, hill], axis=1), (WIDTH, HEIGHT), (0, HEIGHT)], rgb(green)
            )
        count, scale = take.pick((9, 1.0), (5, 1.55), (12, 0.9), (8, 1.1), (16, 0.78), (7, 1.25))
        places = rng.permutation(np.linspace(28, WIDTH - 28, count))
        self._flowers = [
            self._seed(rng, kinds[number % 2], x, number / count, scale) for number, x in enumerate(places)
        ]
        self._grass = rng.uniform((-10, 40, -16), (WIDTH + 10, 110, 16), (48, 3))
        self._butterflies = rng.uniform((40, 210, 0), (WIDTH - 40, 360, 6), (take.pick(2, 1, 3, 4, 2, 3), 3))

    def _seed(
        self, rng: np.random.Generator, kind: tuple[str, str, int, float], x: float, turn: float, scale: float
    ) -> Flower:
        petal, heart, petals, wide = kind
        return Flower(
            x=x,
            tall=rng.uniform(130, 330),
            start=-1.7 * GROWING_S + turn * (self.take.duration_s + 1),
            size=scale * rng.uniform(28, 42),
            lean=rng.uniform(-26, 26),
            petals=petals,
            round=wide,
            petal=canvas.mix(rgb(petal), (255, 255, 255), rng.uniform(0, 0.2)),
            heart=rgb(heart),
        )

    def frame(self, t: float) -> Picture:
        picture = self._meadow.copy()
        for flower in sorted(self._flowers, key=lambda one: -one.tall):
            self._grow(picture, flower, t)
        for number, (x, tall, lean) in enumerate(self._grass):
            tip = (x + lean + 5 * math.sin(t * 1.7 + x / 30), HEIGHT - tall)
            blade = canvas.curve((x, HEIGHT + 4), (x, HEIGHT - tall * 0.6), tip, steps=5)
            canvas.taper(picture, blade, canvas.mix(STEM, (170, 214, 90), number % 5 / 5), 8, 1)
        for x, y, phase in self._butterflies:
            self._flutter(picture, x, y, phase, t)
        return picture

    def _grow(self, picture: Picture, flower: Flower, t: float) -> None:
        grown = min(max((t - flower.start) / GROWING_S, 0.0), 1.0)
        grown = 1 - (1 - grown) ** 3
        if grown <= 0.02:
            return
        sway = 7 * math.sin(t * 1.4 + flower.x / 40) * grown
        foot = (flower.x, SOIL + 20)
        head = (flower.x + flower.lean * grown + sway, SOIL - flower.tall * grown)
        stem = canvas.curve(foot, (flower.x, SOIL - flower.tall * grown * 0.5), head)
        canvas.taper(picture, stem, STEM, 8, 4)
        for place, side in ((5, -1), (8, 1)):
            length = flower.size * 0.9 * grown
            x, y = stem[place]
            canvas.ellipse(
                picture,
                x + side * length * 0.7,
                y - length * 0.35,
                length,
                length * 0.3,
                (88, 168, 78),
                -0.5 * side,
            )
        opened = min(max((grown - 0.55) / 0.45, 0.0), 1.0)
        self._bloom(picture, flower, *head, flower.size * (0.25 + 0.75 * opened), opened)

    def _bloom(
        self, picture: Picture, flower: Flower, x: float, y: float, size: float, opened: float
    ) -> None:
        shade = canvas.mix(flower.petal, flower.heart, 0.28)
        for ring, colour in enumerate((shade, flower.petal)):
            reach = size * (1.0 - 0.22 * ring)
            for petal in range(flower.petals):
                angle = 2 * math.pi * (petal + 0.5 * ring) / flower.petals + 0.5 * (1 - opened)
                middle = (x + 0.62 * reach * math.cos(angle), y + 0.62 * reach * math.sin(angle))
                canvas.ellipse(picture, *middle, 0.5 * reach, flower.round * 0.8 * reach, colour, angle)
        canvas.disc(picture, x, y, 0.34 * size, flower.heart)
        canvas.disc(
            picture,
            x - 0.06 * size,
            y - 0.07 * size,
            0.22 * size,
            canvas.mix(flower.heart, (255, 255, 255), 0.22),
        )

    def _flutter(self, picture: Picture, x: float, y: float, phase: float, t: float) -> None:
        left = x + 56 * math.sin(t * 0.9 + phase) + 12 * math.sin(t * 2.3)
        top = y + 34 * math.sin(t * 1.3 + phase * 2)
        open_ = 0.3 + 0.7 * abs(math.sin(t * 9 + phase))
        wing = rgb(self._wings)
        for side in (-1, 1):
            canvas.ellipse(
                picture,
                left + side * 13 * open_,
                top - 8,
                15 * open_,
                13,
                canvas.mix(wing, (30, 10, 30), 0.35),
                side * 0.5,
            )
            canvas.ellipse(picture, left + side * 12 * open_, top - 8, 11 * open_, 9, wing, side * 0.5)
            canvas.ellipse(
                picture,
                left + side * 10 * open_,
                top + 9,
                10 * open_,
                9,
                canvas.mix(wing, (255, 255, 255), 0.3),
            )
        canvas.ellipse(picture, left, top, 2.6, 13, (48, 32, 40))

    def sound(self, rate: int) -> Sound:
        take, length = self.take, self.take.duration_s
        track = 0.12 * synth.hiss(take.rng, length, rate, 400, 3000, tilt=1)
        for start in take.rng.uniform(0, length - 0.5, 9):
            high = take.rng.uniform(2600, 4600)
            for chirp in range(int(take.rng.integers(2, 6))):
                trill = synth.sweep(high, high * take.rng.uniform(0.75, 1.35), 0.07, rate)
                synth.place(track, trill, start + chirp * 0.1, rate, 0.8)
        root = take.pick(67, 65, 69, 62, 64, 70)
        tune = take.pick((0, 4, 7, 9, 7, 4), (0, 7, 4, 12, 9, 7), (0, 2, 4, 7, 9, 12))
        for step, start in enumerate(np.arange(0.1, length - 0.2, 0.28)):
            note = root + tune[(step + step // 6) % 6]
            synth.place(track, synth.pluck(note, rate, 0.7, (1, 0.1, 0, 0.25), 0.002), start, rate, 0.9)
        return synth.echo(track, rate, 0.28, 0.2)
