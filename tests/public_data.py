"""Where the clips and the odd files lie: beside the checkout, or where TEST_DATA says.

They are public videos that belong to others and are not part of the project; tests that need them are skipped
where they are not.
"""

from __future__ import annotations

import os
from pathlib import Path

DATA = Path(os.environ.get("TEST_DATA", Path(__file__).parents[2] / "shared" / "data")).resolve()
ABSENT = f"the test data is not at {DATA}; TEST_DATA names its folder"
