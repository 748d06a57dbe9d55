"""Requests that are sent together and answered later; who is killed meanwhile pays for nothing twice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from coldreel.store import queries
from coldreel.store.calls import CallKey
from coldreel.store.database import Database

_SQL = queries.load("batches")


@dataclass(frozen=True, slots=True)
class OpenBatch:
    """One that was begun. `name` is the provider's; None when it is not known whether it was sent."""

    label: UUID
    provider: str
    name: str | None


@dataclass(frozen=True, slots=True)
class BatchRequest:
    about: bytes
    provider: str
    model: str
    version: str
    cost: float
    """That was reserved for it, in US dollars."""


@dataclass(frozen=True, slots=True)
class Out:
    """What has been sent and is not answered yet."""

    batches: int
    requests: int


class Batches:
    def __init__(self, database: Database) -> None:
        self._database = database

    def ask(self, key: CallKey, body: bytes, cost: float) -> None:
        """Have a request about a video sent with the next batch; once, however often it is asked.

        cost: US dollars that were reserved for it; given back where it is not the first
        """
        params = {
            "about": key.about, "provider": key.provider, "model": key.model, "version": key.version,
            "body": body, "cost": cost,
        }  # fmt: skip
        self._database.execute(_SQL["ask"], params)

    def unsent_bytes(self, provider: str) -> int:
        return int(self._database.value(_SQL["unsent"], {"provider": provider}))

    def begin(self, provider: str, most_bytes: int) -> tuple[UUID, Mapping[bytes, bytes]] | None:
        """Put what waits into a batch that is about to be sent: its label and the bodies by content hash.

        None where nothing waits.
        """
        with self._database.transaction():
            label: UUID = self._database.value(_SQL["open"], {"provider": provider})
            params = {"provider": provider, "label": label, "most_bytes": most_bytes}
            bodies = {
                bytes(about): bytes(body) for about, body in self._database.tuples(_SQL["fill"], params)
            }
            if not bodies:
                self.close(label)
                return None
        return label, bodies

    def sent(self, label: UUID, name: str) -> bool:
        """It was taken by the provider under that name; False where somebody has given it up meanwhile."""
        return self._database.execute(_SQL["sent"], {"label": label, "name": name}) > 0

    def due(self, providers: Sequence[str], poll_s: float, recover_s: float) -> OpenBatch | None:
        """A batch to look at: one that nobody has for `poll_s`, or that was not sent within `recover_s`."""
        params = {"providers": list(providers), "poll_s": poll_s, "recover_s": recover_s}
        return self._database.row(_SQL["due"], params, into=OpenBatch)

    def look_soon(self, label: UUID, earlier_s: float) -> None:
        """Its sender gave up: it is looked for as if it had been begun so many seconds earlier."""
        self._database.execute(_SQL["look_soon"], {"label": label, "earlier_s": earlier_s})

    def forget(self, about: bytes) -> None:
        """A video is gone: what was not sent about it is not sent, and nothing of it is kept."""
        self._database.execute(_SQL["forget"], {"about": about})

    def requests(self, label: UUID) -> list[BatchRequest]:
        rows = self._database.tuples(_SQL["requests"], {"label": label})
        return [BatchRequest(bytes(about), p, m, v, cost) for about, p, m, v, cost in rows]

    def done(self, hashes: Iterable[bytes], provider: str) -> None:
        """These were answered, or will not be."""
        self._database.execute(_SQL["done"], {"hashes": list(hashes), "provider": provider})

    def close(self, label: UUID) -> None:
        """The batch is over; what was not answered waits to be sent again."""
        with self._database.transaction():
            self._database.execute(_SQL["drop_forgotten"], {"label": label})
            self._database.execute(_SQL["close"], {"label": label})

    def out(self) -> Out:
        found = self._database.row(_SQL["out"], into=Out)
        assert found is not None  # a count is always there
        return found
