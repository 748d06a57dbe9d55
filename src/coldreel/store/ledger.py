"""The ledger: one row of work per source or item and stage. Queue, checkpoint and error log in one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from coldreel.errors import ColdreelError, LostClaimError
from coldreel.model import Failure, Progress, Stage, State
from coldreel.store import queries
from coldreel.store.database import Database

_SQL = queries.load("ledger")
_LEAD = {
    Stage.WATCH: "",
    Stage.RENDER: "It cannot be made playable for browsers: ",
    Stage.DESCRIBE: "It cannot be described anew: ",
    Stage.EMBED: "It cannot be placed in the other space: ",
}
"""Before the reason of a bad end: what it means for the video."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Work that a worker holds for the length of a lease. Writes are fenced by its `claim`."""

    id: int
    stage: Stage
    claim: UUID
    source: int | None
    item: int | None
    uri: str | None
    given: dict[str, Any]
    params: dict[str, Any] = field(default_factory=dict)
    """How the work is to be done: which provider, which space."""


@dataclass(frozen=True, slots=True)
class LedgerRules:
    """How long a claim lasts and how often work is tried."""

    lease_s: float = 10.0
    max_errors: int = 3
    max_lost_leases: int = 10
    pause_s: float = 1.0
    """The pause before the second try; it doubles with each error."""


class Ledger:
    def __init__(self, database: Database, rules: LedgerRules) -> None:
        self._database = database
        self.rules = rules

    def claim(
        self,
        worker: str,
        limit: int,
        stages: Sequence[Stage] = tuple(Stage),
        providers: Sequence[str] = (),
        spaces: Sequence[int] = (),
    ) -> list[Claim]:
        """Take up to `limit` due rows under a lease of `rules.lease_s` seconds.

        stages: what is taken, all of the first before any of the next; by default renditions come last
        providers, spaces: those that the worker can use and fill; rows that need another are left to others
        """
        claims: list[Claim] = []
        for stage in stages:
            if len(claims) < limit:
                claims += self._claim(worker, limit - len(claims), stage, providers, spaces)
        return claims

    def _claim(
        self, worker: str, limit: int, stage: Stage, providers: Sequence[str], spaces: Sequence[int]
    ) -> list[Claim]:
        params = {
            "stage": str(stage),
            "providers": list(providers),
            "spaces": list(spaces),
            "max_lost_leases": self.rules.max_lost_leases,
            "worker": worker,
            "limit": limit,
            "lease_s": self.rules.lease_s,
        }
        return self._database.rows(_SQL["claim"], params, into=Claim)

    def bury(self) -> None:
        """Fail the rows whose lease was lost too often: `claim` hands them out no more."""
        params = {"max_lost_leases": self.rules.max_lost_leases}
        with self._database.transaction():
            self._database.execute(_SQL["hold_lost"], params)
            self._database.execute(_SQL["bury"], params)

    def renew(self, claims: Sequence[UUID]) -> set[UUID]:
        """Lengthen the leases; returns the claims that still hold."""
        params = {"claims": list(claims), "lease_s": self.rules.lease_s}
        return set(self._database.values(_SQL["renew"], params))

    @contextmanager
    def fenced(self, claim: Claim) -> Iterator[None]:
        """A transaction that ends the work as ready. Raises LostClaimError when the claim was lost."""
        with self._database.transaction():
            key = {"id": claim.id, "claim": claim.claim}
            self._hold(claim)
            if self._database.value(_SQL["fence"], key) is None:
                raise LostClaimError
            yield
            self._database.execute(_SQL["finish"], key)

    def reject(self, claim: Claim, error: ColdreelError) -> None:
        """The file is no use; not tried again."""
        with self._database.transaction():
            self._hold(claim)
            self._database.execute(_SQL["reject"], self._ending(claim, error))

    def fail(self, claim: Claim, error: ColdreelError) -> None:
        """Something went wrong; if that can help, tried after a pause, `rules.max_errors` times in all."""
        tries = self.rules.max_errors if error.retryable else 1
        limits = {"max_errors": tries, "pause_s": self.rules.pause_s}
        with self._database.transaction():
            self._hold(claim)
            self._database.execute(_SQL["fail"], self._ending(claim, error) | limits)

    def park(self, claim: Claim, awaits: str) -> None:
        """Leave the work until the answer that it awaits is there: see `wake` and `fail_awaiting`."""
        self._database.execute(_SQL["park"], {"id": claim.id, "claim": claim.claim, "awaits": awaits})

    def hold_awaiting(self, awaited: Iterable[str]) -> None:
        """Lock what awaits these answers until the transaction ends, before `wake` and `fail_awaiting`."""
        params = {"awaited": list(awaited)}
        self._database.execute(_SQL["hold_awaiting_sources"], params)
        self._database.execute(_SQL["hold_awaiting_items"], params)

    def wake(self, awaited: Iterable[str]) -> None:
        """Go on with what awaits these answers."""
        self._database.execute(_SQL["wake"], {"awaited": list(awaited)})

    def wake_forgotten(self) -> None:
        """Go on with what awaits an answer that nobody is asked for: its request was lost."""
        self._database.execute(_SQL["wake_forgotten"])

    def fail_awaiting(self, awaits: str, error: ColdreelError) -> None:
        """The answer did not come; asked for again where that can help."""
        tries = self.rules.max_errors if error.retryable else 1
        params = {"awaits": awaits, "max_errors": tries, "code": error.code, "reason": _plain(error)}
        self._database.execute(_SQL["fail_awaiting"], params)

    def busy(self, providers: Sequence[str]) -> bool:
        """Whether anything is to be described now, or is being, by the worker's provider or one of these."""
        return bool(self._database.value(_SQL["busy"], {"providers": list(providers)}))

    def release(self, claims: Sequence[UUID]) -> None:
        """Hand work back untouched."""
        self._database.execute(_SQL["release"], {"claims": list(claims)})

    def reject_sources_of_item(self, item: int, error: ColdreelError) -> None:
        params = {"item": item, "code": error.code, "reason": error.message}
        with self._database.transaction():
            self._database.execute(_SQL["hold_sources_of_item"], params)
            self._database.execute(_SQL["reject_sources_of_item"], params)

    def drop_item(self, item: int) -> None:
        """Give up all work on an item; whoever is at it loses the claim."""
        self._database.execute(_SQL["drop_item"], {"item": item})

    def progress(self, sources: Iterable[int] | None = None) -> Progress:
        """Counts by state, of all sources or of the given ones, and of their items that await a rendition."""
        query = _SQL["progress" if sources is None else "progress_of"]
        counts = dict(self._database.tuples(query, _among(sources)))
        by_state = {str(state): counts.get(state, 0) for state in State}
        return Progress(**by_state, rendering=counts["rendering"], awaiting=counts["awaiting"])

    def progress_of_items(self, stage: Stage, items: Sequence[int]) -> Progress:
        """Counts by state of what is done with these items."""
        params = {"stage": str(stage), "items": list(items)}
        counts = dict(self._database.tuples(_SQL["progress_of_items"], params))
        return Progress(**{str(state): counts.get(state, 0) for state in State})

    def left_of_all(self, provider: str) -> list[int]:
        """The items that are left of describing all by a provider."""
        return self._database.values(_SQL["left_of_all"], {"provider": provider})

    def failed_of(self, stage: Stage, items: Sequence[int]) -> dict[str, str]:
        """The reason by ref of those of the items with which a stage has ended badly."""
        params = {"stage": str(stage), "items": list(items)}
        return {ref: reason or "" for ref, reason in self._database.tuples(_SQL["failed_of_items"], params)}

    def failed_items(self, stage: Stage) -> list[int]:
        """Items with which a stage has ended badly."""
        return self._database.values(_SQL["failed_items"], {"stage": str(stage)})

    def failed_sources(self) -> list[int]:
        """Sources whose watching has failed, and whose file is there."""
        return self._database.values(_SQL["failed_sources"])

    def has_open(self, sources: Iterable[int] | None = None) -> bool:
        """Whether anything is still to be taken in or made playable."""
        return bool(self._database.value(_SQL["has_open"], _among(sources)))

    def failures(self, sources: Iterable[int] | None = None, limit: int = 10_000) -> list[Failure]:
        """What ended badly, of all sources or of the given ones, and of their items."""
        rows = self._database.tuples(_SQL["failures"], _among(sources) | {"limit": limit})
        return [
            Failure(uri, State(state), code, _LEAD[Stage(stage)] + reason, source)
            for uri, state, stage, code, reason, source in rows
        ]

    def rate(self) -> int:
        """Sources that became ready within the last minute."""
        return int(self._database.value(_SQL["rate"]))

    def _hold(self, claim: Claim) -> None:
        """Lock what the row is about before the row itself."""
        if claim.source is not None:
            self._database.execute(_SQL["hold_source"], {"source": claim.source})
        else:
            self._database.execute(_SQL["hold_item"], {"item": claim.item})

    @staticmethod
    def _ending(claim: Claim, error: ColdreelError) -> dict[str, Any]:
        return {"id": claim.id, "claim": claim.claim, "code": error.code, "reason": _plain(error)}


def _plain(error: ColdreelError) -> str:
    """A dying decoder's last words may hold a zero byte, which PostgreSQL takes in no text."""
    return error.message.encode("utf-8", "replace").decode().replace("\0", "")


def _among(sources: Iterable[int] | None) -> dict[str, Any]:
    return {"sources": None if sources is None else list(sources)}
