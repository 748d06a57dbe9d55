"""What is known of a process, by both ways of asking, and signals that need a proof."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from coldreel.store.embedded import processes
from coldreel.store.embedded.processes import Process, all_pids, look, signal_proven


@pytest.fixture
def cat() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b"there\n")
        process.stdin.flush()
        # Only now is it surely `cat`, and no longer the copy of ourselves that becomes it.
        assert process.stdout.readline() == b"there\n"
        yield process
        process.kill()


@pytest.fixture(params=["proc", "ps"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "proc" and not Path("/proc/self/status").exists():
        pytest.skip("this system has no /proc")
    if request.param == "ps":
        if not Path("/bin/ps").exists():
            pytest.skip("this system has no ps")
        monkeypatch.setattr(processes, "_PROC", Path("/no/such/file"))
    return str(request.param)


def test_a_process_has_a_user_and_a_command(way: str, cat: subprocess.Popen[bytes]) -> None:
    assert look(cat.pid) == Process(os.geteuid(), "cat")
    assert {cat.pid, os.getpid()} <= set(all_pids())


def test_a_zombie_is_no_process(way: str, cat: subprocess.Popen[bytes]) -> None:
    cat.kill()
    os.waitid(os.P_PID, cat.pid, os.WEXITED | os.WNOWAIT)
    assert look(cat.pid) is None


def test_a_pid_of_nobody_is_no_process(way: str, cat: subprocess.Popen[bytes]) -> None:
    cat.kill()
    cat.wait()
    assert look(cat.pid) is None


@pytest.mark.parametrize(("proof", "dies"), [(lambda: True, True), (lambda: False, False)])
def test_a_signal_needs_its_proof(
    cat: subprocess.Popen[bytes], proof: Callable[[], bool], dies: bool
) -> None:
    assert signal_proven(cat.pid, signal.SIGTERM, proof) is dies
    if dies:
        assert cat.wait() == -signal.SIGTERM
    else:
        time.sleep(0.1)
        assert cat.poll() is None


def test_a_process_that_is_gone_gets_no_signal(cat: subprocess.Popen[bytes]) -> None:
    cat.kill()
    cat.wait()
    assert not signal_proven(cat.pid, signal.SIGTERM, lambda: True)
