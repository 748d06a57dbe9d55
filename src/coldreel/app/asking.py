"""Asking a catalogue, and telling it what people did."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from coldreel.app import wiring
from coldreel.app.catalogue import Catalogue
from coldreel.app.recording import event, named
from coldreel.app.rows import (
    BoardRow,
    FeedPage,
    ItemDetails,
    Rows,
    SearchRow,
    SimilarRow,
    search_rows,
    similar_rows,
)
from coldreel.learn.counting import count
from coldreel.learn.feedback import Receipt, take
from coldreel.model import EVERYTHING, Board, Event, EventKind, Item, Policy
from coldreel.recommend.boards import entries


class Asking(Catalogue):
    def item(self, ref: str) -> Item:
        """The item of that ref or file name. Raises UnknownItemError and AmbiguousRefError."""
        return self.store.items.find(ref)

    def details(self, ref: str) -> ItemDetails:
        """All that is known of an item. Raises UnknownItemError and AmbiguousRefError."""
        item = self.store.items.find(ref)
        history = self.store.items.history(item.id)
        return ItemDetails(item, history[0][1], tuple(history[1:]), tuple(self.store.calls.bill_of(item.id)))

    def similar(self, ref: str, k: int = 10) -> Rows[SimilarRow]:
        """The item itself, first with 1.0, and its nearest by cosine: k rows in all."""
        return similar_rows(self.recommendations.similar(ref, k))

    def search(self, words: str, k: int = 10) -> Rows[SearchRow]:
        """Up to k items that answer these words; none for nonsense."""
        return search_rows(self.recommendations.search(words, k))

    def feed(self, user: str, n: int | None = None, policy: Policy = EVERYTHING) -> FeedPage:
        """The next n items for a user, with the reason for each. Raises InvalidRequestError for a bad name.

        policy: what this page may hold, beside what the settings say
        """
        return FeedPage.of(self.recommendations.feed(named(user), n or self.settings.page_size, policy))

    def boards(self, board: Board | str, k: int = 20) -> Rows[BoardRow]:
        """The first k of a board: hits, gems, fresh or best. The catalogue is counted first, when due."""
        count(self.store, self.store.database.now(), wiring.counting_rules(self.settings))
        return Rows(
            BoardRow, map(BoardRow.of, entries(self.store, Board(board), k, wiring.policy(self.settings)))
        )

    def feedback(self, events: Sequence[Event]) -> Receipt:
        """Take what users did; sending it twice changes nothing."""
        return take(self.store, events, datetime.now(UTC))

    def record(
        self,
        user: str,
        item: str,
        kind: EventKind | str,
        watched_s: float | None = None,
        request_id: UUID | None = None,
    ) -> Receipt:
        """Take what a user has just done with an item: view, like, share … as in `EventKind`."""
        now = datetime.now(UTC)
        return self.feedback([event(user, item, EventKind(kind), now, watched_s, request_id)])
