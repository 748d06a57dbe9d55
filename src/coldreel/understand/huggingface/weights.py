"""Where a model lies on this machine. Nothing here asks a hub for anything."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from coldreel.errors import ProviderError
from coldreel.understand import on_disk

_ENDINGS = ("*.safetensors", "*.bin")
"""Of files that hold weights, the better first."""
_EDGE = 1 << 16
"""Bytes at the end of each of them that go into a fingerprint."""


def located(name: str) -> Path | None:
    """The folder of a model, by its folder or its name; None where it is not there, or not whole."""
    return on_disk.located(name, _cached, _whole)


def folder_of(name: str, setting: str) -> Path:
    """The same. Raises ProviderError where it is not there."""
    folder = located(name)
    if folder is None:
        raise ProviderError(how_to_get(name, setting))
    return folder


def how_to_get(name: str, setting: str) -> str:
    """What to do about a model that is not there; coldreel downloads nothing unasked."""
    return f"the model {name} is not on this machine: `hf download {name}`, or set {setting} to its folder"


def called(name: str) -> str:
    """The name to show: a folder's own, not the way to it."""
    folder = Path(name).expanduser()
    return folder.resolve().name if folder.is_dir() else name


def fingerprint(folder: Path) -> str:
    """Eight hexadecimal digits that change with the model: with its small files, and the ends of the large.

    Only of the folder itself: what else is downloaded beside it changes nothing.
    """
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.json")):
        digest.update(path.name.encode() + path.read_bytes())
    for path in _weights(folder):
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - _EDGE))
            digest.update(f"{path.name} {size}".encode() + file.read())
    return digest.hexdigest()[:8]


def _cached(name: str) -> Path | None:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(name, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError):  # a path that is not there is no name either
        return None


def _whole(folder: Path) -> bool:
    """Whether it holds weights, and every part of those that come in parts."""
    wanted = {
        folder / part
        for index in folder.glob("*.safetensors.index.json")
        for part in json.loads(index.read_bytes())["weight_map"].values()
    }
    return all(path.is_file() for path in wanted) and any(path.is_file() for path in _weights(folder))


def _weights(folder: Path) -> list[Path]:
    """Of the best ending that there is; older models keep them one folder deeper."""
    found = (sorted(folder.glob(depth + ending)) for ending in _ENDINGS for depth in ("", "*/"))
    return next(filter(None, found), [])
