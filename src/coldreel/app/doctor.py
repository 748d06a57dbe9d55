"""What this machine has, and what is missing."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass

from coldreel.errors import ColdreelError
from coldreel.settings import Settings
from coldreel.store.embedded.server import status
from coldreel.store.migrator import pending
from coldreel.understand.choice import Rooms, known
from coldreel.understand.speech import Recogniser

_LOW_SPACE = 1 << 30


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `ok` is False where something has to be done; `text` says what."""

    what: str
    ok: bool
    text: str


def examine(settings: Settings) -> list[Finding]:
    """Look at the machine without starting anything."""
    return [_data_folder(settings), _database(settings), *_providers(settings), _decoder()]


def _data_folder(settings: Settings) -> Finding:
    folder = settings.data_dir.resolve()
    # Not Path.exists, which raises an error where a folder above may not be looked into.
    there = next(path for path in (folder, *folder.parents) if os.path.exists(path))  # noqa: PTH110
    free = shutil.disk_usage(there).free
    text = f"{folder}, {free / 1e9:.1f} GB free"
    if not (there.is_dir() and os.access(there, os.W_OK | os.X_OK)):
        return Finding("data folder", False, f"{text}: {there} cannot be written; choose another --data-dir")
    return Finding("data folder", free > _LOW_SPACE, text if free > _LOW_SPACE else f"{text}: make room")


def _database(settings: Settings) -> Finding:
    try:
        if settings.database_url:
            version, missing = pending(settings.database_url)
            state = "; its tables are made with the first command" if missing else ""
            return Finding("database", True, f"PostgreSQL {version} at COLDREEL_DATABASE_URL{state}")
        found = status(settings.data_dir)
        state = f"running as process {found.pid}" if found.running else "starts when it is needed"
        return Finding("database", True, f"embedded PostgreSQL {found.version}, {state}; log: {found.log}")
    except ColdreelError as error:
        return Finding("database", False, error.message)


def _providers(settings: Settings) -> list[Finding]:
    rooms, findings = Rooms(settings), []
    for name in known():
        lacking = rooms.lacks(name)
        # One that is not set up is no fault of the machine: only the chosen one must be ready.
        findings.append(
            Finding(f"provider {name}", True, "ready" if lacking is None else f"not set up: {lacking}")
        )
    lacking = Recogniser.lacks(settings)
    half = lacking is not None and settings.speech_model is not None
    findings.append(
        Finding("speech in words", not half, "ready" if lacking is None else f"not set up: {lacking}")
    )
    try:
        findings.append(Finding("for a new catalogue", True, rooms.choose().why))
    except ColdreelError as error:
        findings.append(Finding("for a new catalogue", False, error.message))
    return findings


def _decoder() -> Finding:
    import av

    return Finding("decoder", True, f"PyAV {av.__version__} with FFmpeg {av.ffmpeg_version_info}")
