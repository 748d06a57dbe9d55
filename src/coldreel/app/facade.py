"""`Coldreel`: all of it from Python, for notebooks and for the command line."""

from __future__ import annotations

from coldreel.app.asking import Asking
from coldreel.app.judging import Judging
from coldreel.app.learning import Learning
from coldreel.app.minding import Minding
from coldreel.app.taking import Taking


class Coldreel(Taking, Asking, Learning, Judging, Minding):
    """A catalogue of short videos, to be used in a `with` statement.

    data_dir: where the embedded database and derived files are kept; settings: as in `Settings`
    """
