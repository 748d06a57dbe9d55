"""A fire in the night."""

from __future__ import annotations

import math

import cv2
import numpy as np

from coldreel.media.demo import canvas, synth
from coldreel.media.demo.canvas import HEIGHT, WIDTH, Colour, Field, Picture, rgb
from coldreel.media.demo.scene import Scene, Take
from coldreel.media.demo.synth import Sound

GROUND = 520
FLAME_WIDE, FLAME_HIGH = 84, 116
"""The grid of the flames; a cell is about three pixels wide."""


class Campfire(Scene):
    """Flames from scrolling noise over logs and stones, sparks, and trees lit from below."""

    captions = (
        "Campfire night",
        "By the campfire",
        "Crackling fire",
        "Fire in the woods",
        "Camping under the trees",
        "Warm campfire glow",
    )

    def __init__(self, take: Take) -> None:
        super().__init__(take)
        rng = take.rng
        sky, low, self._x, self._size = take.pick(
            ("#070b1e", "#1d1f3a", 180, 1.0),
            ("#0c0714", "#331a2c", 130, 1.25),
            ("#04120f", "#0f2f2a", 225, 0.85),
            ("#0a0a0a", "#2b1a10", 180, 1.3),
            ("#060f24", "#173354", 240, 1.0),
            ("#120a08", "#3a2013", 120, 1.1),
        )
        night = canvas.gradient((0, rgb(sky)), (GROUND / HEIGHT, rgb(low)), (1, rgb(low)))
        for x, y, bright in rng.uniform((0, 0, 0), (WIDTH, 340, 1), (90, 3)):
            canvas.light(night, x, y, 1.5 + 1.5 * bright, (255, 250, 235), 0.3 + 0.7 * bright)
        if take.number % 3 == 1:
            canvas.light(night, 282, 196, 90, (180, 190, 220), 0.35)
            rim = (
                canvas.curve((274, 172), (320, 196), (274, 220)),
                canvas.curve((274, 220), (296, 196), (274, 172)),
            )
            canvas.polygon(night, np.concatenate(rim), (240, 236, 215))
        for depth in (0, 1):
            for x in np.arange(-10, WIDTH + 40, 46 - 10 * depth) + rng.uniform(-14, 14):
                tall = rng.uniform(110, 230) * (1.3 if take.number % 2 else 0.9) * (1 - 0.35 * depth)
                self._tree(night, x, tall, canvas.mix(rgb(low), (4, 5, 8), 0.45 + 0.3 * depth))
        soil = canvas.mix(rgb(low), (18, 10, 6), 0.7)
        canvas.polygon(
            night,
            [
                (0, GROUND - 20),
                (120, GROUND - 27),
                (250, GROUND - 17),
                (WIDTH, GROUND - 24),
                (WIDTH, HEIGHT),
                (0, HEIGHT),
            ],
            soil,
        )
        if take.number % 3 == 0:
            self._tent(night, 290 if self._x < 200 else 66)
        self._night, self._lit = night, night.copy()
        canvas.light(self._lit, self._x, GROUND - 60, 330 * self._size, (255, 120, 40), 0.45)
        canvas.light(self._lit, self._x, GROUND - 10, 150 * self._size, (255, 150, 60), 0.42)
        self._noise = [self._endless(rng, cells) for cells in (21, 36)]
        across = np.linspace(-1, 1, FLAME_WIDE, dtype=np.float32)[None, :]
        up = np.linspace(1, 0, FLAME_HIGH, dtype=np.float32)[:, None]
        self._shape = 1.2 - np.abs(across) * (1.25 + 1.5 * up) - up * 1.28
        self._shape -= np.clip((across**2 + (up / 0.09 - 1).clip(-1, 0) ** 2 - 0.5) * 2, 0, 2)  # a round bowl
        heat = [(0, 0, 0), (90, 10, 2), (214, 52, 6), (255, 132, 18), (255, 204, 74), (255, 248, 205)]
        at = np.linspace(0, 255, len(heat))
        scale = [np.interp(np.arange(256), at, [colour[i] for colour in heat]) for i in range(3)]
        self._heat = np.stack(scale, axis=1).astype(np.uint8)
        self._sparks = rng.uniform((-1, 0, 0.5, 0), (1, 1, 1.3, 6), (34, 4))
        self._stones = rng.uniform(0.8, 1.25, 9)

    def _endless(self, rng: np.random.Generator, cells: int) -> Field:
        """Noise, twice as high as the flames, whose lower edge goes on at its upper one."""
        tall = canvas.noise(rng, 3 * FLAME_HIGH, FLAME_WIDE, cells, 3)
        fade = np.linspace(0, 1, FLAME_HIGH, dtype=np.float32)[:, None]
        seam = tall[2 * FLAME_HIGH :] * (1 - fade) + tall[:FLAME_HIGH] * fade
        return np.concatenate([seam, tall[FLAME_HIGH : 2 * FLAME_HIGH]])

    def _tree(self, picture: Picture, x: float, tall: float, colour: Colour) -> None:
        for tier in range(4):
            top, half = GROUND - 20 - tall * (1 - 0.2 * tier), tall * (0.1 + 0.055 * tier)
            canvas.polygon(
                picture, [(x, top), (x + half, top + tall * 0.36), (x - half, top + tall * 0.36)], colour
            )

    def _tent(self, picture: Picture, x: float) -> None:
        canvas.polygon(picture, [(x, 424), (x + 76, GROUND - 8), (x - 76, GROUND - 8)], (146, 66, 40))
        canvas.polygon(picture, [(x, 424), (x + 76, GROUND - 8), (x + 30, GROUND - 8)], (92, 38, 26))
        canvas.polygon(picture, [(x - 6, 450), (x + 10, GROUND - 8), (x - 34, GROUND - 8)], (38, 16, 12))

    def frame(self, t: float) -> Picture:
        flicker = 0.85 + 0.1 * math.sin(t * 9.1) + 0.07 * math.sin(t * 15.7 + 1)
        size = self._size
        picture: Picture = cv2.addWeighted(self._lit, flicker, self._night, 1 - flicker, 0)
        self._wood(picture, flicker)
        self._burn(picture, t)
        for side, phase, speed, sway in self._sparks:
            age = (t * speed * 0.42 + phase) % 1
            x = self._x + 40 * size * side * (0.4 + age) + 10 * math.sin(t * 3 * speed + sway)
            y = GROUND - 40 - 400 * size * age**0.9
            canvas.light(picture, x, y, 4.5 * (1.2 - age), (255, 190, 90), 1.4 * (1 - age))
        return picture

    def _wood(self, picture: Picture, flicker: float) -> None:
        warm = canvas.mix((60, 30, 16), (190, 92, 36), 0.6 * flicker)
        size = self._size
        for number, width in enumerate(self._stones):
            angle = math.pi * (number + 0.5) / 9
            x, y = self._x - 96 * size * math.cos(angle), GROUND + 8 + 32 * size * math.sin(angle)
            canvas.ellipse(picture, x, y, 16 * width * size, 11 * size, (46, 40, 40))
            canvas.ellipse(
                picture, x, y - 3, 12 * width * size, 6 * size, canvas.mix((70, 58, 54), warm, 0.5)
            )
        for lean in (-1, 1, -0.45):
            ends = [(self._x - 66 * lean * size, GROUND + 14), (self._x + 52 * lean * size, GROUND - 22)]
            canvas.taper(picture, ends, (46, 24, 14), 24 * size, 18 * size)
            canvas.taper(picture, np.array(ends) - [0, 5], warm, 7 * size, 4 * size)

    def _burn(self, picture: Picture, t: float) -> None:
        layers = []
        for noise, speed in zip(self._noise, (62, 104), strict=True):
            shift = speed * t % (2 * FLAME_HIGH)
            rolled = np.roll(noise, -int(shift), axis=0)[:FLAME_HIGH]
            following = np.roll(noise, -int(shift) - 1, axis=0)[:FLAME_HIGH]
            layers.append(rolled + (following - rolled) * np.float32(shift % 1))
        heat = self._shape * 1.1 + (layers[0] + layers[1] - 1.0) * 0.95
        glow = self._heat[(np.clip(heat, 0, 1) * 255).astype(np.uint8)]
        wide, high = round(215 * self._size), round(340 * self._size)
        large = canvas.enlarge(glow, wide, high)
        left, top = round(self._x - wide / 2), GROUND + 16 - high
        clip_left, clip_top = max(0, -left), max(0, -top)
        large = large[clip_top:, clip_left : clip_left + WIDTH - left]
        part = picture[top + clip_top : top + high, left + clip_left : left + wide]
        part[:] = cv2.add(part, large[: part.shape[0], : part.shape[1]])

    def sound(self, rate: int) -> Sound:
        take, length = self.take, self.take.duration_s
        track = 0.7 * synth.hiss(take.rng, length, rate, 50, 500, tilt=1.4)
        for start in take.rng.uniform(0, length, 110):
            snap = synth.hiss(take.rng, take.rng.uniform(0.004, 0.03), rate, 700, 4500)
            snap *= np.linspace(1, 0, len(snap), dtype=np.float32) ** 2
            synth.place(track, snap, start, rate, take.rng.exponential(0.8))
        chirp = np.concatenate(
            [synth.sweep(4300, 4400, 0.03, rate), np.zeros(round(0.02 * rate), np.float32)]
        )
        for start in np.arange(0.2, length, 0.9):
            synth.place(track, np.tile(chirp, 5), start, rate, 0.16)
        root = take.pick(40, 45, 43, 38, 41, 47)
        strings = (0, 7, 12, 16, 19, 16, 12, 7)
        for step, start in enumerate(np.arange(0.1, length, 0.3)):
            note = root + strings[step % 8] + (5 if step // 8 % 2 else 0)
            guitar = synth.pluck(note + 12, rate, 1.1, (1, 0.7, 0.45, 0.3, 0.18, 0.1), 0.003)
            synth.place(track, guitar, start, rate, 0.8)
        return track
