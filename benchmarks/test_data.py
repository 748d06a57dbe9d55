"""Where the clips and the odd files lie: beside the checkout, or where TEST_DATA says.

They are public videos that belong to others and are not part of the project. `clips` holds folders named by
what the videos show, and manifest.csv with the columns file, label, source, use; `odd-files` holds files of
all kinds, and manifest.csv with the columns file, outcome, vcodec, duration.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

DATA = Path(os.environ.get("TEST_DATA", Path(__file__).parents[2] / "shared" / "data")).resolve()
CLIPS, ODD_FILES = DATA / "clips", DATA / "odd-files"


def require(folder: Path) -> None:
    """End the program, with what to do, where a folder of them is not there."""
    if not (folder / "manifest.csv").is_file():
        sys.exit(f"{folder}/manifest.csv is not there; TEST_DATA names the folder that holds {folder.name}/")
