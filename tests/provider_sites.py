"""Where each provider can be used in a test: its models, or a stand-in for its server, and the settings."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from coldreel.settings import Settings
from public_data import ABSENT, DATA

Site = Callable[[Path], AbstractContextManager[Settings]]


@contextmanager
def _signals(_: Path) -> Iterator[Settings]:
    yield Settings.load(provider="signals")


@contextmanager
def _tiny(_: Path) -> Iterator[Settings]:
    models = DATA / "models"
    if not models.is_dir():
        pytest.skip(ABSENT)
    yield Settings.load(provider="tiny", models_dir=models)


@contextmanager
def _gemini(_: Path) -> Iterator[Settings]:
    from gemini_stand_in import KEY, GeminiStandIn

    with GeminiStandIn() as gemini:
        yield Settings.load(provider="gemini", gemini_api_key=KEY, gemini_base_url=gemini.url)


@contextmanager
def _openai(_: Path) -> Iterator[Settings]:
    from openai_stand_in import StandIn, serving

    with serving(StandIn()) as server:
        yield Settings.load(
            provider="openai",
            openai_base_url=server.url,
            openai_model="stand-in",
            openai_embedding_model="stand-in-text",
            openai_embedding_dimensions=server.dimensions,
        )


@contextmanager
def _huggingface(folder: Path) -> Iterator[Settings]:
    from tiny_models import picture_embedder, writer

    answer = json.dumps({"title": "A dog", "tags": ["dog"], "genres": ["Pets"], "description": "A dog runs."})
    yield Settings.load(
        provider="huggingface",
        huggingface_model=str(writer(folder / "writer", answer, answer)),
        huggingface_embedding_model=str(picture_embedder(folder / "embedder")),
    )


SITES: dict[str, Site] = {
    "gemini": _gemini,
    "huggingface": _huggingface,
    "openai": _openai,
    "signals": _signals,
    "tiny": _tiny,
}
