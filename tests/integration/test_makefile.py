"""The Makefile's promises, on machines that lack something."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOOLS = ("bash", "dirname", "env", "grep", "make", "sh")


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """The only folder on the PATH of the machine: a few tools, and the user is nobody in particular."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in TOOLS:
        found = shutil.which(name)
        assert found, name
        (folder / name).symlink_to(found)
    _program(folder / "id", "echo 1000")
    return folder


def _program(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def _run(tools: Path, *command: str | Path, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=ROOT,
        env={"PATH": str(tools), "HOME": str(tools)} | env,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


# --- chromium ----------------------------------------


def test_without_a_browser_its_tests_are_skipped_with_the_command_to_run(tools: Path) -> None:
    ended = _run(tools, "make", "chromium")
    assert ended.returncode == 0
    assert "sudo apt install chromium" in ended.stderr
    assert "skipped" in ended.stderr


def test_without_a_browser_the_checks_before_a_change_fail(tools: Path) -> None:
    _program(tools / "timeout", 'shift 2; exec "$@"')
    ended = _run(tools, ROOT / ".ci" / "run")
    assert ended.returncode != 0
    assert "sudo apt install chromium" in ended.stderr
    assert "skipped" not in ended.stderr
    assert "pytest" not in ended.stdout


@pytest.mark.parametrize("name", ["chromium", "chromium-browser"])
def test_a_browser_of_either_name_will_do(tools: Path, name: str) -> None:
    _program(tools / name, "")
    ended = _run(tools, "make", "chromium", CI="true")
    assert (ended.returncode, ended.stderr) == (0, "")


# --- versions ----------------------------------------


def test_the_build_is_pinned_too(tools: Path, tmp_path: Path) -> None:
    """The build runs apart from what is installed; pip itself decides what the pins mean."""
    pins = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text().splitlines())
    assert {"pip", "hatchling", "editables", "trove-classifiers"} <= pins.keys()
    assert all(re.fullmatch(r"[\w.]+", version) for version in pins.values())
    said = _run(tools, "make", "--dry-run", f"VENV={tmp_path}", "install", "check").stdout
    pip, *installs = [line for line in said.splitlines() if " -m pip " in line]
    assert pip.endswith("--constraint constraints.txt pip")
    for line in installs:
        assert " --constraint constraints.txt " in line
        assert " --build-constraint constraints.txt " in line or line == pip
