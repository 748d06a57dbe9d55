"""A hub's cache as it is after a download."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest


def downloaded(monkeypatch: pytest.MonkeyPatch, cache: Path, name: str, model: Path) -> None:
    """From now on the model of that name was downloaded: its files are those of the folder `model`."""
    repository = cache / f"models--{name.replace('/', '--')}"
    shutil.copytree(model, repository / "snapshots" / ("0" * 40))
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("0" * 40)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(cache))
