"""The provider `huggingface`, with models of a few kilobytes that are really loaded and really run."""

from __future__ import annotations

import io
import json
import shutil
import socket
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from coldreel.errors import BadAnswerError, ProviderError
from coldreel.model import Material, MediaFacts, Picture, Spoken, Transcript
from coldreel.settings import Settings
from coldreel.understand.choice import Rooms
from coldreel.understand.hashing import Hashing
from coldreel.understand.huggingface import HuggingFace
from coldreel.understand.huggingface.layout import Layout, layout
from coldreel.understand.huggingface.text import HuggingFaceText
from coldreel.understand.metering import Unmetered
from coldreel.understand.spaces import TEXT
from hub_cache import downloaded
from tiny_models import PICTURES_ONLY, picture_embedder, text_embedder, writer

FACTS = MediaFacts(3.0, 64, 48, 25.0, "mp4", "h264", "yuv420p", "aac")
ANSWER = {"title": "A dog", "tags": ["dog"], "genres": ["Pets"], "description": "A dog runs."}
BETTER = {**ANSWER, "title": "A dog, once more"}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("models")
    good, better = json.dumps(ANSWER), json.dumps(BETTER)
    return {
        "good": writer(root / "good", good, better),
        "second try": writer(root / "second", "It shows a dog.", better),
        "bad": writer(root / "bad", "It shows a dog.", "It is a dog."),
        "random": writer(root / "random", template=PICTURES_ONLY),
        "no template": writer(root / "bare", template=""),
        "texts": text_embedder(root / "texts"),
        "pictures": picture_embedder(root / "pictures"),
    }


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("nothing is asked over a network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def opened(model: Path | None = None, embedding: Path | None = None) -> HuggingFace:
    return HuggingFace.open(settings(model, embedding), Unmetered())


def settings(model: Path | str | None = None, embedding: Path | str | None = None) -> Settings:
    return Settings.load(
        huggingface_model=None if model is None else str(model),
        huggingface_embedding_model=None if embedding is None else str(embedding),
    )


def picture(second: float, colour: tuple[int, int, int] = (200, 30, 30)) -> Picture:
    file = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(file, "JPEG")
    return Picture(second, file.getvalue())


def material(*pictures: Picture, **more: Any) -> Material:
    return Material(b"\1" * 32, FACTS, pictures, **more)


MATERIAL = material(picture(0.0), picture(2.0, (30, 30, 200)))


# --- words ----------------------------------------


def test_a_model_from_a_folder_describes(folders: dict[str, Path]) -> None:
    understanding = opened(folders["good"]).understand(MATERIAL)
    described = understanding.description
    assert (described.title, described.tags, described.genres) == ("A dog", ("dog",), ("Pets",))
    assert described.description == "A dog runs."
    assert (described.provider, described.model) == ("huggingface", "good")
    assert described.evidence == {"pictures_at_s": [0.0, 2.0], "transcript": False}
    assert understanding.blocks == {}


def test_a_bad_answer_gets_one_more_try(folders: dict[str, Path]) -> None:
    assert opened(folders["second try"]).understand(MATERIAL).description.title == "A dog, once more"


def test_two_bad_answers_are_an_error(folders: dict[str, Path]) -> None:
    with pytest.raises(BadAnswerError, match="not as asked"):
        opened(folders["bad"]).understand(MATERIAL)


def test_a_model_of_random_weights_writes_something_else_for_other_pictures(folders: dict[str, Path]) -> None:
    from coldreel.understand.huggingface.describing import Describer, question

    describer = Describer(folders["random"], "random")
    asked = [[question(material(picture(0.0, colour)))] for colour in ((255, 0, 0), (0, 255, 0))]
    once, other, again = (describer.answer(each, most_tokens=8) for each in [*asked, asked[0]])
    assert once == again
    assert once != other


def test_the_question_holds_the_pictures_their_seconds_and_what_was_said() -> None:
    from coldreel.understand.huggingface.describing import question

    spoken = Transcript("en", 0.9, (Spoken(0.5, 1.5, "Here, boy!"),), "whisper")
    first, *others = question(material(*MATERIAL.pictures, transcript=spoken))["content"]
    assert "0.5 to 1.5 s: Here, boy!" in first["text"]
    assert [part.get("text") for part in others] == ["at 0 s", None, "at 2 s", None]
    assert all(part["image"].size == (64, 48) for part in others[1::2])


def test_a_model_is_loaded_once(folders: dict[str, Path]) -> None:
    from coldreel.understand.huggingface.describing import Describer
    from coldreel.understand.huggingface.loading import once

    assert once(Describer, folders["good"], "a") is once(Describer, folders["good"], "a")


def test_without_pictures_nothing_is_asked(folders: dict[str, Path]) -> None:
    with pytest.raises(ProviderError, match="no picture"):
        opened(folders["good"]).understand(material())


# --- vectors ----------------------------------------


def test_words_are_hashed_without_an_embedding_model(folders: dict[str, Path]) -> None:
    provider = opened(folders["good"])
    assert provider.text == Hashing(768)
    assert [block.name for block in provider.space.blocks] == [TEXT]


def test_an_embedding_model_of_texts_places_words_only(folders: dict[str, Path]) -> None:
    provider = opened(folders["good"], folders["texts"])
    assert [(block.name, block.dimensions) for block in provider.space.blocks] == [(TEXT, 32)]
    assert provider.understand(MATERIAL).blocks == {}
    rows = provider.text.embed(["a dog", " … ", "a cat"])
    assert rows.dtype == np.float32
    assert np.linalg.norm(rows, axis=1) == pytest.approx([1, 0, 1], abs=1e-5)
    np.testing.assert_allclose(rows, provider.text.embed(["a dog", "", "a cat"]), atol=1e-5)
    assert provider.text.embed([]).shape == (0, 32)


def test_an_embedding_model_of_pictures_places_the_look_too(folders: dict[str, Path]) -> None:
    provider = opened(folders["good"], folders["pictures"])
    assert [block.name for block in provider.space.blocks] == [TEXT, "huggingface.look"]
    red, blue, both = (
        provider.understand(material(*shown)).blocks["huggingface.look"]
        for shown in (MATERIAL.pictures[:1], MATERIAL.pictures[1:], MATERIAL.pictures)
    )
    assert both.dtype == np.float32
    assert both.shape == (24,)
    assert float(np.linalg.norm(both)) == pytest.approx(1, abs=1e-5)
    assert min(both @ red, both @ blue) > red @ blue


def test_an_embedding_model_alone_describes_nothing(folders: dict[str, Path]) -> None:
    understanding = opened(embedding=folders["pictures"]).understand(MATERIAL)
    described = understanding.description
    assert (described.title, described.description, described.tags) == ("", "", ())
    assert described.model == "pictures"
    assert set(understanding.blocks) == {"huggingface.look"}


def test_a_text_that_names_a_picture_is_a_text(folders: dict[str, Path], tmp_path: Path) -> None:
    """A query must not make the library open a file of this machine, or an address."""
    path = tmp_path / "secret.png"
    Image.new("RGB", (32, 32), (255, 0, 0)).save(path)
    text = opened(embedding=folders["pictures"]).text
    row = text.embed([str(path)])
    path.unlink()
    np.testing.assert_array_equal(row, text.embed([str(path)]))
    assert text.embed(["http://127.0.0.1:9/x.png", "data:image/png;base64,AAAA"]).any(axis=1).all()


def test_models_with_long_vectors_fit_into_a_space(tmp_path: Path) -> None:
    placing = HuggingFaceText(picture_embedder(tmp_path, 510), "p")
    assert placing.dimensions == 500
    assert placing.name.endswith("510-to-500")
    assert placing.look(MATERIAL.pictures).shape == (500,)
    assert placing.embed(["a dog"]).shape == (1, 500)


@pytest.mark.parametrize(
    ("pooling", "dense", "expected"),
    [
        ({"word_embedding_dimension": 384, "pooling_mode_mean_tokens": True}, None, Layout(384, False)),
        ({"embedding_dimension": 2048, "pooling_mode": "lasttoken"}, None, Layout(2048, False)),
        ({"embedding_dimension": 768, "pooling_mode": "mean"}, {"out_features": 256}, Layout(256, False)),
        ({"word_embedding_dimension": 8, "pooling_mode_a": True, "pooling_mode_b": True}, None, None),
    ],
)
def test_layouts_of_models_as_they_are_published(
    tmp_path: Path, pooling: dict[str, Any], dense: dict[str, Any] | None, expected: Layout | None
) -> None:
    parts = {"": ("Transformer", {}), "1_Pooling": ("Pooling", pooling), "2_Normalize": ("Normalize", {})}
    if dense is not None:
        parts["2_Dense"] = ("Dense", dense)
    for path, (_, config) in parts.items():
        (tmp_path / path).mkdir(exist_ok=True)
        (tmp_path / path / "config.json").write_text(json.dumps(config))
    modules = [
        {"path": path, "type": f"sentence_transformers.models.{kind}"} for path, (kind, _) in parts.items()
    ]
    (tmp_path / "modules.json").write_text(json.dumps(modules))
    (tmp_path / "sentence_bert_config.json").write_text('{"max_seq_length": 256}')
    assert layout(tmp_path) == expected
    if expected is not None:
        assert HuggingFaceText(tmp_path, "m").dimensions == min(expected.dimensions, 1000)


def test_the_name_is_that_of_the_weights_not_of_the_place(folders: dict[str, Path], tmp_path: Path) -> None:
    copied, changed = tmp_path / "whole", tmp_path / "changed" / "whole"
    for folder in (copied, changed):
        shutil.copytree(folders["texts"], folder)
    weights = changed / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x7f")
    names = [HuggingFaceText(folder, str(folder)).name for folder in (folders["texts"], copied, changed)]
    assert names[0] == names[1] != names[2]


def test_the_files_say_what_the_model_gives(folders: dict[str, Path]) -> None:
    assert layout(folders["texts"]) == Layout(32, False)
    assert layout(folders["pictures"]) is None
    assert HuggingFaceText(folders["pictures"], "p").layout == Layout(24, True)


# --- whether it can be used ----------------------------------------


def test_nothing_set_is_said() -> None:
    assert "COLDREEL_HUGGINGFACE_MODEL" in (HuggingFace.lacks(Settings.load()) or "")


@pytest.mark.parametrize("package", ["torch", "transformers", "sentence_transformers"])
def test_a_missing_package_names_the_command(
    monkeypatch: pytest.MonkeyPatch, folders: dict[str, Path], package: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    assert 'pip install "coldreel[huggingface]"' in (HuggingFace.lacks(settings(folders["good"])) or "")


@pytest.mark.parametrize("name", ["Qwen/Qwen3-VL-2B-Instruct", "/not/there", "not a name"])
def test_a_model_that_is_not_there_names_the_command(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(ProviderError, match=f"hf download {name}.*COLDREEL_HUGGINGFACE_MODEL"):
        opened(Path(name))


def test_a_model_that_was_downloaded_is_found_by_its_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, folders: dict[str, Path]
) -> None:
    downloaded(monkeypatch, tmp_path, "acme/tiny", folders["good"])
    provider = HuggingFace.open(settings("acme/tiny"), Unmetered())
    described = provider.understand(MATERIAL).description
    assert (described.title, described.model) == ("A dog", "acme/tiny")


def test_a_model_without_all_of_its_weights_is_not_there(tmp_path: Path, folders: dict[str, Path]) -> None:
    folder = tmp_path / "half"
    shutil.copytree(folders["good"], folder)
    index = {"weight_map": {"a": "model.safetensors", "b": "model-2.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    assert "hf download" in (HuggingFace.lacks(settings(folder)) or "")


def test_an_embedding_model_of_texts_alone_looks_at_nothing(folders: dict[str, Path]) -> None:
    with pytest.raises(ProviderError, match=r"takes only texts.*HUGGINGFACE_MODEL too"):
        opened(embedding=folders["texts"])


@pytest.mark.parametrize(
    ("kind", "message"), [("texts", "cannot be loaded"), ("no template", "no chat template")]
)
def test_a_model_of_another_kind_is_refused(folders: dict[str, Path], kind: str, message: str) -> None:
    with pytest.raises(ProviderError, match=f"{message}.*COLDREEL_HUGGINGFACE_MODEL"):
        opened(folders[kind]).understand(MATERIAL)


def test_broken_weights_are_said(tmp_path: Path, folders: dict[str, Path]) -> None:
    folder = tmp_path / "broken"
    shutil.copytree(folders["good"], folder)
    (folder / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(ProviderError, match="cannot be loaded"):
        opened(folder).understand(MATERIAL)


def test_it_is_chosen_by_itself_and_places_what_was_described(
    monkeypatch: pytest.MonkeyPatch, folders: dict[str, Path]
) -> None:
    monkeypatch.delenv("GEMINI_API_KEY", raising=False)
    chosen = Rooms(settings(folders["good"], folders["pictures"])).choose()
    assert isinstance(chosen.provider, HuggingFace)
    understanding = chosen.provider.understand(MATERIAL)
    vector = chosen.place(understanding.blocks, understanding.description)
    assert vector.shape == (48,)
    assert float(np.linalg.norm(vector)) == pytest.approx(1, abs=1e-5)
    assert set(chosen.space.blocks_of(vector)) == {TEXT, "huggingface.look"}
