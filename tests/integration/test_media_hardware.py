"""Decoding on a device: without one nothing changes, and one that errs is not used."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from av.codec.hwaccel import HWAccel
from media_filming import film
from numpy.typing import NDArray

from coldreel.media import hardware
from coldreel.media.limits import Limits
from coldreel.media.planning import NoPlanError
from coldreel.media.watch import watch

Samples = tuple[NDArray[np.uint8], NDArray[np.float64]]


@pytest.fixture
def no_device(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine without any: nothing that PyAV was built with can be opened."""
    monkeypatch.setattr(hardware, "KINDS", ())
    hardware._device.cache_clear()


@pytest.fixture
def a_device(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where one opens; what it decodes is for a test to say."""
    monkeypatch.setattr(hardware, "_device", lambda _: "cuda")
    monkeypatch.setattr(hardware, "_trusted", {})


def test_without_a_device_the_frames_are_the_same(tmp_path: Path, no_device: None) -> None:
    path = film(tmp_path / "film.mp4", sound="aac")
    assert hardware.accelerator(path, Limits()) is None
    asked, plain = watch(path, Limits(), hardware=True), watch(path, Limits())
    assert np.array_equal(asked.frames, plain.frames)
    assert asked.facts == plain.facts


def test_looking_for_a_device_on_this_machine_changes_no_picture(tmp_path: Path) -> None:
    """Where PyAV knows devices and this machine has none, opening each of them fails."""
    hardware._device.cache_clear()
    path = film(tmp_path / "film.mp4")
    asked, plain = watch(path, Limits(), hardware=True), watch(path, Limits())
    assert asked.times.tolist() == plain.times.tolist()
    assert np.abs(asked.frames.astype(int) - plain.frames).max() <= hardware.MOST_LEVELS


def test_a_file_that_has_no_plan_says_nothing_about_the_device(tmp_path: Path, a_device: None) -> None:
    parts = [film(tmp_path / f"{n}.ts", seconds=2) for n in range(2)]
    joined = tmp_path / "joined.ts"  # its clock begins anew
    joined.write_bytes(b"".join(part.read_bytes() for part in parts))
    assert len(watch(joined, Limits(), hardware=True).frames) == 4
    assert hardware._trusted == {}


@pytest.mark.parametrize(("levels", "used"), [(0, True), (1, True), (2, False)])
def test_a_device_is_used_when_it_decodes_within_a_level(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, a_device: None, levels: int, used: bool
) -> None:
    path = film(tmp_path / "film.mp4")
    in_software = hardware._samples

    def samples(path: Path, limits: Limits, device: HWAccel | None) -> Samples:
        frames, times = in_software(path, limits, None)
        if device is not None:
            frames[0, 0, 0, 0] ^= levels
        return frames, times

    monkeypatch.setattr(hardware, "_samples", samples)
    for _ in range(2):
        assert (hardware.accelerator(path, Limits()) is not None) is used


def test_a_device_that_fails_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, a_device: None
) -> None:
    path = film(tmp_path / "film.mp4")
    in_software = hardware._samples

    def samples(path: Path, limits: Limits, device: HWAccel | None) -> Samples:
        if device is not None:
            raise NoPlanError
        return in_software(path, limits, None)

    monkeypatch.setattr(hardware, "_samples", samples)
    assert hardware.accelerator(path, Limits()) is None
