"""Where a faster-whisper model lies on this machine. Nothing here asks a hub for anything."""

from __future__ import annotations

from pathlib import Path

from coldreel.understand import on_disk

_FILES = ("model.bin", "tokenizer.json")
"""Without the second, faster-whisper would fetch one from a hub."""


def located(name: str) -> Path | None:
    """The folder of a model, by its folder or its name; None where it is not there, or not whole."""
    return on_disk.located(name, _cached, _whole)


def how_to_get(name: str) -> str:
    """What to do about a model that is not there; coldreel downloads nothing unasked."""
    command = f"hf download {name}"
    if "/" not in name:  # a size, which only faster-whisper knows the full name of
        command = f"python -c \"import faster_whisper; faster_whisper.download_model('{name}')\""
    return (
        f"the model {name} is not on this machine: `{command}`, or set COLDREEL_SPEECH_MODEL to the folder "
        "of a converted one"
    )


def _cached(name: str) -> Path | None:
    from faster_whisper import download_model
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        return Path(download_model(name, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError, ValueError):  # not there, or no name at all
        return None


def _whole(folder: Path) -> bool:
    return all((folder / file).is_file() for file in _FILES)
