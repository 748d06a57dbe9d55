import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path

import av
import media_jobs as jobs
import numpy as np
import psutil
import pytest
from media_filming import film

from coldreel.errors import ChildDiedError, NotAVideoError, OutOfMemoryError, TooSlowError, WorkError
from coldreel.media.children import ChildLimits, ChildPool

HERE = Path(__file__).parent
ENOUGH = 60.0
"""Seconds that no call here needs."""


@pytest.fixture
def pool():
    with ChildPool(slots=1) as pool:
        yield pool


def wait_for(condition):
    """Until it holds, within a minute."""
    deadline = time.monotonic() + ENOUGH
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.02)


def hog(path: Path, frames: int) -> Path:
    """The largest pictures that are let in, each of which says in a few bytes that it is the one before."""
    with av.open(str(path), "w") as output:
        stream = output.add_stream(
            "libx264", rate=30, options={"preset": "ultrafast", "x264-params": "keyint=infinite"}
        )
        stream.width, stream.height, stream.pix_fmt = 4096, 2304, "yuv420p"
        coded = []
        for number in range(2):
            frame = av.VideoFrame.from_ndarray(np.zeros((2304 * 3 // 2, 4096), np.uint8), format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, 30)
            coded += stream.encode(frame)
        coded += stream.encode(None)
        first, repeat = map(bytes, coded)
        for number in range(frames):
            packet = av.Packet(repeat if number else first)
            packet.stream, packet.time_base, packet.is_keyframe = stream, Fraction(1, 30), not number
            packet.pts = packet.dts = number
            output.mux_one(packet)
    return path


def gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_a_child_answers(pool):
    assert pool.run(jobs.add, 2, 3, seconds=ENOUGH) == 5
    assert pool.run(jobs.process_id, seconds=ENOUGH) != os.getpid()


def test_a_child_lives_on_until_its_jobs_are_done():
    with ChildPool(slots=1, limits=ChildLimits(jobs=3)) as pool:
        children = [pool.run(jobs.process_id, seconds=ENOUGH) for _ in range(6)]
    assert children[0] == children[1] == children[2]
    assert children[3] == children[4] == children[5]
    assert children[0] != children[3]


def test_footage_is_made_in_a_child(pool, tmp_path):
    path = film(tmp_path / "film.mp4", sound="aac")
    assert pool.run(jobs.watch_shape, path, seconds=ENOUGH) == (3, 180, 320, 3)


@pytest.mark.parametrize(
    ("job", "arguments", "error", "says"),
    [
        (jobs.refuse, ("It is a poem.",), NotAVideoError, "^It is a poem.$"),
        (jobs.stumble, (), WorkError, "KeyError: 'a bug'"),
        (jobs.unspeakable, (), WorkError, "pickle"),
        (jobs.leave_in_the_middle, (), ChildDiedError, r"exit status 3.*corrupted double-linked list"),
        (jobs.die, (signal.SIGKILL,), ChildDiedError, "SIGKILL"),
        (jobs.die, (signal.SIGSEGV,), ChildDiedError, "SIGSEGV"),
        (jobs.devour, (8000,), OutOfMemoryError, "COLDREEL_CHILD_MEMORY_MB"),
    ],
)
def test_what_goes_wrong_in_a_child_is_told_and_the_pool_goes_on(pool, job, arguments, error, says):
    with pytest.raises(error, match=says):
        pool.run(job, *arguments, seconds=ENOUGH)
    assert pool.run(jobs.add, 2, 3, seconds=ENOUGH) == 5


def test_an_answer_that_is_more_than_data_is_not_believed(pool, tmp_path):
    with pytest.raises(ChildDiedError, match=r"posix.system is not data"):
        pool.run(jobs.order, tmp_path / "done", seconds=ENOUGH)
    assert not (tmp_path / "done").exists()
    assert pool.run(jobs.add, 2, 3, seconds=ENOUGH) == 5


@pytest.mark.parametrize("reply", [(False, 5), (False, "no"), (7, 8), None, (True,), (False, KeyError("x"))])
def test_what_is_no_answer_at_all_is_not_believed(pool, reply):
    with pytest.raises(ChildDiedError, match="what is no answer"):
        pool.run(jobs.say, reply, seconds=ENOUGH)
    assert pool.run(jobs.add, 2, 3, seconds=ENOUGH) == 5


def test_nothing_is_imported_at_a_child_s_word():
    program = textwrap.dedent(r"""
        import pickle, sys
        from coldreel.media.messages import answer
        try:
            answer(b"\x80\x05\x8c\x14coldreel.media.watch\x8c\x05watch\x93.")
        except pickle.UnpicklingError as error:
            print(error, "av" in sys.modules)
    """)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "coldreel.media.watch.watch is not data False\n"


def test_a_machine_that_is_full_is_told_as_such(monkeypatch):
    def refuse(*_, **__):
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    with (
        ChildPool(slots=1) as pool,
        pytest.raises(WorkError, match="cannot be started: Resource temporarily"),
    ):
        pool.run(jobs.add, 2, 3, seconds=ENOUGH)


def test_an_answer_that_is_too_long_is_not_waited_for(pool):
    with pytest.raises(ChildDiedError):
        pool.run(jobs.announce, 2**62, seconds=ENOUGH)
    assert pool.run(jobs.add, 2, 3, seconds=ENOUGH) == 5


def test_a_child_is_told_no_secrets(monkeypatch):
    monkeypatch.setenv("COLDREEL_API_KEY", "0123456789abcdef")
    monkeypatch.setenv("COLDREEL_DATABASE_URL", "postgresql://user:password@host/name")
    monkeypatch.setenv("PAINT_SECRET", "red")
    monkeypatch.setenv("PAINT_COLOUR", "red")
    with ChildPool(slots=1) as pool:
        assert pool.run(jobs.secrets, seconds=ENOUGH) == ["PAINT_COLOUR"]


def test_a_stumble_brings_the_child_s_traceback(pool):
    with pytest.raises(WorkError) as caught:
        pool.run(jobs.stumble, seconds=ENOUGH)
    assert "in stumble" in "".join(caught.value.__notes__)


def test_a_file_that_keeps_a_decoder_busy_is_ended(pool, tmp_path):
    """A few megabytes, within every limit, that would take minutes to decode."""
    path = hog(tmp_path / "film.mkv", frames=15_000)
    assert path.stat().st_size < 10e6
    with pytest.raises(TooSlowError, match="COLDREEL_DECODE_SECONDS"):
        pool.run(jobs.watch_shape, path, seconds=5)
    assert pool.run(jobs.watch_shape, film(tmp_path / "fine.mp4"), seconds=ENOUGH) == (3, 180, 320, 3)


@pytest.mark.parametrize(("job", "arguments"), [(jobs.spin, ()), (jobs.sleep, (600,))])
def test_a_job_that_takes_too_long_is_ended(pool, job, arguments):
    with pytest.raises(TooSlowError, match=r"limit of 1 s .COLDREEL_DECODE_SECONDS"):
        pool.run(job, *arguments, seconds=1)
    assert pool.run(jobs.add, 2, 3, seconds=ENOUGH) == 5


def test_what_a_job_started_ends_with_it(pool, tmp_path):
    note = tmp_path / "note"
    with pytest.raises(TooSlowError):
        pool.run(jobs.start_a_grandchild_and_hang, note, seconds=5)
    child, grandchild = map(int, note.read_text().split())
    wait_for(lambda: gone(child) and gone(grandchild))


def test_a_child_that_is_killed_from_outside_costs_one_job(pool, tmp_path):
    note = tmp_path / "note"
    with ThreadPoolExecutor(1) as threads:
        answer = threads.submit(pool.run, jobs.note_and_hang, note, "sleeping", seconds=ENOUGH)
        wait_for(lambda: note.exists() and note.read_text())
        os.kill(int(note.read_text()), signal.SIGKILL)
        assert isinstance(answer.exception(), ChildDiedError)
    assert pool.run(jobs.add, 2, 3, seconds=ENOUGH) == 5


def test_a_child_that_died_while_idle_is_replaced_after_one_error(pool):
    child = pool.run(jobs.process_id, seconds=ENOUGH)
    os.kill(child, signal.SIGKILL)
    with pytest.raises(ChildDiedError):
        pool.run(jobs.add, 2, 3, seconds=ENOUGH)
    assert pool.run(jobs.add, 2, 3, seconds=ENOUGH) == 5


def test_several_threads_share_the_children():
    with ChildPool(slots=3) as pool, ThreadPoolExecutor(8) as threads:
        sums = list(threads.map(lambda n: pool.run(jobs.add, n, n, seconds=ENOUGH), range(40)))
        children = set(threads.map(lambda _: pool.run(jobs.process_id, seconds=ENOUGH), range(40)))
    assert sums == [2 * n for n in range(40)]
    assert 1 <= len(children) <= 3


def test_what_a_library_prints_does_not_disturb_the_answers(pool, capfd):
    assert pool.run(jobs.chatter, seconds=ENOUGH) == "done"
    assert pool.run(jobs.add, 2, 3, seconds=ENOUGH) == 5
    assert capfd.readouterr().out == ""


def test_a_file_cannot_grow_without_end(tmp_path):
    with (
        ChildPool(slots=1, limits=ChildLimits(file_mb=2)) as pool,
        pytest.raises(WorkError, match="File too large"),
    ):
        pool.run(jobs.write_much, tmp_path / "much", 3, seconds=ENOUGH)
    assert (tmp_path / "much").stat().st_size <= 2 * 2**20


def test_beside_a_device_the_memory_that_is_written_is_bounded_alone():
    """Its driver reserves address space by the hundred gigabytes, and uses little of it."""
    with ChildPool(slots=1, limits=ChildLimits(device=True)) as pool:
        assert pool.run(jobs.reserve_and_write, 100 * 2**30, 2**20, seconds=ENOUGH) == 100 * 2**30
        with pytest.raises(OutOfMemoryError):
            pool.run(jobs.reserve_and_write, 2**20, 3 * 2**30, seconds=ENOUGH)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_child_holds_nothing_of_its_parent_s(pool, tmp_path):
    with (tmp_path / "lock").open("w") as lock:
        os.set_inheritable(lock.fileno(), True)
        found = pool.run(jobs.surroundings, seconds=ENOUGH)
    assert not [name for name in found.pop("files") if "lock" in name or "socket" in name]
    assert found == {"interrupt ignored": True, "own session": True, "opencv threads": 1}


def test_closing_ends_idle_and_busy_children(tmp_path):
    note = tmp_path / "note"
    pool = ChildPool(slots=2)
    idle = pool.run(jobs.process_id, seconds=ENOUGH)
    with ThreadPoolExecutor(2) as threads:
        answers = [
            threads.submit(pool.run, jobs.note_and_hang, note, "spinning", seconds=ENOUGH),
            threads.submit(pool.run, jobs.sleep, 600, seconds=ENOUGH),
        ]
        wait_for(lambda: note.exists() and note.read_text())
        pool.close()
        for answer in answers:
            with pytest.raises(ChildDiedError, match="closed"):
                answer.result()
    assert gone(idle)
    assert gone(int(note.read_text()))
    with pytest.raises(ChildDiedError, match="closed"):
        pool.run(jobs.add, 2, 3, seconds=ENOUGH)
    pool.close()
    assert not [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]


@pytest.mark.parametrize("state", ["sleeping", "spinning", "idle"])
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_children_end_with_their_parent_however_it_ends(tmp_path, state, end):
    note = tmp_path / "note"
    program = textwrap.dedent(f"""
        import sys, time
        from pathlib import Path
        sys.path.insert(0, {str(HERE)!r})
        import media_jobs as jobs
        from coldreel.media.children import ChildPool
        pool = ChildPool(slots=1)
        note = Path({str(note)!r})
        if {state!r} == "idle":
            note.write_text(str(pool.run(jobs.process_id, seconds=600)))
            time.sleep(600)
        pool.run(jobs.note_and_hang, note, {state!r}, seconds=600)
    """)
    parent = subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.DEVNULL)
    wait_for(lambda: note.exists() and note.read_text())
    child = int(note.read_text())
    assert not gone(child)
    parent.send_signal(end)
    parent.wait()
    wait_for(lambda: gone(child))


def test_an_interrupt_while_waiting_leaves_a_working_pool(tmp_path):
    note = tmp_path / "note"
    program = textwrap.dedent(f"""
        import sys
        from pathlib import Path
        sys.path.insert(0, {str(HERE)!r})
        import media_jobs as jobs
        from coldreel.media.children import ChildPool
        with ChildPool(slots=1) as pool:
            try:
                pool.run(jobs.note_and_hang, Path({str(note)!r}), "sleeping", seconds=600)
            except KeyboardInterrupt:
                print(pool.run(jobs.add, 2, 3, seconds=60))
    """)
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    wait_for(lambda: note.exists() and note.read_text())
    parent.send_signal(signal.SIGINT)
    output, _ = parent.communicate()
    assert (output, parent.returncode) == ("5\n", 0)


def test_the_parent_never_loads_a_decoder(tmp_path):
    path = film(tmp_path / "film.mp4", seconds=1)
    program = textwrap.dedent(f"""
        import sys
        from pathlib import Path
        sys.path.insert(0, {str(HERE)!r})
        import media_jobs as jobs
        from coldreel.media.children import ChildPool
        with ChildPool(slots=1) as pool:
            print(pool.run(jobs.watch_shape, Path({str(path)!r}), seconds=60))
        print({{"av", "cv2", "onnxruntime"}} & set(sys.modules))
    """)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "(1, 180, 320, 3)\nset()\n"


def test_who_takes_videos_in_never_loads_a_decoder_either(database_url, tmp_path):
    (tmp_path / "films").mkdir()
    film(tmp_path / "films" / "film.mp4", seconds=2, sound="aac")
    film(tmp_path / "films" / "again.mp4", seconds=2, sound="aac", options={"crf": "35"})
    program = textwrap.dedent(f"""
        import sys
        import coldreel.cli.application
        from coldreel import Coldreel
        with Coldreel({str(tmp_path / "data")!r}, database_url={database_url!r}, workers=1) as reel:
            print(reel.ingest({str(tmp_path / "films")!r}).ready)
        print({{"av", "cv2", "onnxruntime", "PIL"}} & set(sys.modules))
    """)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "2\nset()\n"
