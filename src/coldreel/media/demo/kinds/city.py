"""A rainy night in the city."""

from __future__ import annotations

import math

import cv2
import numpy as np

from coldreel.media.demo import canvas, synth
from coldreel.media.demo.canvas import HEIGHT, WIDTH, Colour, Picture, rgb
from coldreel.media.demo.scene import Scene, Take
from coldreel.media.demo.synth import Sound

STREET = 430
BLACK: Colour = (6, 7, 16)


class City(Scene):
    """Lit windows and neon over a wet street that mirrors them, passing cars, and rain."""

    captions = (
        "Rainy night",
        "Rain in the city",
        "Neon lights at night",
        "City lights",
        "Walking in the rain",
        "Night drive downtown",
    )

    def __init__(self, take: Take) -> None:
        super().__init__(take)
        rng = take.rng
        sky, glow, self._neon = take.pick(
            (("#0b1030", "#2a2f6b"), "#ffcf70", ("#ff3f81", "#3fe0ff")),
            (("#101820", "#27505c"), "#ffe0a0", ("#35ffb5", "#ff7a3f")),
            (("#1a0b2e", "#5b2a6b"), "#ffb870", ("#b45cff", "#ff4f6f")),
            (("#0a1a2e", "#3f4f72"), "#ffd890", ("#ffe14f", "#4f8fff")),
            (("#14101c", "#583848"), "#ffc890", ("#ff5f4f", "#ffd75f")),
            (("#06141c", "#1f4a6b"), "#fff0c0", ("#4fffe0", "#e04fff")),
        )
        self._glow = rgb(glow)
        stops = (0.0, rgb(sky[0])), (STREET / HEIGHT, rgb(sky[1])), (1.0, rgb(sky[1]))
        picture = canvas.gradient(*stops)
        self._build(picture, rng, 26, (150, 300), canvas.mix(rgb(sky[1]), BLACK, 0.45), 0.35)
        self._build(
            picture,
            rng,
            take.pick(64, 84, 50, 72, 96, 58),
            (90, 250),
            canvas.mix(rgb(sky[0]), BLACK, 0.6),
            0.55,
        )
        self._signs = [self._hang(picture, rng, number) for number in range(take.pick(3, 4, 5, 2, 3, 4))]
        self._picture = canvas.bloom(picture, threshold=90, gain=0.9)
        self._cars = [
            (rng.uniform(0, 500), float(rng.choice((-1, 1))) * rng.uniform(70, 150), lane)
            for lane in range(4)
        ]
        self._rain = rng.uniform((-80, 0, 0.55), (WIDTH + 40, HEIGHT, 1.3), (130, 3))
        self._splashes = rng.uniform((0, STREET + 24, 0), (WIDTH, HEIGHT, 1), (34, 3))
        self._wind = take.pick(0.16, 0.3, 0.05, 0.22, 0.12, 0.4)
        self._walkers = rng.uniform((0, 20, 0), (WIDTH, 46, 6), (take.pick(1, 2, 0, 0, 3, 1), 3))

    def _build(
        self,
        picture: Picture,
        rng: np.random.Generator,
        wide: int,
        heights: tuple[int, int],
        wall: Colour,
        lit: float,
    ) -> None:
        x = -int(rng.integers(wide))
        while x < WIDTH:
            width, top = int(wide * rng.uniform(0.8, 1.4)), STREET - int(rng.uniform(*heights))
            picture[max(0, top) : STREET, max(0, x) : max(0, x + width)] = wall
            step = max(7, wide // 6)
            for row in range(top + 6, STREET - 14, step + 3):
                for column in range(x + 4, x + width - 6, step):
                    if rng.random() < lit and column >= 0:
                        shade = canvas.mix(self._glow, wall, rng.uniform(0.1, 0.75))
                        picture[row : row + step // 2 + 2, column : column + step // 2] = shade
            x += width + int(rng.integers(0, 5))

    def _hang(self, picture: Picture, rng: np.random.Generator, number: int) -> tuple[float, float, Colour]:
        x, y = 40 + (number * 83 + rng.uniform(0, 40)) % (WIDTH - 80), rng.uniform(250, 380)
        colour = rgb(self._neon[number % 2])
        tall = rng.uniform(18, 42)
        canvas.polygon(
            picture, [(x - 11, y - tall), (x + 11, y - tall), (x + 11, y + tall), (x - 11, y + tall)], BLACK
        )
        frame = [(x - 8, y - tall + 3), (x + 8, y - tall + 3), (x + 8, y + tall - 3), (x - 8, y + tall - 3)]
        canvas.stroke(picture, frame, colour, 2, closed=True)
        for bar in np.arange(y - tall + 11, y + tall - 6, 9):
            canvas.stroke(picture, [(x - 4, bar), (x + 4, bar + 3 * (number % 2))], (255, 255, 255), 2)
        return x, y, colour

    def frame(self, t: float) -> Picture:
        picture = self._picture.copy()
        for number, (x, y, colour) in enumerate(self._signs):
            on = 0.32 + 0.16 * math.sin(t * 3 + number) + 0.2 * (math.sin(t * 17 + number * 5) > 0.75)
            canvas.light(picture, x, y, 80, colour, on)
        for start, speed, lane in self._cars:
            self._drive(picture, (start + speed * t) % 500 - 70, STREET - 6, speed, lane)
        self._mirror(picture, t)
        for x, speed, phase in self._walkers:
            self._walk(picture, x, speed, phase, t)
        self._pour(picture, t)
        return picture

    def _drive(self, picture: Picture, x: float, y: float, speed: float, lane: int) -> None:
        coming = speed > 0
        colour: Colour = (255, 244, 214) if coming else (255, 40, 40)
        body = [
            (x - 24, y),
            (x - 22, y - 9),
            (x - 12, y - 10),
            (x - 6, y - 18),
            (x + 10, y - 18),
            (x + 17, y - 10),
            (x + 25, y - 8),
            (x + 25, y),
        ]
        canvas.polygon(picture, body, canvas.mix(BLACK, rgb(self._neon[lane % 2]), 0.2))
        canvas.light(picture, x + math.copysign(25, speed), y - 5, 34 if coming else 24, colour, 0.9)
        canvas.light(picture, x + math.copysign(26, speed), y - 5, 8, colour, 1)

    def _mirror(self, picture: Picture, t: float) -> None:
        depth = HEIGHT - STREET
        upside = cv2.blur(picture[STREET - depth : STREET][::-1], (5, 19))
        rows, columns = np.mgrid[0:depth, 0:WIDTH].astype(np.float32)
        columns += (1 + rows / 50) * np.sin(rows * 0.24 - t * 4).astype(np.float32) * 1.1
        wet = cv2.remap(upside, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
        picture[STREET:] = cv2.addWeighted(wet, 0.72, np.full_like(wet, 8), 1, 0)
        picture[STREET : STREET + 3] //= 3

    def _walk(self, picture: Picture, x: float, speed: float, phase: float, t: float) -> None:
        left = (x + speed * t) % (WIDTH + 60) - 30
        stride = math.sin(t * 6 + phase)
        y = 528 + 20 * math.sin(phase) - abs(stride) * 2
        for side in (-1, 1):
            canvas.taper(picture, [(left, y), (left + side * 9 * stride, y + 42)], BLACK, 9, 6)
        canvas.ellipse(picture, left, y - 18, 12, 26, BLACK)
        canvas.disc(picture, left, y - 52, 9, BLACK)
        canvas.stroke(picture, [(left + 9, y - 14), (left + 9, y - 88)], BLACK, 2)
        arc = np.linspace(math.pi, 2 * math.pi, 20)
        dome = np.stack([left + 9 + 42 * np.cos(arc), y - 62 + 34 * np.sin(arc)], axis=1)
        canvas.polygon(picture, dome, rgb(self._neon[int(phase) % 2]))
        rib = canvas.curve((left + 9, y - 96), (left + 22, y - 86), (left + 25, y - 62))
        canvas.stroke(picture, rib, canvas.mix(rgb(self._neon[int(phase) % 2]), BLACK, 0.4), 2)

    def _pour(self, picture: Picture, t: float) -> None:
        veil = np.zeros_like(picture)
        for x, y, near in self._rain:
            top = (y + 760 * near * t) % (HEIGHT + 60) - 60
            left = (x + self._wind * top) % (WIDTH + 80) - 40
            drop = [(left, top), (left + self._wind * 34 * near, top + 34 * near)]
            canvas.stroke(veil, drop, (74, 84, 104) if near < 1 else (112, 122, 142))
        for x, y, phase in self._splashes:
            age = (t * 1.9 + phase) % 1
            size = (3 + 8 * age) * (y - STREET + 80) / 200
            circle = np.linspace(0, 2 * math.pi, 14)
            ring = np.stack([x + size * np.cos(circle), y + size * 0.35 * np.sin(circle)], axis=1)
            canvas.stroke(veil, ring, canvas.mix((120, 130, 150), (0, 0, 0), age))
        cv2.add(picture, veil, dst=picture)

    def sound(self, rate: int) -> Sound:
        take, length = self.take, self.take.duration_s
        track = 0.4 * synth.hiss(take.rng, length, rate, 1200, 9000, tilt=0.3)
        for start in take.rng.uniform(0, length, 90):
            drop = synth.sweep(take.rng.uniform(1500, 4200), 900, 0.02, rate)
            synth.place(track, drop, start, rate, take.rng.uniform(0.5, 1.6))
        root = take.pick(45, 43, 47, 40, 42, 46)
        chords = ((0, 7, 10, 14, 15), (5, 8, 12, 15, 19), (-2, 5, 8, 12, 14), (3, 7, 10, 14, 17))
        for step, start in enumerate(np.arange(0.3, length, 1.7)):
            for spread, note in enumerate(chords[(step + take.number) % 4]):
                tone = synth.pluck(root + 12 + note, rate, 2.4, (1, 0.5, 0.05, 0.12), 0.01)
                synth.place(track, tone, start + 0.04 * spread, rate, 0.55)
        return track
