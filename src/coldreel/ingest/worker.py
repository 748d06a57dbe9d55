"""The worker: a loop over the ledger. More machines are more loops."""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from coldreel.errors import (
    BudgetReachedError,
    ColdreelError,
    DatabaseError,
    DiskFullError,
    LostClaimError,
    ParkedError,
    RateLimitedError,
    RejectedError,
    SpaceMovedError,
    UnauthorisedError,
    WorkError,
)
from coldreel.ingest.workshop import Workshop
from coldreel.model import Stage
from coldreel.store.ledger import Claim

log = logging.getLogger("coldreel.worker")

_NOT_THE_FILE = (
    LostClaimError, ParkedError, DatabaseError, DiskFullError, BudgetReachedError, UnauthorisedError,
    RateLimitedError,
)  # fmt: skip
"""What says nothing against the file at hand."""


@dataclass(frozen=True, slots=True)
class WorkerRules:
    slots: int
    """Pieces of work in hand at once: one decoder child each."""
    stages: tuple[Stage, ...] = (Stage.WATCH, Stage.DESCRIBE, Stage.EMBED, Stage.RENDER)
    """What is done, all of the first before any of the next."""
    together: int = 50
    """Items whose words are embedded in one call."""
    poll_s: float = 0.5
    """Pause between two looks at an empty ledger."""
    room_s: float = 10.0
    """Pause after a disk was found full, or a budget spent."""
    renewals: int = 3
    """Heartbeats per lease."""
    upkeep_s: float = 86_400.0
    """Pause between two looks whether the months to come have their partitions."""


class Worker:
    """Claims no more than it can do now, renews its leases, and when stopped hands back what it holds."""

    def __init__(self, workshop: Workshop, rules: WorkerRules) -> None:
        self.workshop = workshop
        self.rules = rules
        self.name = f"{socket.gethostname()}:{os.getpid()}"
        self._bench = workshop.bench
        self._ledger = self._bench.store.ledger
        self._stop = self._bench.stopping
        self._halt: ColdreelError | None = None
        self._providers = self._bench.rooms.ready()
        self._quiet = threading.Event()
        self._held: set[UUID] = set()
        self._lock = threading.Lock()
        self._slots = [
            threading.Thread(target=self._slot, args=[_stages(i, rules)], name=f"slot-{i}")
            for i in range(rules.slots)
        ]
        self._heart = threading.Thread(target=self._heartbeat, name="heartbeat")

    def __enter__(self) -> Self:
        for thread in (*self._slots, self._heart):
            thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:  # interrupted: what is in hand is given up at once and handed back
            self._stop.set()
            self._bench.children.close()
        self.stop()

    @property
    def is_broke(self) -> bool:
        """Whether the budget was found to be spent."""
        return isinstance(self._halt, BudgetReachedError)

    def give_up(self, error: ColdreelError) -> None:
        """No other try will mend this: see `run`."""
        if not isinstance(self._halt, SpaceMovedError):
            self._halt = error

    def run(self, done: Callable[[], bool], patient: bool = True) -> bool:
        """Work until `done` says so or `stop` is called; False when the catalogue moved to another space.

        patient: wait where the budget is spent or the key is refused, until that is mended. Else
        BudgetReachedError or UnauthorisedError is raised, with all work handed back.
        """
        with self:
            while not self._stop.wait(self.rules.poll_s):
                if done():
                    break
                if self._halt is not None and not patient:
                    break
        if isinstance(self._halt, SpaceMovedError):
            return False
        if self._halt is not None and not patient:
            raise self._halt
        return True

    def stop(self) -> None:
        """Take no more work and wait for what is in hand."""
        self._stop.set()
        for slot in self._slots:
            _join(slot)
        self._quiet.set()  # only now: what is in hand may take longer than a lease
        _join(self._heart)
        self._release()

    def _slot(self, stages: Sequence[Stage]) -> None:
        while not self._stop.is_set():
            try:
                claims = self._claimed(stages)
                for claim in claims:
                    if not self._stop.is_set():  # what is held is handed back
                        self._do(claim)
            except ColdreelError as error:
                log.warning("cannot claim work: %s", error.message)
                claims = []
            except Exception:  # a bug must cost one piece of work, not the slot
                log.exception("something went wrong that should not")
                claims = []
            if not claims:
                self._stop.wait(self.rules.poll_s)

    def _claimed(self, stages: Sequence[Stage]) -> list[Claim]:
        """The next piece of work, with more of the kind where it is cheaper to do many together."""
        spaces = self._bench.fillable() if Stage.EMBED in stages else []
        claims = self._ledger.claim(self.name, 1, stages, self._providers, spaces)
        self._hold(claims)  # at once: who is told to stop before it begins hands back what is held
        if not claims or claims[0].stage != Stage.EMBED:
            return claims
        try:
            if self.workshop.is_cheaper_together(claims[0]):
                claims += self._ledger.claim(
                    self.name, self.rules.together - 1, [Stage.EMBED], self._providers, spaces
                )
                self._hold(claims)
                self._expect(claims)
        except BaseException:
            self._drop(claims)
            raise
        return claims

    def _drop(self, claims: Sequence[Claim]) -> None:
        """Hand back what nobody will work on; where the ledger cannot be told, the leases run out."""
        with self._lock:
            self._held.difference_update(claim.claim for claim in claims)
        self._takes_back([claim.claim for claim in claims])

    def _hold(self, claims: Sequence[Claim]) -> None:
        """Renew their leases from now on."""
        with self._lock:
            self._held.update(claim.claim for claim in claims)

    def _expect(self, claims: Sequence[Claim]) -> None:
        try:
            self.workshop.expect(claims)
        except ColdreelError as error:  # which the first of them will meet, too
            log.info("%s", error.message)
        except Exception:  # they are done one by one, so that it costs one piece of work at most
            log.exception("something went wrong that should not")

    def _do(self, claim: Claim) -> None:
        try:
            self._end(claim)
        except LostClaimError:
            log.warning("%s: the lease ran out; another worker has it", claim.uri)
        except ParkedError as parked:
            self._ledger.park(claim, parked.awaits)
        except SpaceMovedError as error:
            self._halt = error
            self._stop.set()  # what is in hand is handed back, and begun again in the other space
        except (BudgetReachedError, UnauthorisedError) as error:
            self.give_up(error)
            self._hand_back(claim, error, self.rules.room_s)
        except DiskFullError as error:
            self._hand_back(claim, error, self.rules.room_s)
        except (DatabaseError, RateLimitedError) as error:
            self._hand_back(claim, error, self.rules.poll_s)
        finally:
            with self._lock:
                if not self._stop.is_set():
                    self._held.discard(claim.claim)

    def _end(self, claim: Claim) -> None:
        try:
            self.workshop.do(claim)
        except RejectedError as error:
            with self._bench.store.database.transaction():
                self._ledger.reject(claim, error)
                self.workshop.discard(claim)
        except _NOT_THE_FILE:
            raise
        except ColdreelError as error:
            self._fail(claim, error)
        except Exception as error:  # a bug must cost one file, not the worker
            log.exception("%s", claim.uri)
            self._fail(claim, WorkError(f"{type(error).__name__}: {error}"))

    def _hand_back(self, claim: Claim, error: ColdreelError, pause_s: float) -> None:
        """Nothing is held against the file, as it would be if the lease ran out: no other would do better.

        A database that cannot take the claim back now is asked again; there is nothing else to do meanwhile.
        """
        passes = not isinstance(error, BudgetReachedError | UnauthorisedError)
        log.warning("%s; the work waits%s", error.message, ", and goes on by itself" if passes else "")
        while not self._takes_back([claim.claim]) and not self._stop.wait(pause_s):
            pass
        self._stop.wait(pause_s)

    def _fail(self, claim: Claim, error: ColdreelError) -> None:
        if self._stop.is_set():
            return  # the children were closed under it; it is handed back
        self._ledger.fail(claim, error)

    def _heartbeat(self) -> None:
        upkeep_due = time.monotonic() + self.rules.upkeep_s
        while not self._quiet.wait(self._ledger.rules.lease_s / self.rules.renewals):
            try:
                self._renew()
                self._ledger.bury()
                if time.monotonic() >= upkeep_due:
                    self._bench.store.events.make_partitions()
                    upkeep_due = time.monotonic() + self.rules.upkeep_s
            except ColdreelError as error:
                log.warning("cannot renew leases: %s", error.message)
            except Exception:  # a heart that has stopped would let every lease run out, and nobody knew why
                log.exception("something went wrong that should not")

    def _renew(self) -> None:
        with self._lock:
            held = list(self._held)
        lost = set(held) - self._ledger.renew(held) if held else set()
        with self._lock:
            self._held -= lost

    def _release(self) -> None:
        with (
            self._lock
        ):  # until the ledger was told: two may stop at once, and each returns with nothing held
            held, self._held = list(self._held), set()
            if held and not self._takes_back(held):
                log.warning("the leases of %d pieces of work run out by themselves", len(held))

    def _takes_back(self, claims: Sequence[UUID]) -> bool:
        """Whether the ledger could be told."""
        try:
            self._ledger.release(claims)
        except ColdreelError as error:
            log.warning("cannot hand work back: %s", error.message)
            return False
        return True


def _stages(slot: int, rules: WorkerRules) -> Sequence[Stage]:
    """What a slot takes. Renditions take long, so one of several slots is kept for what comes meanwhile."""
    takes_renditions = slot > 0 or rules.slots == 1
    return [stage for stage in rules.stages if takes_renditions or stage is not Stage.RENDER]


def _join(thread: threading.Thread) -> None:
    if thread is not threading.current_thread() and thread.is_alive():
        thread.join()
