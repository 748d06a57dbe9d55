"""The provider `tiny` with its real models: footage of all kinds, and real clips."""

from __future__ import annotations

import json
import shutil
import socket
from collections.abc import Callable, Iterator
from functools import cache
from importlib import util
from importlib.machinery import ModuleSpec
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from typer.testing import CliRunner

from coldreel.cli import models as commands
from coldreel.errors import ProviderError
from coldreel.media.children import ChildPool
from coldreel.media.limits import Limits
from coldreel.media.watch import watch
from coldreel.model import Footage, MediaFacts, Understanding
from coldreel.settings import Settings
from coldreel.understand.metering import Unmetered
from coldreel.understand.tiny import Tiny
from coldreel.understand.tiny.directions import directions
from coldreel.understand.tiny.models import FILES, PICTURES, SOUNDS, absent
from public_data import ABSENT, DATA

RATE = 16_000
MODELS = DATA / "models"

needs_models = pytest.mark.skipif(bool(absent(MODELS)), reason=f"the models are not in {MODELS}")
needs_clips = pytest.mark.skipif(not (DATA / "clips").is_dir(), reason=ABSENT)


def opened(folder: Path = MODELS) -> Tiny:
    return Tiny.open(Settings(models_dir=folder), Unmetered())


def understand_in_child(path: Path) -> Understanding:
    return opened().understand(watch(path, Limits()))


def footage(
    frames: NDArray[np.uint8], sound: NDArray[np.float32] | None = None, share: float | None = None
) -> Footage:
    """Frames one second apart."""
    n, height, width = frames.shape[:3]
    facts = MediaFacts(float(n), width, height, 25.0, "mp4", "h264", "yuv420p", None)
    return Footage(facts, frames, np.arange(n, dtype=np.float64), sound, b"", speech_share=share)


def noise(n: int, height: int = 120, width: int = 200) -> NDArray[np.uint8]:
    return np.random.default_rng(1).integers(0, 256, (n, height, width, 3)).astype(np.uint8)


def tone(seconds: float) -> NDArray[np.float32]:
    return (0.3 * np.sin(880 * np.pi * np.arange(int(seconds * RATE)) / RATE)).astype(np.float32)


ODD = {
    "ordinary": footage(noise(3), tone(3)),
    "no sound track": footage(noise(3)),
    "a silent track": footage(noise(3), np.zeros(3 * RATE, np.float32)),
    "an empty track": footage(noise(3), np.zeros(0, np.float32)),
    "a click of sound": footage(noise(3), tone(0.01)),
    "a short sound": footage(noise(3), tone(0.3)),
    "black": footage(np.zeros((3, 320, 180, 3), np.uint8)),
    "one frame": footage(noise(1)),
    "tiny": footage(noise(2, 2, 2)),
    "a strip": footage(noise(2, 2, 768)),
    "long": footage(np.repeat(noise(2, 24, 32), 100, axis=0), tone(200)),
}
WITH_SOUND = {"ordinary", "a short sound", "long"}


@needs_models
@pytest.mark.parametrize("kind", ODD)
def test_any_footage_is_described_and_measured(kind: str) -> None:
    understanding = opened().understand(ODD[kind])
    described = understanding.description
    assert described.title
    assert described.description.endswith(".")
    assert described.provider == "tiny"
    json.dumps(dict(described.evidence), allow_nan=False)
    assert described.evidence["frames"] <= 12
    assert described.evidence.get("stretches", 0) <= 120
    sizes = {block.name: block.dimensions for block in Tiny.space.blocks}
    expected = {"tiny.look", "tiny.sound"} if kind in WITH_SOUND else {"tiny.look"}
    assert set(understanding.blocks) == expected
    for name, values in understanding.blocks.items():
        assert values.dtype == np.float32
        assert values.shape == (sizes[name],)
        assert float(np.linalg.norm(values)) == pytest.approx(1, abs=1e-5)


@needs_models
def test_the_same_footage_gives_the_same_answer_and_stays_as_it_is() -> None:
    shown = ODD["ordinary"]
    before = shown.frames.copy()
    once, again = (opened().understand(shown) for _ in range(2))
    assert once.description == again.description
    for name, values in once.blocks.items():
        np.testing.assert_array_equal(values, again.blocks[name])
    np.testing.assert_array_equal(shown.frames, before)


@needs_models
def test_where_nothing_is_recognised_only_what_is_measured_is_said() -> None:
    described = opened().understand(ODD["black"]).description
    assert described.tags == ()
    assert described.genres == ()
    assert described.title == "Dark portrait video, mostly black, silent"
    assert "recognised" not in described.description


@needs_models
def test_writing_on_the_screen_is_read_and_is_the_title() -> None:
    frames = np.full((2, 360, 640, 3), 30, np.uint8)
    for frame in frames:
        cv2.putText(frame, "Hidden gems", (40, 200), cv2.FONT_HERSHEY_SIMPLEX, 1.6, (255, 255, 255), 3)
    described = opened().understand(footage(frames)).description
    assert described.title.casefold() == "hidden gems"
    assert described.on_screen_text.casefold() == "hidden gems"


@needs_models
def test_the_measured_share_of_speech_is_handed_on() -> None:
    shown = footage(noise(2), tone(2), share=0.25)
    assert opened().understand(shown).description.speech_share == 0.25


WOLF, TRAIN = "animals/0123_wolf.mp4", "vehicles/0451_2.mp4"
DRUMS, OTHER_DRUMS = "music/0461_video_02542.mp4", "music/0460_video_02480.mp4"
# Words and genres of clips that everybody would name alike.
SHOWN = {
    WOLF: ({"wolf", "animal"}, {"Animals"}),
    TRAIN: ({"train", "vehicle"}, {"Vehicles"}),
    DRUMS: ({"drums", "musical instrument", "music"}, {"Music"}),
    "sports/0127_man-skiing.mp4": ({"skiing", "sport", "music"}, {"Sports"}),
}


@pytest.fixture(scope="module")
def understood() -> Iterator[Callable[[str], Understanding]]:
    """What is understood of a clip, each once, in a child with bounded memory."""
    with ChildPool(slots=1) as pool:
        yield cache(lambda clip: pool.run(understand_in_child, DATA / "clips" / clip, seconds=60))


@needs_models
@needs_clips
@pytest.mark.parametrize("clip", SHOWN)
def test_real_clips_get_the_right_words(clip: str, understood: Callable[[str], Understanding]) -> None:
    words, genres = SHOWN[clip]
    described = understood(clip).description
    assert words <= set(described.tags)
    assert set(described.genres) == genres


@needs_models
@needs_clips
def test_drums_look_more_like_other_drums_than_like_a_train(
    understood: Callable[[str], Understanding],
) -> None:
    drums, other, train = (understood(name).blocks["tiny.look"] for name in (DRUMS, OTHER_DRUMS, TRAIN))
    assert float(drums @ other) > float(drums @ train) + 0.2


@needs_models
def test_models_that_are_there_are_not_brought_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLDREEL_MODELS_DIR", str(MODELS))
    monkeypatch.setattr(socket.socket, "connect", None)  # a call would be an error
    assert CliRunner().invoke(commands.app, ["pull"]).exit_code == 0
    listed = json.loads(CliRunner().invoke(commands.app, ["list", "--json"]).stdout)
    assert [(row["file"], row["there"], row["provider"]) for row in listed] == [
        (file.name, True, "tiny") for file in FILES
    ]


@needs_models
def test_without_files_it_lacks_the_command_that_brings_them(tmp_path: Path) -> None:
    lacking = Tiny.lacks(Settings(models_dir=tmp_path))
    assert lacking == f"`coldreel models pull` brings its models (8.2 MB) to {tmp_path}"
    with pytest.raises(ProviderError, match="not ready: `coldreel models pull`"):
        opened(tmp_path)
    for file in FILES:
        shutil.copyfile(MODELS / file.name, tmp_path / file.name)
    assert Tiny.lacks(Settings(models_dir=tmp_path)) is None


def test_without_the_package_it_lacks_the_extra(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    find = util.find_spec

    def without(name: str, package: str | None = None) -> ModuleSpec | None:
        return None if name == "ai_edge_litert" else find(name, package)

    monkeypatch.setattr("coldreel.understand.tiny.provider.find_spec", without)
    lacking = Tiny.lacks(Settings(models_dir=tmp_path))
    assert lacking is not None
    assert "pip install 'coldreel[tiny]'" in lacking


@needs_models
@pytest.mark.parametrize("spoilt", [PICTURES, SOUNDS])
def test_a_spoilt_file_is_told_as_such(tmp_path: Path, spoilt: object) -> None:
    for file in FILES:
        if file is spoilt:
            (tmp_path / file.name).write_bytes(bytes(file.size))
        else:
            shutil.copyfile(MODELS / file.name, tmp_path / file.name)
    with pytest.raises(ProviderError, match=r"not the model that coldreel knows.*coldreel models pull"):
        opened(tmp_path).understand(ODD["ordinary"])


def test_the_projection_keeps_what_tells_classes_apart() -> None:
    generator = np.random.default_rng(3)
    plane = np.linalg.qr(generator.normal(size=(40, 4)))[0].astype(np.float32)
    weights = (
        generator.normal(size=(100, 4)).astype(np.float32) @ plane.T + 5
    )  # what all share is no difference
    columns = directions(weights, 4)
    np.testing.assert_allclose(columns.T @ columns, np.eye(4), atol=1e-5)
    np.testing.assert_allclose(columns @ (columns.T @ plane), plane, atol=1e-3)
    np.testing.assert_array_equal(columns, directions(weights, 4))
