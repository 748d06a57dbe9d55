"""Fish in an aquarium."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from coldreel.media.demo import canvas, synth
from coldreel.media.demo.canvas import HEIGHT, WIDTH, Colour, Picture, rgb
from coldreel.media.demo.scene import Scene, Take
from coldreel.media.demo.synth import Sound

FLOOR = 560


@dataclass(frozen=True, slots=True)
class Fish:
    """Where a fish swims, how large it is and what it wears."""

    size: float
    depth: float
    start: float
    speed: float
    phase: float
    body: Colour
    fins: Colour
    stripe: Colour
    stripes: int


class Aquarium(Scene):
    """Fish of several sizes among weeds, with beams of light from above and rising bubbles."""

    captions = (
        "Fish in the aquarium",
        "Colourful fish",
        "Under the sea",
        "Coral reef fish",
        "Bubbles and fish",
        "Swimming in the reef",
    )

    def __init__(self, take: Take) -> None:
        super().__init__(take)
        rng = take.rng
        top, deep, sand = take.pick(
            ("#4fd8f0", "#064a8c", "#e8cf94"),
            ("#6ff0d8", "#0a5a72", "#d8c08c"),
            ("#3aa0f0", "#101f6e", "#8f8fc8"),
            ("#8fe8ff", "#1673b8", "#f6dfb0"),
            ("#3fd0c0", "#053c5c", "#c4a878"),
            ("#58b8ff", "#0b3a94", "#f0c8a0"),
        )
        water = canvas.gradient((0, rgb(top)), (0.85, rgb(deep)), (1, canvas.mix(rgb(deep), (0, 0, 0), 0.3)))
        x = np.linspace(-2, WIDTH + 2, 40)
        dune = FLOOR + 12 * np.sin(x / 60 + rng.uniform(0, 6)) + 6 * np.sin(x / 23)
        bed = [*np.stack([x, dune], axis=1), (WIDTH, HEIGHT), (0, HEIGHT)]
        canvas.polygon(water, bed, canvas.mix(rgb(sand), rgb(deep), 0.25))
        self._coral(water, rng)
        self._water = water
        self._beams = rng.uniform((-60, 26, 0), (WIDTH, 70, 6), (6, 3))
        self._weeds = rng.uniform((10, 110, 0), (WIDTH - 10, 250, 6), (9, 3))
        self._weed = take.pick("#1f8f4f", "#8f3f6f", "#2fae8f", "#6fae2f", "#b0503f", "#3f9f3f")
        self._bubbles = rng.uniform((10, 0, 2, 55), (WIDTH - 10, HEIGHT, 7, 110), (22, 4))
        suits = (
            ("#ff7a1f", "#ff9f3f", "#ffffff", 3),
            ("#ffd21f", "#ffb000", "#2f2f2f", 2),
            ("#3f6fff", "#ffd83f", "#10206f", 1),
            ("#ff4f7f", "#ffa0b8", "#ffe0e8", 2),
            ("#e8f0ff", "#b0c0e8", "#303848", 4),
            ("#a050f0", "#ffce3f", "#d8a0ff", 1),
        )
        chosen = [suits[(take.number + step) % len(suits)] for step in (0, 1, 3)]
        count, size = take.pick((7, 34), (12, 22), (5, 46), (9, 28), (16, 17), (6, 40))
        self._fish = [self._suited(rng, chosen[number % 3], size, number / count) for number in range(count)]

    def _suited(
        self, rng: np.random.Generator, suit: tuple[str, str, str, int], size: float, place: float
    ) -> Fish:
        body, fins, stripe, stripes = suit
        return Fish(
            size=size * rng.uniform(0.75, 1.25),
            depth=180 + 340 * place + rng.uniform(-14, 14),
            start=rng.uniform(0, WIDTH + 160),
            speed=float(rng.choice((-1, 1))) * rng.uniform(30, 80),
            phase=rng.uniform(0, 6),
            body=rgb(body),
            fins=rgb(fins),
            stripe=rgb(stripe),
            stripes=stripes,
        )

    def _coral(self, picture: Picture, rng: np.random.Generator) -> None:
        palette = self.take.pick("#ff5f6f", "#ff8f4f", "#c05fd0", "#ff6fa8", "#ffb04f", "#f0506f")
        for _ in range(7):
            x, y, size = rng.uniform(0, WIDTH), rng.uniform(FLOOR + 4, FLOOR + 40), rng.uniform(20, 46)
            colour = canvas.mix(rgb(palette), rgb("#2050a0"), rng.uniform(0, 0.5))
            for angle in np.linspace(-1.1, 1.1, 7) + rng.normal(0, 0.12, 7):
                tip = (x + size * math.sin(angle) * 1.1, y - size * math.cos(angle) * 1.5)
                bend = (x + size * 0.2 * math.sin(angle), y - size * 0.9)
                canvas.taper(picture, canvas.curve((x, y), bend, tip), colour, size / 4, size / 9)
                canvas.disc(picture, *tip, size / 10, canvas.mix(colour, (255, 255, 255), 0.25))

    def frame(self, t: float) -> Picture:
        shine = np.zeros((HEIGHT // 4, WIDTH // 4, 3), np.uint8)
        for x, width, phase in self._beams:
            left = (x + 26 * math.sin(t * 0.5 + phase)) / 4
            grey = round(34 + 22 * math.sin(t * 0.9 + phase * 2))
            canvas.polygon(
                shine,
                [(left, 0), (left + width / 4, 0), (left + width / 2 + 26, 150), (left + 22, 150)],
                (grey,) * 3,
            )
        picture: Picture = cv2.add(self._water, canvas.enlarge(cv2.GaussianBlur(shine, (0, 0), 3)))
        for number, (x, height, phase) in enumerate(self._weeds):
            self._sway(picture, x, height, phase, t, number)
        for fish in sorted(self._fish, key=lambda one: one.size):
            self._swim(picture, fish, t)
        for x, y, radius, speed in self._bubbles:
            self._rise(picture, x, y, radius, speed, t)
        return picture

    def _sway(self, picture: Picture, x: float, height: float, phase: float, t: float, number: int) -> None:
        s = np.linspace(0, 1, 12)
        wave = 16 * s * np.sin(t * 1.3 + phase + s * 4)
        colour = canvas.mix(rgb(self._weed), rgb("#0a3a5a"), 0.15 * (number % 4))
        canvas.taper(picture, np.stack([x + wave, FLOOR + 34 - s * height], axis=1), colour, 15, 2)

    def _swim(self, picture: Picture, fish: Fish, t: float) -> None:
        span = WIDTH + 4 * fish.size
        x = (fish.start + fish.speed * t) % span - 2 * fish.size
        y = fish.depth + 9 * math.sin(t * 1.4 + fish.phase)
        ahead = math.copysign(1, fish.speed)
        size, wag = fish.size, math.sin(t * 8 + fish.phase)

        def at(along: float, down: float) -> tuple[float, float]:
            return x + ahead * along * size, y + down * size

        tail = [
            at(-0.75, 0),
            at(-1.45, -0.52 + 0.16 * wag),
            at(-1.22, 0.06 * wag),
            at(-1.45, 0.52 + 0.16 * wag),
        ]
        canvas.polygon(picture, tail, fish.fins)
        canvas.polygon(picture, [at(0.35, -0.4), at(-0.3, -0.92), at(-0.62, -0.3)], fish.fins)
        canvas.polygon(picture, [at(0.1, 0.4), at(-0.35, 0.82), at(-0.5, 0.3)], fish.fins)
        canvas.ellipse(picture, x, y, size, 0.56 * size, fish.body)
        canvas.ellipse(
            picture, *at(0.1, 0.22), 0.7 * size, 0.26 * size, canvas.mix(fish.body, (255, 255, 255), 0.3)
        )
        for number in range(fish.stripes):
            along = 0.42 - 0.34 * number
            half = 0.53 * math.sqrt(1 - along**2)
            band = canvas.curve(at(along, -half), at(along + 0.22, 0), at(along, half))
            canvas.stroke(picture, band, fish.stripe, size * 0.15)
        canvas.polygon(picture, [at(0.2, 0.08), at(-0.3, 0.2 + 0.2 * wag), at(-0.12, 0.44)], fish.fins)
        canvas.disc(picture, *at(0.62, -0.12), 0.15 * size, (255, 255, 255))
        canvas.disc(picture, *at(0.66, -0.12), 0.09 * size, (15, 15, 30))

    def _rise(self, picture: Picture, x: float, y: float, radius: float, speed: float, t: float) -> None:
        top = (y - speed * t) % HEIGHT
        left = x + 6 * math.sin(t * 2 + y)
        circle = np.linspace(0, 2 * math.pi, 16)
        ring = np.stack([left + radius * np.cos(circle), top + radius * np.sin(circle)], axis=1)
        canvas.stroke(picture, ring, (215, 245, 255))
        canvas.disc(picture, left - radius * 0.35, top - radius * 0.35, radius * 0.25, (255, 255, 255))

    def sound(self, rate: int) -> Sound:
        take, length = self.take, self.take.duration_s
        track = 0.5 * synth.hiss(take.rng, length, rate, 40, 300, tilt=1)
        for start in np.sort(take.rng.uniform(0, length, 34)):
            low = take.rng.uniform(260, 620)
            drop = synth.sweep(low, low * take.rng.uniform(1.5, 2.3), take.rng.uniform(0.05, 0.11), rate)
            synth.place(track, drop, start, rate, take.rng.uniform(0.4, 1.2))
        scale = take.pick(62, 60, 57, 64, 59, 65) + np.array([0, 4, 7, 11, 12, 16])
        for step, start in enumerate(np.arange(0.2, length - 0.4, 0.45)):
            note = float(scale[(step * 5 + take.number) % len(scale)])
            synth.place(track, synth.pluck(note, rate, 0.9, (1, 0, 0.06), 0.01), start, rate, 0.8)
        return synth.echo(track, rate, 0.33, 0.3)
