"""The command line. Data goes to stdout, progress and log to stderr; exit status 0 means success."""

from __future__ import annotations

import signal
import sys
from types import FrameType

_INTERRUPTED = 130
"""The exit status after Ctrl-C, as shells expect it."""


def main() -> None:
    """Run the command line; errors of coldreel become one sentence and exit status 1."""
    from coldreel.cli.application import app
    from coldreel.cli.output import remark
    from coldreel.errors import ColdreelError

    signal.signal(signal.SIGTERM, _interrupt)
    try:
        app()
    except ColdreelError as error:
        remark(f"coldreel: {error.message}", style="red")
        sys.exit(1)
    except SystemExit as ended:
        if ended.code == _INTERRUPTED:
            remark("Stopped; the next run goes on from here.")
        raise


def _interrupt(_: int, __: FrameType | None) -> None:
    raise KeyboardInterrupt
