"""What a person may point coldreel at, and which files that lists."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import fsspec
import pytest

from coldreel.errors import SourceError
from coldreel.ingest.listing import parse
from coldreel.ingest.local import FileSource, FolderSource, GlobSource
from coldreel.ingest.remote import RemoteSource

MP4 = b"\0\0\0\x18ftypisom" + bytes(100)
TEXT = b"just words\n"


def put(folder: Path, **files: bytes) -> Path:
    """Files by name; two underscores in a name stand for a dot, one for a slash."""
    for name, content in files.items():
        path = folder / name.replace("__", ".").replace("_", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def names(text: str | Path, below: Path) -> list[str]:
    return [str(Path(listing.uri).relative_to(below)) for listing in parse(str(text)).listings()]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return put(tmp_path.resolve(), a__mp4=MP4, sub_b__MOV=MP4, sub_deep_c__webm=MP4)


@pytest.mark.parametrize(
    ("pattern", "listed"),
    [
        ("", ["a.mp4", "sub/b.MOV", "sub/deep/c.webm"]),
        ("sub", ["sub/b.MOV", "sub/deep/c.webm"]),
        ("sub/", ["sub/b.MOV", "sub/deep/c.webm"]),
        ("sub/../a.mp4", ["a.mp4"]),
        ("a.mp4", ["a.mp4"]),
        ("*.mp4", ["a.mp4"]),
        ("*/*", ["sub/b.MOV"]),
        ("**/*", ["a.mp4", "sub/b.MOV", "sub/deep/c.webm"]),
        ("**/**/*.webm", ["sub/deep/c.webm"]),
        ("sub/?.[mM]*", ["sub/b.MOV"]),
        ("nothing/*.mp4", []),
    ],
)
def test_files_folders_and_globs(folder: Path, pattern: str, listed: list[str]) -> None:
    assert names(folder / pattern if pattern else folder, folder) == listed


@pytest.mark.parametrize(
    ("name", "content", "listed"),
    [
        ("video.mp4", MP4, True),
        ("VIDEO.MKV", MP4, True),
        ("sound.mp3", b"ID3", True),
        ("words.mp4", TEXT, True),
        ("empty.mp4", b"", True),
        ("no suffix", MP4, True),
        ("video.download", MP4, True),
        ("words.txt", TEXT, False),
        ("picture.png", b"\x89PNG\r\n\x1a\n", False),
        (".hidden.mp4", MP4, False),
        (".hidden/video.mp4", MP4, False),
        ("ünï 日本 'quoted' %41.mp4", MP4, True),
        ("line\nbreak.mp4", MP4, True),
        ("[brackets]*.mp4", MP4, True),
    ],
)
def test_a_folder_lists_what_promises_a_video(
    tmp_path: Path, name: str, content: bytes, listed: bool
) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_bytes(content)
    assert names(tmp_path, tmp_path.resolve()) == ([name] if listed else [])


def test_a_single_file_is_taken_whatever_its_name(tmp_path: Path) -> None:
    put(tmp_path, notes__txt=TEXT)
    assert names(tmp_path / "notes.txt", tmp_path.resolve()) == ["notes.txt"]


def test_pipes_dangling_links_and_names_that_are_no_text_are_passed_over(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    put(tmp_path, a__mp4=MP4)
    os.mkfifo(tmp_path / "pipe.mp4")
    (tmp_path / "link.mp4").symlink_to(tmp_path / "gone.mp4")
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.mp4")).write_bytes(MP4)
    with caplog.at_level(logging.WARNING):
        assert names(tmp_path, tmp_path.resolve()) == ["a.mp4"]
    assert "not UTF-8" in caplog.text


def test_a_file_that_cannot_be_looked_into_is_named_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    # Nobody, not even root, can read its beginning; its name promises nothing.
    (tmp_path / "bad disk").symlink_to("/proc/self/mem")
    with caplog.at_level(logging.WARNING):
        assert names(tmp_path, tmp_path) == names(tmp_path, tmp_path) == []
    assert caplog.text.count(f"{tmp_path}/bad disk is passed over: it cannot be read") == 1


def test_a_file_has_one_address_however_it_is_reached(folder: Path) -> None:
    (folder.parent / "link").symlink_to(folder)
    ways = [folder, folder / "*.mp4", folder / "a.mp4", folder / "sub/../a.mp4", f"file://{folder}/a.mp4"]
    ways += [folder.parent / "link", folder.parent / "link/a.mp4", folder.parent / "link/*.mp4"]
    assert {next(parse(str(way)).listings()).uri for way in ways} == {str(folder / "a.mp4")}


@pytest.mark.parametrize("text", ["nowhere", "/nowhere/at/all.mp4", "~nobody-has-this-name/x.mp4", "x" * 300])
def test_what_is_not_there_is_told(text: str) -> None:
    with pytest.raises(SourceError, match="check the path"):
        parse(text)


def test_a_folder_that_vanished_is_an_error_and_not_an_empty_one(tmp_path: Path) -> None:
    source = FolderSource(tmp_path / "usb stick")
    with pytest.raises(SourceError, match="nothing was changed"):
        list(source.listings())


@pytest.mark.parametrize("change", ["longer", "later"])
def test_the_version_changes_with_the_file(folder: Path, change: str) -> None:
    path, source = folder / "a.mp4", FileSource(folder / "a.mp4")
    (before,), (same,) = source.listings(), source.listings()
    if change == "longer":
        path.write_bytes(MP4 + b"\0")
    else:
        os.utime(path, ns=(0, path.stat().st_mtime_ns + 1))
    (after,) = source.listings()
    assert before == same
    assert (after.uri, after.version != before.version) == (before.uri, True)


# --- what has vanished ----------------------------------------


@pytest.mark.parametrize(
    ("source", "uri", "lost"),
    [
        (FolderSource, "gone.mp4", True),
        (FolderSource, "sub/gone.mp4", True),
        (FolderSource, "gone folder/x.mp4", True),
        (FolderSource, "a.mp4/impossible.mp4", True),
        (FolderSource, "a.mp4", False),
        (FolderSource, ".hidden.mp4", False),
        (FolderSource, "words.txt", False),
        (GlobSource, "sub/b.MOV", False),
        (FileSource, "gone.mp4", False),
    ],
)
def test_only_what_is_truly_gone_has_vanished(folder: Path, source: type, uri: str, lost: bool) -> None:
    """A file that was taken in by its own name is still there when its folder does not list it."""
    put(folder, words__txt=TEXT)
    (folder / ".hidden.mp4").write_bytes(MP4)
    sources = (FolderSource(folder), GlobSource(f"{folder}/*.mp4"), FileSource(folder / "a.mp4"))
    (pointed_at,) = (each for each in sources if isinstance(each, source))
    assert pointed_at.has_lost(str(folder / uri)) is lost


@pytest.mark.skipif(os.geteuid() == 0, reason="root can look into every folder")
def test_what_is_out_of_reach_has_not_vanished(folder: Path) -> None:
    (folder / "sub").chmod(0)
    assert not FolderSource(folder).has_lost(str(folder / "sub/b.MOV"))
    (folder / "sub").chmod(0o700)


# --- other file systems ----------------------------------------


@pytest.fixture
def bucket():
    memory = fsspec.filesystem("memory")
    for name in ("clips/a.mp4", "clips/sub/b.webm", "clips/notes.txt", "clips2/c.mp4"):
        memory.pipe(f"/{name}", MP4)
    yield memory
    memory.store.clear()


@pytest.mark.parametrize(
    ("url", "listed"),
    [
        ("memory://clips", ["clips/a.mp4", "clips/sub/b.webm"]),
        ("memory://clips/", ["clips/a.mp4", "clips/sub/b.webm"]),
        ("memory://clips/*.mp4", ["clips/a.mp4"]),
        ("memory://**/*.mp4", ["clips/a.mp4", "clips2/c.mp4"]),
        ("memory://clips/notes.txt", ["clips/notes.txt"]),
        ("memory://nothing", []),
    ],
)
def test_remote_folders_files_and_globs(bucket, url: str, listed: list[str]) -> None:
    source = parse(url)
    found = [listing.uri for listing in source.listings()]
    assert found == [f"memory:///{name}" for name in listed]
    assert all(uri.startswith(source.prefix) and source.has_lost(uri) for uri in found)


@pytest.mark.parametrize(
    ("url", "uri", "lost"),
    [
        ("memory://clips", "memory:///clips/gone.mp4", True),
        ("memory://clips", "memory:///clips2/c.mp4", False),
        ("memory://clips/a.mp4", "memory:///clips/a.mp4.bak", False),
        ("memory://clips/*.mp4", "memory:///clips/gone.mp4", True),
        ("memory://clips/*.mp4", "memory:///clips/sub/gone.mp4", False),
        ("memory://clips/*.mp4", "memory:///clips/gone.webm", False),
        ("memory://clips/**/*.mp4", "memory:///clips/sub/deep/gone.mp4", True),
    ],
)
def test_a_remote_source_misses_only_what_it_would_list(url: str, uri: str, lost: bool) -> None:
    assert RemoteSource(url).has_lost(uri) is lost


def test_a_remote_file_that_was_replaced_has_another_version(bucket) -> None:
    (before,) = parse("memory://clips/a.mp4").listings()
    bucket.pipe("/clips/a.mp4", MP4[::-1])
    (after,) = parse("memory://clips/a.mp4").listings()
    assert (after.uri, after.version != before.version) == (before.uri, True)


def test_a_file_of_which_the_listing_says_nothing_is_asked_for(bucket, monkeypatch) -> None:
    monkeypatch.setattr(type(bucket), "find", lambda _, path, **__: {path: {}})  # as for one file by HTTP
    (listing,) = parse("memory://clips/a.mp4").listings()
    assert listing.uri == "memory:///clips/a.mp4"
    assert listing.version.startswith(f"{len(MP4)}-")


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("s3://bucket/x", r"s3fs.*pip install 'coldreel\[remote\]'"),
        ("nonsense://x", "nonsense"),
        ("zip://a.zip", "listed"),
    ],
)
def test_an_address_that_cannot_be_listed_is_told(url: str, told: str) -> None:
    with pytest.raises(SourceError, match=told):
        list(parse(url).listings())
