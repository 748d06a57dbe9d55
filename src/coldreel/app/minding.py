"""Minding a catalogue: how far the work is, what it has cost, and which spaces there are."""

from __future__ import annotations

from collections.abc import Sequence

from coldreel.app.catalogue import Catalogue
from coldreel.app.rows import SpaceRow
from coldreel.errors import ProviderError
from coldreel.model import Failure, Progress
from coldreel.store.calls import BillLine


class Minding(Catalogue):
    def status(self, sources: Sequence[int] | None = None) -> Progress:
        """Counts by state, of all sources or of the given ones."""
        return self.store.ledger.progress(sources)

    def failures(self, sources: Sequence[int] | None = None, limit: int = 10_000) -> list[Failure]:
        """Sources that did not become items, or not ones that can be played, and why: the first `limit`."""
        return self.store.ledger.failures(sources, limit)

    @property
    def spent(self) -> float:
        """US dollars that all calls to providers have cost, those that are being made included."""
        return self.store.calls.spent()

    def bill(self) -> list[BillLine]:
        """What calls to providers took, by provider, model and purpose."""
        return self.store.calls.bill()

    def spaces(self) -> list[SpaceRow]:
        """Every space there is, oldest first."""
        return [SpaceRow.of(space, self.store.spaces.held(space)) for space in self.store.spaces.all()]

    def drop_space(self, name: str) -> None:
        """Remove a space that does not serve. Raises ProviderError."""
        found = {space.name: space for space in self.store.spaces.all()}
        if name not in found or found[name].active:
            others = [each for each, space in found.items() if not space.active]
            raise ProviderError(
                f"{name!r} is not a space that can be dropped; "
                + (
                    f"these are: {', '.join(others)}"
                    if others
                    else "there is none beside the one that serves"
                )
            )
        self.store.spaces.drop(found[name])
