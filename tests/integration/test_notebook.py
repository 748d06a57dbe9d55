"""The notebook in examples/ runs from its first cell to its last, and shows what it says."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from seed_table import seed

from api_site import environment
from coldreel.media.demo import DemoShort
from coldreel.store.embedded.server import stop

NOTEBOOK = Path(__file__).parents[2] / "examples" / "shorts_recommendation.ipynb"
RUN_S = 180.0


@pytest.fixture(scope="module")
def shown(demo_clips: list[DemoShort], tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What each cell shows."""
    folder = tmp_path_factory.mktemp("walk")
    env = environment(
        SEED_TABLE=str(seed()),
        WALK_FOLDER=str(folder),
        SHORTS=str(demo_clips[0].path.parent),
        COLDREEL_WORKERS="1",  # models are loaded once
    )
    runner = Path(__file__).with_name("run_notebook.py")
    command: list[str | Path] = [sys.executable, "-W", "error", runner, NOTEBOOK]
    try:
        ended = subprocess.run(
            command, env=env, cwd=folder, capture_output=True, text=True, timeout=RUN_S, check=False
        )
    finally:
        for catalogue in ("table", "reel"):
            stop(folder / catalogue)
    assert ended.returncode == 0, ended.stderr
    _, *cells = ended.stdout.split("--- ")
    return {name: rest for name, _, rest in (cell.partition("\n") for cell in cells)}


def test_the_notebook_shows_the_published_table_and_what_words_find(shown: dict[str, str]) -> None:
    everything = "".join(shown.values())
    assert "Imported(added=50, known=0, passed_over=())" in everything
    for figure in ("1.000000", "0.637745", "0.616769", "0.578450", "0.573209"):
        assert figure in everything
    (words,) = (text for text in shown.values() if "xqzvw" in text)
    assert "[Serene River Flowing Through a Mountain Gorge]" in words
    assert "[아재의 취미로구 안내]" in words
    assert words.split("xqzvw")[1].strip() == "[]"


def test_the_notebook_watches_videos_and_learns(shown: dict[str, str]) -> None:
    everything = "".join(shown.values())
    assert "ready=4" in everything
    assert "Receipt(accepted=1, duplicates=0, refused=(), clamped=0)" in everything
    pages = [set(re.findall(r"\b[0-9a-f]{12}\b", text)) for text in shown.values() if "reason" in text]
    assert [len(page) for page in pages] == [2, 2]
    assert pages[0].isdisjoint(pages[1])


def test_the_notebook_is_kept_without_outputs_and_names_no_machine() -> None:
    text = NOTEBOOK.read_text(encoding="utf-8")
    notebook = json.loads(text)
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    ids = [cell["id"] for cell in notebook["cells"]]
    assert len(set(ids)) == len(ids)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            assert (cell["outputs"], cell["execution_count"]) == ([], None)
    assert not any(place in text for place in ("/home", "/root", "/work", "/Users", "C:\\"))
