"""Balls that bounce."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from coldreel.media.demo import canvas, synth
from coldreel.media.demo.canvas import HEIGHT, WIDTH, Colour, Picture, rgb
from coldreel.media.demo.scene import Scene, Take
from coldreel.media.demo.synth import Sound

FLOOR = 548
GRAVITY = 1400.0
"""Pixels per second squared: the slowest balls reach the caption."""
FLASH_S = 0.35


@dataclass(frozen=True, slots=True)
class Ball:
    """A ball that never tires: every bounce takes `period` seconds."""

    radius: float
    period: float
    phase: float
    start: float
    speed: float
    colour: Colour
    note: int

    def bounces(self, t: float) -> float:
        """How many times the ball has hit the floor since long ago; the fraction leads to the next."""
        return t / self.period + self.phase

    def place(self, t: float) -> tuple[float, float]:
        """Where the middle of the ball is, in pixels."""
        inside = WIDTH - 2 * self.radius
        along = (self.start + self.speed * t) % (2 * inside)
        way = self.bounces(t) % 1
        high = GRAVITY * self.period**2 / 2 * way * (1 - way)
        return self.radius + min(along, 2 * inside - along), FLOOR - self.radius - high


class Marbles(Scene):
    """Glossy balls on a flat, bright stage; each hit sounds a note and throws up dots."""

    captions = (
        "Bouncing balls",
        "Balls in a toy box",
        "Bounce to the beat",
        "Juggling marbles",
        "Bouncing marbles",
        "Rubber balls at play",
    )

    def __init__(self, take: Take) -> None:
        super().__init__(take)
        rng = take.rng
        wall, stripe, floor, *coats = take.pick(
            ("#ffe3e8", "#ffd0da", "#ff9fb2", "#e63946", "#457b9d", "#ffb703", "#2a9d8f"),
            ("#d8f3ff", "#c2e9fb", "#7cc6ee", "#ff6b6b", "#ffd93d", "#6bcb77", "#845ec2"),
            ("#fff4cc", "#ffe9a3", "#ffcf56", "#3d5a80", "#ee6c4d", "#06a77d", "#d81159"),
            ("#e3fbe3", "#cdf2d1", "#86d69b", "#ff7f11", "#7b2cbf", "#0081a7", "#f72585"),
            ("#efe3ff", "#e0ccff", "#b794f4", "#f4a261", "#e63971", "#118ab2", "#06d6a0"),
            ("#ffe8d6", "#ffd8b8", "#f4a56b", "#0a9396", "#9b2226", "#ee9b00", "#5f0f40"),
        )
        self._stage = self._built(rgb(wall), rgb(stripe), rgb(floor))
        self._shadow = canvas.mix(rgb(floor), (40, 20, 60), 0.35)
        count, size = take.pick((6, 40), (11, 26), (4, 58), (8, 33), (15, 20), (5, 48))
        chord = take.pick(60, 62, 57, 64, 59, 65) + np.array([0, 2, 4, 7, 9, 12, 14, 16, 19, 21])
        self._balls = [
            Ball(
                radius=size * rng.uniform(0.7, 1.15),
                period=0.25 * float(rng.integers(3, 7)),  # quarters of a second, so that the hits keep time
                phase=0.25 * float(rng.integers(4)),
                start=rng.uniform(0, 600),
                speed=rng.uniform(-110, 110),
                colour=rgb(coats[number % 4]),
                note=int(chord[(number * 3) % len(chord)]),
            )
            for number in range(count)
        ]

    def _built(self, wall: Colour, stripe: Colour, floor: Colour) -> Picture:
        stage = np.empty((HEIGHT, WIDTH, 3), np.uint8)
        stage[:] = wall
        middle = (WIDTH / 2, 300)
        motif = self.take.number % 3
        for number in range(18):
            if motif == 0:
                angles = [number * math.pi / 9, (number + 0.5) * math.pi / 9]
                far = [
                    (middle[0] + 600 * math.cos(angle), middle[1] + 600 * math.sin(angle)) for angle in angles
                ]
                canvas.polygon(stage, [middle, *far], stripe)
            elif motif == 1:
                for column in range(8):
                    canvas.disc(stage, column * 52 + 26 * (number % 2), number * 36, 12, stripe)
            else:
                x = number * 48 - 300
                canvas.polygon(stage, [(x, 0), (x + 24, 0), (x + 324, HEIGHT), (x + 300, HEIGHT)], stripe)
        canvas.polygon(stage, [(0, FLOOR - 18), (WIDTH, FLOOR - 18), (WIDTH, HEIGHT), (0, HEIGHT)], floor)
        light = canvas.mix(floor, (255, 255, 255), 0.35)
        canvas.polygon(
            stage, [(0, FLOOR - 18), (WIDTH, FLOOR - 18), (WIDTH, FLOOR - 12), (0, FLOOR - 12)], light
        )
        return stage

    def frame(self, t: float) -> Picture:
        picture = self._stage.copy()
        for ball in self._balls:
            x, y = ball.place(t)
            near = 1 - 0.55 * min(1.0, (FLOOR - y) / 420)
            canvas.ellipse(picture, x, FLOOR + 6, ball.radius * near, ball.radius * 0.26 * near, self._shadow)
        for ball in self._balls:
            self._splash(picture, ball, t)
        for ball in self._balls:
            self._ball(picture, ball, t)
        return picture

    def _ball(self, picture: Picture, ball: Ball, t: float) -> None:
        x, y = ball.place(t)
        way = ball.bounces(t) % 1
        squash = 0.17 * math.exp(-min(way, 1 - way) * ball.period * 26)
        wide, high = ball.radius * (1 + squash), ball.radius * (1 - squash)
        y += ball.radius - high
        canvas.ellipse(picture, x, y, wide, high, canvas.mix(ball.colour, (20, 0, 40), 0.22))
        canvas.ellipse(picture, x - 0.06 * wide, y - 0.07 * high, 0.9 * wide, 0.9 * high, ball.colour)
        spin = ball.speed * t / ball.radius
        light = canvas.mix(ball.colour, (255, 255, 255), 0.75)
        band = canvas.curve(
            (x - wide * 0.86 * math.cos(spin), y - high * 0.86 * math.sin(spin)),
            (x - wide * 0.5 * math.sin(spin), y + high * 0.5 * math.cos(spin)),
            (x + wide * 0.86 * math.cos(spin), y + high * 0.86 * math.sin(spin)),
        )
        canvas.stroke(picture, band, light, ball.radius * 0.16)
        canvas.ellipse(
            picture, x - 0.36 * wide, y - 0.42 * high, 0.24 * wide, 0.15 * high, (255, 255, 255), -0.7
        )

    def _splash(self, picture: Picture, ball: Ball, t: float) -> None:
        age = ball.bounces(t) % 1 * ball.period
        if age > FLASH_S:
            return
        x, _ = ball.place(t - age)
        grown = age / FLASH_S
        for dot in range(8):
            angle = math.pi * (dot + 0.5) / 8
            reach = ball.radius * (0.8 + 1.3 * grown)
            spot = (x - reach * math.cos(angle), FLOOR - reach * 0.7 * math.sin(angle))
            canvas.disc(picture, *spot, 5.5 * (1 - grown), canvas.mix(ball.colour, (255, 255, 255), 0.25))

    def sound(self, rate: int) -> Sound:
        length = self.take.duration_s
        track = np.zeros(round(length * rate), np.float32)
        for ball in self._balls:
            note = synth.pluck(ball.note, rate, 0.5, (1, 0.05, 0.3, 0, 0.1), 0.002)
            for hit in range(math.ceil(ball.phase), math.floor(ball.bounces(length)) + 1):
                at = (hit - ball.phase) * ball.period
                synth.place(track, note, at, rate)
                synth.place(track, synth.thump(rate, 240, 90), at, rate, 0.35)
        return track
