"""Right after install it works without any network: nothing even tries to reach beyond this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from api_site import coldreel, environment, running
from coldreel.media.demo import DemoShort
from coldreel.store.embedded.server import stop

# Python runs this at its start, in the command and in every process that it starts.
_GUARD = """
import ipaddress, os, socket

def _refuse(what):
    with open(os.environ["TRIED"], "a") as tried:
        tried.write(f"{what}\\n")
    raise OSError(101, f"no network in this test: {what}")

def _is_here(host):
    try:
        return host in ("", None, "localhost") or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

def _guarded(name):
    original = getattr(socket.socket, name)
    def call(self, *arguments):
        address = arguments[-1]
        if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_here(address[0]):
            _refuse(f"{name} {address}")
        return original(self, *arguments)
    setattr(socket.socket, name, call)

for name in ("connect", "connect_ex", "sendto"):
    _guarded(name)
_getaddrinfo = socket.getaddrinfo
def getaddrinfo(host, *arguments, **more):
    return _getaddrinfo(host, *arguments, **more) if _is_here(host) else _refuse(f"getaddrinfo {host}")
socket.getaddrinfo = getaddrinfo
"""


@pytest.fixture
def guarded(tmp_path: Path) -> dict[str, str]:
    """An environment whose Python processes reach this machine alone and write down what else they try."""
    (tmp_path / "guard").mkdir()
    (tmp_path / "guard" / "sitecustomize.py").write_text(_GUARD)
    (tmp_path / "tried").touch()
    before = os.environ.get("PYTHONPATH")
    path = os.pathsep.join([str(tmp_path / "guard"), *([before] if before else [])])
    return environment(PYTHONPATH=path, TRIED=str(tmp_path / "tried"))


def test_the_guard_refuses_what_is_not_on_this_machine(guarded: dict[str, str], tmp_path: Path) -> None:
    for attempt in ("getaddrinfo('example.com', 80)", "socket().connect(('192.0.2.1', 80))"):
        program = f"import socket; socket.{attempt}"
        ended = subprocess.run(
            [sys.executable, "-c", program],
            env=guarded,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert ended.returncode != 0
        assert "no network in this test" in ended.stderr
    assert len((tmp_path / "tried").read_text().splitlines()) == 2


def test_nothing_needs_the_network(
    guarded: dict[str, str], tmp_path: Path, demo_clips: list[DemoShort]
) -> None:
    data = tmp_path / "data"
    try:
        clips = [short.path for short in demo_clips[:2]]
        taken = coldreel("ingest", *clips, "--data-dir", data, "--json", env=guarded)
        assert taken.returncode == 0, taken.stderr
        found = coldreel("search", "aquarium", "waves", "fish", "--data-dir", data, "--json", env=guarded)
        assert ".mp4" in found.stdout, found.stderr
        with running(tmp_path / "serve", "serve", "--port", "0", "--data-dir", data, env=guarded) as server:
            feed = httpx.get(f"{server.address()}/api/feed").json()
            assert len(feed["items"]) == 2
            assert httpx.get(server.address() + feed["items"][0]["video"]).status_code == 200
    finally:
        stop(data)
    assert (tmp_path / "tried").read_text() == ""


def _can_leave_the_network() -> bool:
    unshare = shutil.which("unshare")
    return (
        unshare is not None
        and subprocess.run([unshare, "-n", "true"], capture_output=True, check=False).returncode == 0
    )


@pytest.mark.skipif(not _can_leave_the_network(), reason="only root may unshare the network (unshare -n)")
def test_a_machine_without_any_network_takes_videos_in_and_recommends(
    tmp_path: Path, demo_clips: list[DemoShort]
) -> None:
    """What the guard cannot see, because it is not Python: the kernel itself has no interface to send on."""
    data, env = tmp_path / "data", environment()
    unshared = ["unshare", "-n", sys.executable, "-m", "coldreel"]
    try:
        for command in (
            ["ingest", str(demo_clips[0].path)],
            ["feed", "--user", "ann", "--json"],
        ):
            ended = subprocess.run(
                [*unshared, *command, "--data-dir", str(data)],
                env=env,
                capture_output=True,
                text=True,
                check=False,
                timeout=240,
            )
            assert ended.returncode == 0, ended.stderr
        assert ended.stdout.count('"ref"') == 1
    finally:
        stop(data)
