"""What the tests let a decoder child do."""

from __future__ import annotations

import mmap
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np

from coldreel.errors import NotAVideoError


def add(left: int, right: int) -> int:
    return left + right


def process_id() -> int:
    return os.getpid()


def refuse(words: str) -> None:
    raise NotAVideoError(words)


def stumble() -> None:
    raise KeyError("a bug")


def unspeakable() -> threading.Lock:
    return threading.Lock()


def chatter() -> str:
    print("a library prints")  # noqa: T201
    os.write(1, b"and its C code too\n")
    return "done"


class Order:
    """What a child sends that was taken over: to be carried out when it is unpickled."""

    def __init__(self, note: Path) -> None:
        self.note = note

    def __reduce__(self) -> Any:
        return os.system, (f"touch {self.note}",)


def order(note: Path) -> Order:
    return Order(note)


def say(reply: Any) -> None:
    """Send these words as the whole reply, past the child's own loop."""
    message = pickle.dumps(reply)
    os.write(_replies(), len(message).to_bytes(8, "big") + message)
    time.sleep(600)


def announce(length: int) -> None:
    """Write the head of a message of that length past the child's own loop."""
    os.write(_replies(), length.to_bytes(8, "big"))
    time.sleep(600)


def _replies() -> int:
    return max(int(file.name) for file in Path("/proc/self/fd").iterdir() if _is_open_for_writing(file))


def _is_open_for_writing(file: Path) -> bool:
    try:
        flags = int(Path(f"/proc/self/fdinfo/{file.name}").read_text().split()[3], 8)
        return "pipe" in str(file.readlink()) and bool(flags & os.O_WRONLY)
    except OSError:
        return False


def secrets() -> list[str]:
    return sorted(name for name in os.environ if "COLDREEL" in name or "PAINT" in name)


def sleep(seconds: float) -> None:
    time.sleep(seconds)


def spin() -> None:
    while True:
        pass


def die(number: int) -> None:
    os.kill(os.getpid(), number)
    time.sleep(10)


def leave_in_the_middle() -> None:
    sys.stderr.write("corrupted double-linked list\n")
    sys.stderr.flush()
    os._exit(3)


def devour(mebibytes: int) -> int:
    return len(bytearray(mebibytes * 2**20))


def write_much(path: Path, mebibytes: int) -> None:
    with path.open("wb") as file:
        for _ in range(mebibytes):
            file.write(bytes(2**20))


def start_a_grandchild_and_hang(note: Path) -> None:
    grandchild = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    note.write_text(f"{os.getpid()} {grandchild.pid}")
    time.sleep(600)


def note_and_hang(note: Path, how: str) -> None:
    note.write_text(str(os.getpid()))
    spin() if how == "spinning" else time.sleep(600)


def surroundings() -> dict[str, Any]:
    import cv2

    files = [file for file in Path("/proc/self/fd").iterdir() if int(file.name) > 2 and file.is_symlink()]
    return {
        "files": [str(file.readlink()) for file in files if file.is_symlink()],
        "interrupt ignored": signal.getsignal(signal.SIGINT) is signal.SIG_IGN,
        "own session": os.getsid(0) == os.getpid(),
        "opencv threads": cv2.getNumThreads(),
    }  # fmt: skip


def watch_shape(path: Path) -> tuple[int, ...]:
    from coldreel.media.limits import Limits
    from coldreel.media.watch import watch

    return watch(path, Limits()).frames.shape


def watch_outcome(path: Path) -> tuple[bool, str, int]:
    """Whether it gives footage, the codec or the error's code, and this child's highest memory in MB."""
    from coldreel.errors import RejectedError
    from coldreel.media.limits import Limits
    from coldreel.media.watch import watch

    try:
        footage = watch(path, Limits())
    except RejectedError as error:
        return False, error.code, _highest_mb()
    good = len(footage.frames) > 0 and footage.poster[8:12] == b"WEBP" and footage.facts.duration_s > 0
    return good, footage.facts.video_codec, _highest_mb()


def _highest_mb() -> int:
    # Not ru_maxrss: Linux hands a process's highest mark on to what it starts, so that of a large parent.
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) // 1024
    raise LookupError("VmHWM")


def reserve_and_write(reserved: int, written: int) -> int:
    """Map bytes of address space that nobody may write to, as drivers do, and write to so many others."""
    with mmap.mmap(-1, reserved, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, mmap.PROT_READ) as space:
        np.ones(written, np.uint8)
        return len(space)
