"""One drawing process: `painter FOLDER SEED INDEX…` prints an index as soon as its file is whole."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import cv2

from coldreel.media.demo.short import draw_one


def main(folder: str, seed: str, *indices: str) -> None:
    signal.signal(
        signal.SIGINT, signal.SIG_IGN
    )  # Ctrl-C reaches the parent too, which then ends its painters
    cv2.setNumThreads(1)
    for index in indices:
        draw_one(Path(folder), int(index), int(seed))
        sys.stdout.write(f"{index}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
