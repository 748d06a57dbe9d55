"""Every broken, odd or unusual file ends with footage or with a reason, in bounded time and memory."""

import csv
import shutil
from pathlib import Path

import media_jobs as jobs
import pytest

from coldreel import Coldreel
from coldreel.media.children import ChildPool
from public_data import ABSENT, DATA

FOLDER = DATA / "odd-files"
MANIFEST = FOLDER / "manifest.csv"
SECONDS = 30
MOST_MB = 400
"""Of memory in use. The largest pictures here have 1920 x 1080 pixels."""

pytestmark = pytest.mark.skipif(not MANIFEST.exists(), reason=ABSENT)


def rows() -> list[dict[str, str]]:
    if not MANIFEST.exists():
        return []
    with MANIFEST.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def pool():
    with ChildPool(slots=1) as pool:
        yield pool


@pytest.mark.parametrize("row", rows(), ids=lambda row: row["file"])
def test_it_ends_with_footage_or_a_reason(pool, row):
    is_footage, what, most_mb = pool.run(jobs.watch_outcome, FOLDER / row["file"], seconds=SECONDS)
    if row["vcodec"] == "gif":
        assert (is_footage, what) == (False, "not_a_video")
    elif row["outcome"] == "no video stream":
        assert what in {"no_picture", "not_a_video"}
    elif row["duration"] and float(row["duration"]) > 600:
        assert (is_footage, what) == (False, "too_long")
    elif row["outcome"].startswith("decodes"):
        assert is_footage, what
    else:
        assert what in {"corrupt", "empty", "not_a_video", "unsupported"}
    assert most_mb < MOST_MB


def test_taken_in_together_they_end_ready_or_rejected(database_url, tmp_path):
    videos = tmp_path / "videos"
    videos.mkdir()
    expected = {}
    for number, row in enumerate(rows()):
        # A name like a video's: what the file is must be seen in its bytes.
        name = f"{number:03} {row['file']}.mp4"
        shutil.copy(FOLDER / row["file"], videos / name)
        too_long = bool(row["duration"]) and float(row["duration"]) > 600
        decodes = row["outcome"].startswith("decodes") and row["vcodec"] != "gif" and not too_long
        expected[name] = "ready" if decodes else "rejected"
    with Coldreel(tmp_path / "data", database_url=database_url, workers=2) as reel:
        reel.ingest(videos)
        ended = {Path(failure.uri).name: (failure.state, failure.reason) for failure in reel.failures()}
    assert {name: str(ended[name][0]) if name in ended else "ready" for name in expected} == expected
    assert all(reason for _, reason in ended.values())
