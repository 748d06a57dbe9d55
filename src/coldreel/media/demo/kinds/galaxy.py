"""A spiral galaxy that turns in space."""

from __future__ import annotations

import math

import cv2
import numpy as np

from coldreel.media.demo import canvas, synth
from coldreel.media.demo.canvas import HEIGHT, WIDTH, Picture, rgb
from coldreel.media.demo.scene import Scene, Take
from coldreel.media.demo.synth import Sound

STARS = 6400
COARSE = 2
"""The stars are added up on a grid of half the picture's size; the eye does not see it."""
FILM_GRAIN = 210.0
"""Where stars lie dense, light saturates as on film, so that the core keeps its colour."""


class Galaxy(Scene):
    """Thousands of stars on spiral arms around a bright core, far stars behind, a shooting star before."""

    captions = (
        "Spiral galaxy",
        "Stars in deep space",
        "Lost in space",
        "A galaxy of stars",
        "Night among the stars",
        "Drifting through space",
    )

    def __init__(self, take: Take) -> None:
        super().__init__(take)
        rng = take.rng
        core, arm, rim, dust = take.pick(
            ("#fff0c8", "#8fb4ff", "#c46bff", "#2b1458"),
            ("#ffd9e8", "#ff7ab8", "#6a6cff", "#101c50"),
            ("#e8fff4", "#59e0d0", "#3f7cff", "#0a2c48"),
            ("#fff4d0", "#ffb15c", "#ff5f7a", "#38103c"),
            ("#f4f0ff", "#b89cff", "#4fd2ff", "#1c1060"),
            ("#fffbe8", "#f2e27a", "#59c98a", "#082e36"),
        )
        arms = take.pick(2, 3, 4, 2, 5, 3)
        self._tilt = take.pick(0.55, 0.8, 0.32, 0.95, 0.45, 0.68)
        self._lean = take.pick(-0.5, 0.3, 0.75, 0.0, -0.9, 1.2)
        self._centre = take.pick(
            (0.5, 0.55), (0.4, 0.6), (0.56, 0.5), (0.5, 0.58), (0.62, 0.66), (0.44, 0.46)
        )
        self._speed = take.pick(0.34, -0.28, 0.22, -0.4, 0.3, 0.36) * rng.uniform(0.9, 1.1)
        self._far = rng.exponential(0.4, STARS).clip(0.02, 1.6)
        wind = take.pick(3.6, 4.6, 2.8, 5.4, 3.2, 4.0)
        ray = rng.integers(arms, size=STARS) * (2 * math.pi / arms)
        self._angle = ray + wind * np.sqrt(self._far) + rng.normal(0, 0.2 + 0.1 / (self._far + 0.2), STARS)
        ends = np.array([rgb(core), rgb(arm), rgb(rim)], np.float64)
        blend = np.clip(self._far[:, None] / 0.4, 0, 1)
        outer = np.clip(self._far[:, None] / 0.6 - 0.7, 0, 1)
        self._colours = (ends[0] * (1 - blend) + ends[1] * blend) * (1 - outer) + ends[2] * outer
        self._colours *= (self._colours / 255) ** 0.9 * rng.uniform(0.15, 0.95, (STARS, 1))
        self._core = rgb(core)
        cloud = canvas.noise(rng, HEIGHT + 80, WIDTH + 80, 4, octaves=5) ** 2.2
        tint = canvas.gradient((0, rgb(dust)), (0.5, canvas.mix(rgb(dust), rgb(rim), 0.3)), (1, rgb(dust)))
        tint = cv2.resize(tint, (WIDTH + 80, HEIGHT + 80))
        self._dust = (tint * cloud[..., None] * 1.1 + np.array([5, 4, 14])).clip(0, 255).astype(np.uint8)
        for x, y, glow in rng.uniform((0, 0, 0.1), (WIDTH + 80, HEIGHT + 80, 1), (240, 3)):
            canvas.light(self._dust, x, y, 1.2 + 2.2 * glow**6, (255, 250, 240), 0.2 + 0.8 * glow)
        self._twinklers = rng.uniform((0, 0, 0), (WIDTH, HEIGHT, 6), (26, 3))
        self._falls = rng.uniform((0.3, 40, 60), (take.duration_s - 1, WIDTH - 80, 420), (2, 3))

    def frame(self, t: float) -> Picture:
        x, y = int(40 + 30 * math.sin(t * 0.2)), int(40 + 30 * math.cos(t * 0.2))
        picture: Picture = self._dust[y : y + HEIGHT, x : x + WIDTH].copy()
        zoom = 250 * (1 + 0.05 * t)
        angle = self._angle + self._speed * t / (self._far + 0.35)
        flat_x, flat_y = self._far * np.cos(angle) * zoom, self._far * np.sin(angle) * zoom * self._tilt
        cos, sin = math.cos(self._lean), math.sin(self._lean)
        middle_x, middle_y = self._centre[0] * WIDTH, self._centre[1] * HEIGHT
        column = ((middle_x + flat_x * cos - flat_y * sin) / COARSE).astype(np.int64)
        row = ((middle_y + flat_x * sin + flat_y * cos) / COARSE).astype(np.int64)
        wide, high = WIDTH // COARSE, HEIGHT // COARSE
        seen = (column >= 0) & (column < wide) & (row >= 0) & (row < high)
        cell = (row * wide + column)[seen]
        sums = [np.bincount(cell, self._colours[seen, i], wide * high) for i in range(3)]
        dense = np.stack(sums, axis=1).reshape(high, wide, 3)
        stars = (255 * (1 - np.exp(dense / -FILM_GRAIN))).astype(np.uint8)
        haze = cv2.resize(stars, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
        haze = canvas.enlarge(cv2.GaussianBlur(haze, (0, 0), 1.5), wide, high)
        glow = cv2.addWeighted(stars, 0.85, haze, 1.0, 0)
        cv2.add(picture, canvas.enlarge(glow), dst=picture)
        canvas.light(picture, middle_x, middle_y, 46, self._core, 0.45 + 0.06 * math.sin(t * 2))
        self._twinkle(picture, t)
        self._fall(picture, t)
        return picture

    def _twinkle(self, picture: Picture, t: float) -> None:
        for x, y, phase in self._twinklers:
            gain = max(0.0, math.sin(t * 2.3 + phase)) ** 3
            canvas.light(picture, x, y, 5, (255, 255, 255), gain)
            canvas.stroke(picture, [(x - 7 * gain, y), (x + 7 * gain, y)], (230, 235, 255))
            canvas.stroke(picture, [(x, y - 7 * gain), (x, y + 7 * gain)], (230, 235, 255))

    def _fall(self, picture: Picture, t: float) -> None:
        for start, x, y in self._falls:
            age = t - start
            if 0 <= age < 0.8:
                head = (x + 240 * age, y + 130 * age)
                tail = (head[0] - 90 * (1 - age), head[1] - 49 * (1 - age))
                canvas.taper(picture, [tail, head], (235, 240, 255), 0.2, 3)
                canvas.light(picture, *head, 12, (255, 255, 255), 1 - age)

    def sound(self, rate: int) -> Sound:
        take, length = self.take, self.take.duration_s
        root = take.pick(36, 38, 33, 41, 35, 40)
        track = synth.pad(
            [root, root + 7, root + 12, root + 15 + take.number % 2, root + 22], length, rate, 1.5
        )
        track += 0.35 * synth.hiss(take.rng, length, rate, 40, 220, tilt=1.5)
        scale = root + 48 + np.array([0, 3, 5, 7, 10, 12])
        for start in np.arange(0.4, length, 0.55):
            note = float(take.rng.choice(scale))
            synth.place(track, synth.pluck(note, rate, 1.6, (1, 0.1), 0.04), start, rate, 0.5)
        return synth.echo(track, rate, 0.41, 0.4)
