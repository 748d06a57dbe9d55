"""Re-uploads form groups, of which the original alone is recommended."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from coldreel import Coldreel
from coldreel.media.demo import DemoShort
from coldreel.media.envelopes import RATE
from coldreel.media.likeness import Fingerprint


@pytest.fixture
def reel(database_url: str, tmp_path: Path) -> Iterator[Coldreel]:
    with Coldreel(tmp_path / "data", database_url=database_url, workers=2) as reel:
        yield reel


def altered(film: Path, copy: Path) -> Path:
    """The same film mirrored, smaller, brighter and coded anew."""
    with av.open(str(film)) as given, av.open(str(copy), "w") as output:
        picture = given.streams.video[0]
        stream = output.add_stream("libx264", rate=picture.average_rate, options={"crf": "32"})
        stream.width, stream.height, stream.pix_fmt = (
            picture.width // 4 * 2,
            picture.height // 4 * 2,
            "yuv420p",
        )
        for number, frame in enumerate(given.decode(picture)):
            rgb = frame.reformat(stream.width, stream.height, "rgb24").to_ndarray()[:, ::-1]
            bright = np.clip(rgb * 1.05 + 10, 0, 255).astype(np.uint8)
            new = av.VideoFrame.from_ndarray(np.ascontiguousarray(bright), format="rgb24").reformat(
                format="yuv420p"
            )
            new.pts, new.time_base = number, 1 / Fraction(picture.average_rate or 1)
            output.mux(stream.encode(new))
        output.mux(stream.encode(None))
    return copy


@pytest.fixture(scope="module")
def films(demo_clips: list[DemoShort], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two films and an altered copy of the first."""
    folder = tmp_path_factory.mktemp("films")
    for short, name in zip(demo_clips, ("original.mp4", "other.mp4"), strict=False):
        shutil.copy(short.path, folder / name)
    altered(folder / "original.mp4", folder / "copy.mp4")
    return folder


@pytest.fixture
def three(reel: Coldreel, films: Path, tmp_path: Path) -> Path:
    folder = Path(shutil.copytree(films, tmp_path / "films"))
    assert reel.ingest(folder).ready == 3
    return folder


def originals(reel: Coldreel) -> dict[str, str | None]:
    """Per file, the file of the item that it is a duplicate of."""
    items = {item.ref: item for item in reel.store.items.newest(100)}
    return {
        item.file: items[item.duplicate_of].file if item.duplicate_of else None for item in items.values()
    }


def test_copies_that_arrive_at_the_same_time_form_a_group(reel: Coldreel, three: Path) -> None:
    found = originals(reel)
    assert found["other.mp4"] is None
    assert {found["copy.mp4"], found["original.mp4"]} in ({None, "original.mp4"}, {None, "copy.mp4"})


@pytest.mark.parametrize("order", [("original.mp4", "copy.mp4"), ("copy.mp4", "original.mp4")])
def test_the_first_is_the_original(reel: Coldreel, films: Path, order: tuple[str, str]) -> None:
    for name in order:
        reel.ingest(films / name)
    assert originals(reel) == {order[0]: None, order[1]: order[0]}


def test_the_original_alone_is_recommended(reel: Coldreel, films: Path) -> None:
    for name in ("original.mp4", "copy.mp4", "other.mp4"):
        reel.ingest(films / name)
    page = reel.feed("ann", n=10)
    assert sorted(row.file for row in page.items) == ["original.mp4", "other.mp4"]
    assert [row.file for row in reel.similar("other.mp4")] == ["other.mp4", "original.mp4"]
    about_copy = reel.similar("copy.mp4")
    assert [row.file for row in about_copy[:2]] == ["copy.mp4", "original.mp4"]
    assert about_copy[0].cosine_similarity == 1.0
    title = reel.item("copy.mp4").title.split()
    assert "copy.mp4" not in [row.file for row in reel.search(title[0], k=50)]


def test_what_is_heard_is_part_of_a_fingerprint(reel: Coldreel, films: Path) -> None:
    reel.ingest(films / "original.mp4")
    (content,) = reel.store.database.values(b"select content from fingerprints")
    kept = Fingerprint.from_bytes(content)
    duration_s = reel.item("original.mp4").duration_s
    assert duration_s is not None
    assert len(kept.sound) == pytest.approx(RATE * duration_s, abs=RATE / 2)


@pytest.mark.parametrize("how", ["deleted", "vanished"])
def test_when_the_original_goes_the_copy_stands_in(
    reel: Coldreel, films: Path, tmp_path: Path, how: str
) -> None:
    folder = tmp_path / "films"
    folder.mkdir()
    for name in ("original.mp4", "copy.mp4"):
        shutil.copy(films / name, folder)
        reel.ingest(folder)
    assert originals(reel)["copy.mp4"] == "original.mp4"
    if how == "deleted":
        reel.delete(reel.item("original.mp4").ref)
    else:
        (folder / "original.mp4").rename(tmp_path / "original.mp4")
        reel.enlist(folder)
    assert originals(reel) == {"copy.mp4": None}
    assert [row.file for row in reel.feed("ann", n=10).items] == ["copy.mp4"]
    if how == "vanished":  # and when it is back, the copy goes on standing for both
        (tmp_path / "original.mp4").rename(folder / "original.mp4")
        reel.ingest(folder)
        assert originals(reel) == {"copy.mp4": None, "original.mp4": "copy.mp4"}
