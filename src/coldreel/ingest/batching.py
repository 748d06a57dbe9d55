"""Asking in batches: requests are collected, sent together, and their answers kept as if bought one by one.

Whoever is killed meanwhile loses nothing: a batch is written down under a label before it is sent, and the
provider is asked for that label before it is sent again.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self
from uuid import UUID

import psycopg

from coldreel.errors import (
    BadAnswerError,
    BatchLostError,
    BudgetReachedError,
    ColdreelError,
    ParkedError,
    ProviderError,
    RateLimitedError,
    UnauthorisedError,
    UnknownThereError,
)
from coldreel.ingest.paying import SharedMeter, key_of, to_keep
from coldreel.model import Material, Understanding
from coldreel.store.batches import BatchRequest, OpenBatch
from coldreel.store.calls import CallKey
from coldreel.store.store import Store
from coldreel.understand.contract import BatchService, MaterialProvider
from coldreel.understand.metering import DESCRIBE, Reply, Usage

log = logging.getLogger("coldreel.batches")


@dataclass(frozen=True, slots=True)
class BatchRules:
    poll_s: float = 30.0
    """Between two looks at a batch."""
    recover_s: float = 3600.0
    """After so long without an answer to its sending, which may take time, it is looked for by its label."""
    pause_s: float = 300.0
    """After a key was refused or a provider took no more, before a batch is sent again."""
    look_s: float = 2.0
    """Between two looks at what waits to be sent."""


class InBatches(MaterialProvider):
    """A provider that describes what is answered already, and has the rest asked with the next batch."""

    def __init__(
        self, provider: MaterialProvider, service: BatchService, meter: SharedMeter, store: Store
    ) -> None:
        self.name, self.version, self.model = provider.name, provider.version, provider.model
        self.takes, self.text, self.space = provider.takes, provider.text, provider.space
        self._provider, self._service = provider, service
        self._meter, self._store = meter, store

    def understand(self, material: Material) -> Understanding:
        """Raises ParkedError for what is asked now. What cannot be part of a batch is asked alone."""
        order = self._service.order(material)
        if self._meter.kept(order) is None and (body := self._body(material)) is not None:
            with self._store.database.transaction():
                self._meter.reserve(order.expected.cost)
                self._store.batches.ask(key_of(order), body, order.expected.cost)
            raise ParkedError(awaits=material.content_hash.hex())
        return self._provider.understand(material)

    def _body(self, material: Material) -> bytes | None:
        try:
            return self._service.request(material)
        except ProviderError as error:
            log.info("%s", error.message)
            return None


class Batcher:
    """While entered, sends what waits and collects what is answered, in a thread of its own."""

    def __init__(
        self,
        store: Store,
        services: Mapping[str, BatchService],
        meter: SharedMeter,
        rules: BatchRules,
        give_up: Callable[[ColdreelError], None] = lambda _: None,
        is_broke: Callable[[], bool] = lambda: False,
    ) -> None:
        """give_up: told of an error that no other try will mend, such as a refused key
        is_broke: whether the budget allows no more requests, so that nothing is worth waiting for
        """
        self._store = store
        self._services = services
        self._meter = meter
        self._rules = rules
        self._give_up = give_up
        self._is_broke = is_broke
        self._not_before: dict[str, float] = {}
        self._missed: set[UUID] = set()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="batches", daemon=True)

    def __enter__(self) -> Self:
        if self._services:
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        if isinstance(error, BudgetReachedError):
            self._send_the_last()

    def _send_the_last(self) -> None:
        """What the budget was reserved for is asked before this ends; who goes on collects the answers."""
        self._is_broke = lambda: True
        try:
            self.step()
        except ColdreelError as failed:
            log.warning("%s", failed.message)

    def _run(self) -> None:
        while not self._stop.wait(self._rules.look_s):
            try:
                self.step()
            except ColdreelError as error:
                log.warning("%s", error.message)
            except Exception:  # a bug must cost one look, not the batches
                log.exception("something went wrong that should not")

    def step(self) -> None:
        """Send what is ready to be sent, then look at one batch that is due."""
        self._store.ledger.wake_forgotten()
        for name, service in self._services.items():
            try:
                if self._is_time_to_send(name, service):
                    self._send(name, service)
            except ProviderError as error:  # what was sent before is collected all the same
                log.warning("%s", error.message)
        rules = self._rules
        batch = self._store.batches.due(list(self._services), rules.poll_s, rules.recover_s)
        if batch is not None:
            self._look_at(batch, self._services[batch.provider])

    def _is_time_to_send(self, provider: str, service: BatchService) -> bool:
        """A batch is full, or nothing more is going to be asked soon."""
        if time.monotonic() < self._not_before.get(provider, 0.0):
            return False
        waiting = self._store.batches.unsent_bytes(provider)
        busy = not self._is_broke() and self._store.ledger.busy(list(self._services))
        return waiting >= service.most_bytes or (waiting > 0 and not busy)

    def _send(self, provider: str, service: BatchService) -> None:
        begun = self._store.batches.begin(provider, service.most_bytes)
        if begun is None:
            return
        label, bodies = begun
        try:
            name = service.send(str(label), {about.hex(): body for about, body in bodies.items()})
        except ProviderError as error:
            self._not_sent(OpenBatch(label, provider, None), error)
            raise
        if not self._store.batches.sent(label, name):
            log.warning(
                "%s was sent to %s after it had been given up; it is paid for and not read", name, provider
            )
            return
        log.info("%d requests were sent to %s as %s", len(bodies), provider, name)

    def _not_sent(self, batch: OpenBatch, error: ProviderError) -> None:
        """It was not sent, or nobody knows."""
        match error:
            case UnauthorisedError():
                self._store.batches.close(batch.label)
                self._not_before[batch.provider] = time.monotonic() + self._rules.pause_s
                self._give_up(error)
            case RateLimitedError():  # a batch may be large, so it is not uploaded again at once
                self._store.batches.close(batch.label)
                pause_s = max(error.retry_after_s, self._rules.pause_s)
                self._not_before[batch.provider] = time.monotonic() + pause_s
            case _ if error.retryable:  # it may have arrived: it is looked for under its label
                self._store.batches.look_soon(batch.label, self._rules.recover_s - self._rules.poll_s)
            case _:
                self._fail(batch, error)

    def _look_at(self, batch: OpenBatch, service: BatchService) -> None:
        try:
            name = batch.name or service.find(str(batch.label))
            if name is None:  # it was never sent: its requests go with the next
                self._store.batches.close(batch.label)
                return
            if batch.name is None:
                self._store.batches.sent(batch.label, name)
            replies = service.collect(name)
        except BatchLostError as error:
            self._fail(batch, error)
            raise
        except UnknownThereError as error:
            self._miss(batch, error)
            raise
        except UnauthorisedError as error:
            self._give_up(error)
            raise
        except ProviderError as error:
            if error.retryable and batch.name is None:
                self._store.batches.look_soon(batch.label, self._rules.recover_s - self._rules.poll_s)
            raise
        if replies is not None:
            self._take(replace(batch, name=name), replies)

    def _miss(self, batch: OpenBatch, error: UnknownThereError) -> None:
        """It was not found. It is given up the second time only: a wrong key, for a while, finds nothing."""
        if batch.label in self._missed:
            self._fail(batch, BatchLostError(f"The batch {batch.name} is there no more: {error.message}"))
        self._missed.add(batch.label)

    def _take(self, batch: OpenBatch, replies: Mapping[str, Reply | ColdreelError]) -> None:
        requests = self._store.batches.requests(batch.label)
        with self._store.database.transaction():
            self._store.ledger.hold_awaiting(request.about.hex() for request in requests)
            for request in requests:
                self._put(request, replies.get(request.about.hex(), _MISSING))
            self._finish(batch, requests)
        log.info("%d answers came from %s", len(requests), batch.name)

    def _put(self, request: BatchRequest, reply: Reply | ColdreelError) -> None:
        error = reply.error if isinstance(reply, Reply) else reply
        usage = reply.usage if isinstance(reply, Reply) else Usage()
        answer = to_keep(reply) if isinstance(reply, Reply) else None
        key = CallKey(request.provider, request.model, DESCRIBE, request.version, request.about)
        try:
            with self._store.database.transaction():
                self._store.calls.record(key, answer, usage.input_tokens, usage.output_tokens, usage.cost)
        except (psycopg.DataError, ValueError, TypeError) as unexpected:  # it must not keep the others out
            log.exception("an answer cannot be kept")
            error = BadAnswerError(f"The answer cannot be kept: {unexpected}")
        self._store.calls.correct(usage.cost - request.cost)
        if error is None:
            self._store.ledger.wake([request.about.hex()])
        else:
            self._store.ledger.fail_awaiting(request.about.hex(), error)

    def _fail(self, batch: OpenBatch, error: ProviderError) -> None:
        """The batch came to nothing: its requests are asked again where that can help."""
        requests = self._store.batches.requests(batch.label)
        with self._store.database.transaction():
            self._store.ledger.hold_awaiting(request.about.hex() for request in requests)
            for request in requests:
                self._store.calls.correct(-request.cost)
                self._store.ledger.fail_awaiting(request.about.hex(), error)
            self._finish(batch, requests)

    def _finish(self, batch: OpenBatch, requests: Sequence[BatchRequest]) -> None:
        self._store.batches.done([request.about for request in requests], batch.provider)
        self._store.batches.close(batch.label)


_MISSING = BadAnswerError("The batch came back without an answer to this request")
