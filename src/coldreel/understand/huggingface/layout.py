"""What an embedding model gives, read from the small files beside its weights.

Only so that a process that never embeds does not have to load it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Layout:
    """dimensions: of its vectors; sees: whether it takes pictures too"""

    dimensions: int
    sees: bool


def layout(folder: Path) -> Layout | None:
    """None where the files do not say it in a way that is known here: the model itself then has to."""
    try:
        modules = json.loads((folder / "modules.json").read_bytes())
        config = _config(folder)
        taken = _config(folder, "sentence_bert_config.json").get("modality_config", {})
        sizes = [_size(folder / module["path"], module["type"].rpartition(".")[2]) for module in modules[1:]]
    except (OSError, ValueError, KeyError):
        return None
    known = [size for size in sizes if size is not None]
    return Layout(known[-1], "vision_config" in config or "image" in taken) if known else None


def _size(folder: Path, kind: str) -> int | None:
    """Of the vectors after a module; None for one that keeps it. Raises KeyError for one not known here."""
    if kind == "Normalize":
        return None
    config = _config(folder)
    if kind == "Dense":
        return int(config["out_features"])
    if kind != "Pooling":
        raise KeyError(kind)
    modes = [name for name, on in config.items() if name.startswith("pooling_mode_") and on is True]
    if isinstance(config.get("pooling_mode"), str) or len(modes) == 1:
        return int(config.get("embedding_dimension") or config["word_embedding_dimension"])
    raise KeyError("several modes")


def _config(folder: Path, name: str = "config.json") -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / name).read_bytes())
    return found
