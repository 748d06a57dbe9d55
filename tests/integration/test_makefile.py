"""The Makefile's promises, on machines that lack something."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOOLS = ("bash", "dirname", "env", "expand", "grep", "make", "rm", "sed", "sh", "touch")


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


@pytest.fixture
def python(tools: Path) -> Path:
    """A Python on that machine, with all that belongs to it."""
    path = tools / "python3"
    _program(path, f'exec "{sys._base_executable}" "$@"')  # type: ignore[attr-defined]
    return path


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


# --- a fresh machine ----------------------------------------


def test_make_alone_names_what_can_be_made(tools: Path) -> None:
    said = _run(tools, "make").stdout
    named = re.findall(r"^  make (\w+)  +\S", said, re.MULTILINE)
    assert {"demo", "up", "install", "test", "check", "clean"} <= set(named)


@pytest.mark.parametrize(
    ("target", "last"),
    [
        ("demo", "bin/coldreel demo"),
        ("up", 'bin/coldreel up "/my shorts"'),
        ("install", "bin/coldreel --help"),
        ("test", "bin/python -m pytest"),
        ("check", "bin/mypy"),
        ("format", "bin/ruff format"),
    ],
)
def test_every_target_works_as_the_first_command(tools: Path, tmp_path: Path, target: str, last: str) -> None:
    fresh = tmp_path / "fresh"
    ended = _run(tools, "make", "--dry-run", f"VENV={fresh}", "VIDEOS=/my shorts", target)
    assert ended.returncode == 0, ended.stderr
    steps = [f"python3 -m venv {fresh}", " install --quiet ", f"{fresh}/{last}"]
    places = [ended.stdout.index(step) for step in steps]
    assert places == sorted(places)


def test_up_asks_for_the_videos_before_it_does_anything(tools: Path, tmp_path: Path) -> None:
    ended = _run(tools, "make", f"VENV={tmp_path / 'fresh'}", "up")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "make up VIDEOS=" in ended.stderr
    assert not (tmp_path / "fresh").exists()


def test_an_environment_is_made_by_whoever_has_python(tools: Path, python: Path, tmp_path: Path) -> None:
    fresh = tmp_path / "fresh"
    ended = _run(tools, "make", f"VENV={fresh}", f"{fresh}/.made")
    assert ended.returncode == 0, ended.stderr
    assert _run(tools, fresh / "bin" / "python", "-m", "pip", "--version").returncode == 0


def test_where_environments_cannot_be_made_the_package_is_named(
    tools: Path, python: Path, tmp_path: Path
) -> None:
    """Debian's Python comes without ensurepip."""
    _program(python, f'case "$*" in *ensurepip*) exit 1;; esac\n{python.read_text().splitlines()[1]}')
    ended = _run(tools, "make", f"VENV={tmp_path / 'fresh'}", "demo")
    assert ended.returncode == 2
    assert "apt install python3-venv" in ended.stderr
    assert f"python{sys.version_info.major}.{sys.version_info.minor}-venv" in ended.stderr
    assert not (tmp_path / "fresh").exists()


def test_an_old_python_is_refused_by_its_version(tools: Path, tmp_path: Path) -> None:
    _program(tools / "python3", 'case "$1" in -V) echo Python 3.9.2;; *) exit 1;; esac')
    ended = _run(tools, "make", f"VENV={tmp_path / 'fresh'}", "install")
    assert ended.returncode == 2
    assert "coldreel needs Python 3.11 or newer; python3 is Python 3.9.2" in ended.stderr
    assert "make PYTHON=" in ended.stderr


def test_without_python_it_says_so(tools: Path, tmp_path: Path) -> None:
    ended = _run(tools, "make", f"VENV={tmp_path / 'fresh'}", "demo")
    assert ended.returncode == 2
    assert "There is no python3" in ended.stderr


# --- chromium and ffmpeg ----------------------------------------


@pytest.mark.parametrize("name", ["chromium", "ffmpeg"])
def test_what_tests_lack_is_said_with_the_command_to_run_and_they_are_skipped(tools: Path, name: str) -> None:
    ended = _run(tools, "make", name)
    assert ended.returncode == 0
    assert f"sudo apt install {name}" in ended.stderr
    assert "skipped" in ended.stderr


@pytest.mark.parametrize(("there", "lacking"), [("ffmpeg", "chromium"), ("chromium", "ffmpeg")])
def test_without_one_of_them_the_checks_before_a_change_fail(tools: Path, there: str, lacking: str) -> None:
    _program(tools / there, "")
    _program(tools / "timeout", 'shift 2; exec "$@"')
    ended = _run(tools, ROOT / ".ci" / "run")
    assert ended.returncode != 0
    assert f"sudo apt install {lacking}" in ended.stderr
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
