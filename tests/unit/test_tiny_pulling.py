"""Model files are brought from a real server on this machine: whole, in pieces, wrong, and by two at once."""

from __future__ import annotations

import hashlib
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
from typer.testing import CliRunner

from coldreel.cli import models as commands
from coldreel.errors import DiskFullError, ProviderError
from coldreel.understand.pulling import Pinned, pull
from coldreel.understand.tiny.models import FILES, absent

CONTENT = bytes(range(256)) * 4096
"""1 MiB."""
FULL_DISK = Path("/dev/full")


class Server:
    """Serves CONTENT under every name. `cut`: bytes after which the connection breaks."""

    def __init__(self) -> None:
        self.content, self.status, self.cut, self.knows_ranges = CONTENT, 200, len(CONTENT), True
        self.asked: list[str | None] = []
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = Thread(target=self._http.serve_forever, args=(0.01,))
        self._thread.start()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}/"

    def close(self) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                wanted = self.headers["Range"]
                server.asked.append(wanted)
                if server.status != 200:
                    self.send_error(server.status)
                    return
                start = int(wanted[len("bytes=") : -1]) if wanted and server.knows_ranges else 0
                self.send_response(206 if start else 200)
                self.send_header("Content-Length", str(len(server.content) - start))
                self.end_headers()
                self.wfile.write(server.content[start : start + server.cut])

            def log_message(self, *_: Any) -> None: ...

        return Handler


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.close()


@pytest.fixture
def pinned(server: Server) -> Pinned:
    return Pinned("model.tflite", server.base, len(CONTENT), hashlib.sha256(CONTENT).hexdigest())


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_brought_whole_and_nothing_else_stays(
    pinned: Pinned, server: Server, tmp_path: Path
) -> None:
    shown: list[int] = []
    target = pull(pinned, tmp_path / "new" / "folder", shown.append)
    assert target.read_bytes() == CONTENT
    assert names(target.parent) == ["model.tflite"]
    assert shown == sorted(shown)
    assert shown[-1] == len(CONTENT)
    assert pinned.is_in(target.parent)


def test_what_is_there_is_not_brought_again(pinned: Pinned, server: Server, tmp_path: Path) -> None:
    pull(pinned, tmp_path)
    pull(pinned, tmp_path)
    assert len(server.asked) == 1


def test_a_file_of_the_right_size_but_with_other_bytes_is_brought_anew(
    pinned: Pinned, tmp_path: Path
) -> None:
    (tmp_path / "model.tflite").write_bytes(bytes(len(CONTENT)))
    assert pull(pinned, tmp_path).read_bytes() == CONTENT


def test_a_try_that_was_cut_off_is_gone_on_with(pinned: Pinned, server: Server, tmp_path: Path) -> None:
    server.cut = 300_000
    with pytest.raises(ProviderError, match=r"broke off after 300,000 of 1,048,576 bytes.*goes on"):
        pull(pinned, tmp_path)
    assert not pinned.is_in(tmp_path)
    server.cut = len(CONTENT)
    assert pull(pinned, tmp_path).read_bytes() == CONTENT
    assert server.asked == [None, "bytes=300000-"]
    assert names(tmp_path) == ["model.tflite"]


def test_a_server_that_knows_no_ranges_is_asked_from_the_start(
    pinned: Pinned, server: Server, tmp_path: Path
) -> None:
    server.cut = 300_000
    with pytest.raises(ProviderError, match="broke off"):
        pull(pinned, tmp_path)
    server.cut, server.knows_ranges = len(CONTENT), False
    assert pull(pinned, tmp_path).read_bytes() == CONTENT


@pytest.mark.parametrize("content", [bytes(len(CONTENT)), b"more" + CONTENT])
def test_another_file_is_refused_and_removed(
    pinned: Pinned, server: Server, tmp_path: Path, content: bytes
) -> None:
    server.content = content
    server.cut = len(content)
    with pytest.raises(
        ProviderError, match=r"not the file that coldreel knows.*removed.*COLDREEL_MODELS_DIR"
    ):
        pull(pinned, tmp_path)
    assert names(tmp_path) == []


def test_an_answer_of_not_found_says_so(pinned: Pinned, server: Server, tmp_path: Path) -> None:
    server.status = 404
    with pytest.raises(ProviderError, match=r"answered 404.*by hand.*COLDREEL_MODELS_DIR"):
        pull(pinned, tmp_path)
    assert names(tmp_path) == []


def test_without_a_network_it_says_how_to_do_it_by_hand(pinned: Pinned, tmp_path: Path) -> None:
    with socket.socket() as taken:  # bound, and not listening: nobody answers there
        taken.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{taken.getsockname()[1]}/"
        with pytest.raises(ProviderError, match=r"cannot be reached.*by hand.*COLDREEL_MODELS_DIR"):
            pull(pinned, tmp_path, base=nobody)


def test_two_pulls_at_once_bring_it_once(pinned: Pinned, server: Server, tmp_path: Path) -> None:
    start = Barrier(2)

    def one(_: int) -> bytes:
        start.wait()
        return pull(pinned, tmp_path).read_bytes()

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(one, range(2))) == [CONTENT, CONTENT]
    assert len(server.asked) == 1
    assert names(tmp_path) == ["model.tflite"]


@pytest.mark.skipif(not FULL_DISK.exists(), reason="this system has no /dev/full")
def test_a_full_disk_is_told_as_such(pinned: Pinned, tmp_path: Path) -> None:
    (tmp_path / ".model.tflite.part").symlink_to(FULL_DISK)
    with pytest.raises(DiskFullError, match="is full; make room"):
        pull(pinned, tmp_path)


def test_a_folder_that_cannot_be_written_is_told_as_such(pinned: Pinned, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ProviderError, match=r"cannot be written.*COLDREEL_MODELS_DIR"):
        pull(pinned, tmp_path / "file" / "models")


def test_the_list_says_what_is_missing_and_what_brings_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLDREEL_MODELS_DIR", str(tmp_path))
    first, second = FILES
    with (tmp_path / first.name).open("wb") as file:
        file.truncate(first.size)
    assert absent(tmp_path) == (second,)
    listed = CliRunner().invoke(commands.app, ["list"])
    assert listed.exit_code == 0
    rows = [line.split() for line in listed.stdout.splitlines()]
    assert [first.name, str(first.size), "yes", "tiny"] in rows
    assert [second.name, str(second.size), "no", "tiny"] in rows
    assert "coldreel models pull" in listed.stderr


def test_pinned_files_come_encrypted_and_at_one_commit() -> None:
    for file in FILES:
        assert file.base.startswith("https://")
        assert file.base.endswith("/")
        assert any(len(part) == 40 for part in file.base.split("/"))
        assert len(file.sha256) == 64
