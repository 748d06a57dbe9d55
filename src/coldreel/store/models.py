"""Models: what was learned from events, which of them is in use, and the way back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from coldreel.model import ModelKind, Weights
from coldreel.store import queries
from coldreel.store.database import Database

_SQL = queries.load("models")


@dataclass(frozen=True, slots=True)
class Model:
    """One that was learned.

    metrics: what was measured when it was kept; fingerprint: of the data that it was learned from
    follows: the one whose place it took; None where that was what coldreel is shipped with
    """

    id: int
    kind: str
    params: Mapping[str, Any]
    metrics: Mapping[str, Any]
    fingerprint: str
    active: bool
    follows: int | None
    created_at: datetime


class Models:
    def __init__(self, database: Database) -> None:
        self._database = database

    def active(self, kind: ModelKind) -> Model | None:
        """The one in use; None where that is what coldreel is shipped with."""
        return self._database.row(_SQL["active"], {"kind": str(kind)}, into=Model)

    def all(self, kind: ModelKind | None = None) -> list[Model]:
        """Every one that was ever in use, the latest first."""
        return self._database.rows(_SQL["all"], {"kind": None if kind is None else str(kind)}, into=Model)

    def keep(
        self, kind: ModelKind, params: Mapping[str, Any], metrics: Mapping[str, Any], fingerprint: str
    ) -> Model:
        """Put a model to use, in the place of the present one."""
        with self._database.transaction():
            self._database.execute(_SQL["lock"])
            kept = self._database.row(
                _SQL["keep"],
                {
                    "kind": str(kind),
                    "params": Jsonb(params),
                    "metrics": Jsonb(metrics),
                    "fingerprint": fingerprint,
                    "follows": self._database.value(_SQL["deactivate"], {"kind": str(kind)}),
                },
                into=Model,
            )
        assert kept is not None
        return kept

    def back(self, kind: ModelKind) -> Model | None:
        """Use again what the present one took the place of. Returns the one given up, None without any."""
        with self._database.transaction():
            self._database.execute(_SQL["lock"])
            present = self.active(kind)
            if present is not None:
                self._database.execute(_SQL["deactivate"], {"kind": str(kind)})
                self._database.execute(_SQL["activate"], {"id": present.follows})
        return present

    def weights(self, space: int) -> Weights | None:
        """The ranker in use in a space; None where that is what coldreel is shipped with.

        What was learned of cosines in another space says nothing in this one.
        """
        model = self.active(ModelKind.RANKER)
        if model is None or model.params["space"] != space:
            return None
        return Weights(model.params["version"], dict(model.params["weights"]))

    def owe_rebuild(self) -> None:
        """What was derived from events does not follow what is in use now, until it is derived anew."""
        self._database.execute(_SQL["owe_rebuild"])

    def rebuild_owed_since(self) -> datetime | None:
        """When that last came about; None where all that was derived follows what is in use."""
        since: datetime | None = self._database.value(_SQL["rebuild_owed_since"])
        return since

    def rebuilt(self, owed_since: datetime) -> None:
        """What was owed since then was derived anew; what has come about meanwhile is still owed."""
        self._database.execute(_SQL["rebuilt"], {"owed_since": owed_since})
