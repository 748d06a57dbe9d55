"""Models are loaded once in a process, and what goes wrong in one is said in a sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar, cast

import torch
from transformers.utils import logging as transformers_logging

from coldreel.errors import ProviderError

T = TypeVar("T")

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"

transformers_logging.disable_progress_bar()  # they would be drawn over coldreel's own

_QUOTED = 300
"""Characters of its message that are passed on."""

_loaded: dict[tuple[Any, Path], object] = {}
_one_at_a_time = Lock()


def once(make: Callable[[Path, str], T], folder: Path, name: str) -> T:
    """What `make` makes of a folder, or made of it before."""
    with _one_at_a_time:
        if (make, folder) not in _loaded:
            _loaded[make, folder] = make(folder, name)
        return cast("T", _loaded[make, folder])


@contextmanager
def loading(name: str, setting: str) -> Iterator[None]:
    """Raises ProviderError for a model that cannot be loaded. The code of a model may raise anything."""
    try:
        yield
    except torch.OutOfMemoryError as error:
        raise ProviderError(
            f"The model {name} does not fit into the memory of the GPU; take a smaller"
        ) from error
    except Exception as error:
        raise ProviderError(
            f"The model {name} cannot be loaded: {_first(error)}. Check that {setting} is a model for this, "
            "and that its files are whole"
        ) from error


@contextmanager
def working(name: str) -> Iterator[None]:
    """Raises ProviderError for a video or text that a model cannot work on."""
    try:
        yield
    except torch.OutOfMemoryError as error:
        raise ProviderError(
            f"The memory of the GPU is too small for the model {name} and so many pictures; set "
            "COLDREEL_PICTURES lower, or take a smaller model"
        ) from error
    except Exception as error:
        raise ProviderError(
            f"The model {name} failed: {_first(error)}. It may take fewer pictures: COLDREEL_PICTURES"
        ) from error


def _first(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[0] if lines else type(error).__name__)[:_QUOTED].rstrip(".")
