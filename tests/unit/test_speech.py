"""What is said, with a recogniser of a few megabytes that is really loaded and really run."""

from __future__ import annotations

import shutil
import socket
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from coldreel.errors import ProviderError
from coldreel.media.limits import Limits
from coldreel.media.watch import watch
from coldreel.model import SOUND_RATE
from coldreel.settings import Settings
from coldreel.understand.speech import Recogniser
from hub_cache import downloaded
from public_data import ABSENT, DATA
from tiny_whisper import whisper

Sound = NDArray[np.float32]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("whisper")
    return {
        "sure": whisper(root / "sure", ("good", "boy")),
        "javanese": whisper(root / "javanese", ("apik",), language="jw"),
        "nobody speaks": whisper(root / "nobody", ("good", "boy"), nothing=True),
        "repeats itself": whisper(root / "repeats", ("la" * 60,)),
        "guesses": whisper(root / "guesses", ("good", "boy"), certain=False),
    }


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("nothing is asked over a network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.fixture(scope="module")
def speech() -> Sound:
    """Of a real clip, in which somebody talks almost all the time; its first four seconds."""
    if not DATA.is_dir():
        pytest.skip(ABSENT)
    return _sound("0323_3.mp4")[: 4 * SOUND_RATE]


def _sound(name: str) -> Sound:
    (path,) = (DATA / "clips").glob(f"*/{name}")
    sound = watch(path, Limits()).sound
    assert sound is not None
    return sound


def recogniser(model: Path | str) -> Recogniser:
    return Recogniser.open(Settings.load(speech_model=str(model)))


def test_what_is_said_is_written_down_with_its_times(folders: dict[str, Path], speech: Sound) -> None:
    heard = recogniser(folders["sure"]).transcribe(speech)
    assert heard is not None
    assert (heard.language, heard.text) == ("en", "good boy")
    assert heard.certainty == pytest.approx(1, abs=1e-3)
    assert heard.model == "sure"
    (spoken,) = heard.spoken
    assert 0 <= spoken.start < spoken.end <= len(speech) / SOUND_RATE
    assert heard == recogniser(folders["sure"]).transcribe(speech)


def test_times_are_those_of_the_whole_sound(folders: dict[str, Path], speech: Sound) -> None:
    heard = recogniser(folders["sure"]).transcribe(
        np.concatenate([np.zeros(5 * SOUND_RATE, np.float32), speech])
    )
    assert heard is not None
    assert heard.spoken[0].start > 4


def test_a_language_has_its_iso_code(folders: dict[str, Path], speech: Sound) -> None:
    heard = recogniser(folders["javanese"]).transcribe(speech)
    assert heard is not None
    assert heard.language == "jv"


@pytest.mark.parametrize("kind", ["nobody speaks", "repeats itself", "guesses"])
def test_what_the_model_is_not_sure_of_is_left_out(
    folders: dict[str, Path], speech: Sound, kind: str
) -> None:
    assert recogniser(folders[kind]).transcribe(speech) is None


def test_other_sounds_are_not_even_shown_to_the_model(folders: dict[str, Path]) -> None:
    if not DATA.is_dir():
        pytest.skip(ABSENT)
    assert recogniser(folders["sure"]).transcribe(_sound("0454_drum.mp4")) is None


@pytest.mark.parametrize(
    "sound",
    [
        np.zeros(0, np.float32),
        np.zeros(SOUND_RATE, np.float32),
        np.full(100, 0.5, np.float32),
        np.random.default_rng(1).normal(0, 0.1, 2 * SOUND_RATE).astype(np.float32),
    ],
    ids=["nothing", "silence", "a click", "noise"],
)
def test_nothing_is_said_in(folders: dict[str, Path], sound: Sound) -> None:
    assert recogniser(folders["sure"]).transcribe(sound) is None


# --- whether it can be used ----------------------------------------


def test_no_model_is_said() -> None:
    assert "COLDREEL_SPEECH_MODEL" in (Recogniser.lacks(Settings.load()) or "")
    with pytest.raises(ProviderError, match="COLDREEL_SPEECH_MODEL"):
        Recogniser.open(Settings.load())


def test_a_missing_package_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "faster_whisper", None)
    assert 'pip install "coldreel[speech]"' in (Recogniser.lacks(Settings.load(speech_model="tiny")) or "")


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("large-v3-turbo", r"faster_whisper.download_model\('large-v3-turbo'\)"),
        ("acme/whisper", "hf download acme/whisper"),
        ("/not/there", "set COLDREEL_SPEECH_MODEL to the folder"),
        ("huge", "not on this machine"),
    ],
)
def test_a_model_that_is_not_there_names_the_command(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, command: str
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(ProviderError, match=command):
        recogniser(name)


def test_a_model_that_was_downloaded_is_found_by_its_size(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, folders: dict[str, Path]
) -> None:
    downloaded(monkeypatch, tmp_path, "Systran/faster-whisper-tiny", folders["sure"])
    assert Recogniser.lacks(Settings.load(speech_model="tiny")) is None


def test_a_model_without_its_tokens_is_not_there(tmp_path: Path, folders: dict[str, Path]) -> None:
    """faster-whisper would fetch others from a hub."""
    shutil.copytree(folders["sure"], tmp_path / "half")
    (tmp_path / "half" / "tokenizer.json").unlink()
    assert "not on this machine" in (
        Recogniser.lacks(Settings.load(speech_model=str(tmp_path / "half"))) or ""
    )


def test_a_broken_model_is_said(tmp_path: Path, folders: dict[str, Path], speech: Sound) -> None:
    shutil.copytree(folders["sure"], tmp_path / "broken")
    (tmp_path / "broken" / "model.bin").write_bytes(b"no weights")
    with pytest.raises(ProviderError, match=r"failed: .*COLDREEL_SPEECH_MODEL"):
        recogniser(tmp_path / "broken").transcribe(speech)
