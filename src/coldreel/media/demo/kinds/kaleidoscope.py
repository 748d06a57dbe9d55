"""Mirrored colours that turn."""

from __future__ import annotations

import math

import cv2
import numpy as np

from coldreel.media.demo import canvas, synth
from coldreel.media.demo.canvas import HEIGHT, WIDTH, Colour, Picture, rgb
from coldreel.media.demo.scene import Scene, Take
from coldreel.media.demo.synth import Sound

CLOTH = 512
"""Side of the pattern that the mirrors look at, in pixels; it repeats without a seam."""
MOTIFS = 150


class Kaleidoscope(Scene):
    """A pattern of discs, petals and threads, seen in a ring of mirrors."""

    captions = (
        "Kaleidoscope colours",
        "Turning patterns",
        "Mirror mandala",
        "Kaleidoscope dreams",
        "Hypnotic patterns",
        "Mandala of colours",
    )

    def __init__(self, take: Take) -> None:
        super().__init__(take)
        palette = take.pick(
            ("#ff2e63", "#08d9d6", "#f9ed69", "#6a2c70", "#ffffff"),
            ("#f72585", "#7209b7", "#4361ee", "#4cc9f0", "#ffd166"),
            ("#00b894", "#fdcb6e", "#e17055", "#2d3436", "#ffeaa7"),
            ("#ff6b00", "#ffd000", "#d00060", "#30106b", "#fff3e0"),
            ("#06d6a0", "#118ab2", "#ef476f", "#ffd166", "#073b4c"),
            ("#e0aaff", "#7b2cbf", "#ff9e00", "#10002b", "#5ef38c"),
        )
        self._cloth = self._woven(take.rng, [rgb(code) for code in palette])
        wedge = math.pi / take.pick(6, 4, 8, 5, 3, 10)
        rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
        x, y = columns - WIDTH / 2, rows - HEIGHT / 2
        angle = np.arctan2(y, x) + math.pi
        folded = np.abs((angle % (2 * wedge)) - wedge)
        distance = np.hypot(x, y) * take.pick(0.9, 1.3, 0.8, 1.1, 1.2, 0.7)
        self._x = (distance * np.cos(folded)).astype(np.float32)
        self._y = (distance * np.sin(folded)).astype(np.float32)
        shade = 255 * (1 - 0.55 * np.clip(np.hypot(x, y) / 367, 0, 1) ** 2)
        self._shade = np.repeat(shade[..., None], 3, axis=2).astype(np.uint8)
        self._speed = take.pick(1, -1, 1.3, -0.8, 1.1, -1.2) * take.rng.uniform(0.85, 1.15)
        self._centre = take.rng.uniform(0, CLOTH, 2)

    def _woven(self, rng: np.random.Generator, palette: list[Colour]) -> Picture:
        cloth = np.empty((CLOTH, CLOTH, 3), np.uint8)
        cloth[:] = palette[3]
        for number in range(MOTIFS):
            x, y, size = *rng.uniform(0, CLOTH, 2), rng.uniform(26, 70) * (1 - 0.6 * number / MOTIFS)
            colours = [palette[i] for i in rng.permutation(5)[:3]]
            turn = rng.uniform(0, math.pi)
            for over_x in (-CLOTH, 0, CLOTH):
                for over_y in (-CLOTH, 0, CLOTH):
                    self._motif(cloth, number % 4, x + over_x, y + over_y, size, turn, colours)
        return cloth

    def _motif(
        self, cloth: Picture, shape: int, x: float, y: float, size: float, turn: float, colours: list[Colour]
    ) -> None:
        if not (-100 < x < CLOTH + 100 and -100 < y < CLOTH + 100):
            return
        if shape == 0:
            for ring, share in enumerate((1.0, 0.72, 0.4)):
                canvas.disc(cloth, x, y, size * share, colours[ring])
        elif shape == 1:
            for petal in range(6):
                angle = turn + petal * math.pi / 3
                middle = (x + 0.6 * size * math.cos(angle), y + 0.6 * size * math.sin(angle))
                canvas.ellipse(cloth, *middle, 0.6 * size, 0.22 * size, colours[petal % 2], angle)
            canvas.disc(cloth, x, y, 0.25 * size, colours[2])
        elif shape == 2:
            for thread in range(3):
                shift = (thread - 1) * 9
                left, right = (x - size * 1.6, y + shift), (x + size * 1.6, y + shift)
                canvas.stroke(cloth, canvas.curve(left, (x, y + shift + size), right), colours[thread], 5)
        else:
            corners = np.arange(4) * math.pi / 2 + turn
            square = np.stack([x + size * np.cos(corners), y + size * np.sin(corners)], axis=1)
            canvas.polygon(cloth, square, colours[0])
            canvas.stroke(cloth, 0.5 * square + np.array([x, y]) / 2, colours[1], 4, closed=True)

    def frame(self, t: float) -> Picture:
        turn = 0.35 * self._speed * t + 0.4 * math.sin(t * 0.7)
        zoom = 1 + 0.22 * math.sin(t * 0.9)
        cos, sin = math.cos(turn) * zoom, math.sin(turn) * zoom
        x = self._x * np.float32(cos) - self._y * np.float32(sin)
        y = self._x * np.float32(sin) + self._y * np.float32(cos)
        x += np.float32(self._centre[0] + 40 * t)
        y += np.float32(self._centre[1] + 60 * math.sin(t * 0.4))
        seen = cv2.remap(self._cloth, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
        picture: Picture = cv2.multiply(seen, self._shade, scale=1 / 255)
        beat = math.exp(-4 * (t * 2 % 1))
        canvas.light(picture, WIDTH / 2, HEIGHT / 2, 50 + 30 * beat, (255, 255, 255), 0.1 + 0.3 * beat)
        return picture

    def sound(self, rate: int) -> Sound:
        take, length = self.take, self.take.duration_s
        track = np.zeros(round(length * rate), np.float32)
        root = take.pick(57, 52, 55, 60, 50, 54)
        pattern = take.pick(
            (0, 7, 12, 15), (0, 3, 7, 10), (0, 12, 7, 19), (0, 4, 7, 11), (0, 5, 12, 17), (0, 7, 10, 14)
        )
        bright = tuple(1 / harmonic for harmonic in range(1, 12))
        for step, start in enumerate(np.arange(0, length, 0.125)):
            note = root + pattern[step % 4] + (12 if step % 16 > 11 else 0)
            synth.place(track, synth.pluck(note, rate, 0.3, bright), start, rate, 0.7)
            if step % 4 == 0:
                synth.place(track, synth.thump(rate), start, rate, 2.2)
            elif step % 4 == 2:
                synth.place(track, synth.hiss(take.rng, 0.06, rate, 6000, 14000), start, rate, 0.22)
        return synth.echo(track, rate, 0.1875, 0.3)
