"""What a feed request asks for, answered from memory by exact search: the desk of a simulated world."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from coldreel.evaluate.books import Books, Count
from coldreel.evaluate.nights import Logged
from coldreel.model import Board, FeedItem, Item, Origin, Slot, Trial, Vector, Weights
from coldreel.recommend.candidates import Question
from coldreel.recommend.pool import ORIGINS, Floats, Pool
from coldreel.recommend.request import Request
from coldreel.recommend.showcase import Showcase
from coldreel.recommend.viewer import Favourite, Viewer

_CODES = {origin: code for code, origin in enumerate(ORIGINS)}
_THEN = datetime(2026, 1, 1, tzinfo=UTC)


class MemoryDesk:
    """A desk over the books. Items are known by their row; each has a creator of its own.

    In a simulated world all that is served is watched before the next page is asked for, so nothing is ever
    held back.
    """

    def __init__(self, books: Books, weights: Weights, favourites: int = 8) -> None:
        people = len(books.favourites)
        self._books = books
        self.weights = weights
        self.logged: list[Logged] = []
        self._favourites = favourites
        self._served = np.zeros(people, np.int64)
        self._explored = np.zeros(people, np.int64)
        self._explored_on = np.zeros(people, np.int64)
        self._showcase: Showcase | None = None
        self._cards = [_card(row, float(d)) for row, d in enumerate(books.duration_s)]
        self._creators = np.array([card.creator for card in self._cards], dtype=object)

    # --- the protocol of a request ----------------------------------------

    def showcase(self) -> Showcase:
        count = self._books.count
        assert count is not None, "pages are asked for after the first count"
        kept = self._showcase
        if kept is None or kept.census is not count.census or kept.weights is not self.weights:
            self._showcase = kept = self._put_up(count)
        return kept

    def viewer(self, user: str) -> Viewer:
        id_, books = int(user), self._books
        latest = list(books.favourites[id_].items())[: -self._favourites - 1 : -1]
        return Viewer(
            id=id_,
            ref=user,
            interests=books.interests(id_),
            favourites=tuple(Favourite(item, liked, books.content[item]) for item, liked in latest),
            served=int(self._served[id_]),
            explored=int(self._explored[id_]) if self._explored_on[id_] == self._today() else 0,
        )

    def candidates(self, request: Request, question: Question) -> Pool:
        open_ = self._books.unseen(request.viewer.id)
        found: dict[tuple[Origin, int], None] = {}
        if question.probes:
            fits = self._books.content @ np.stack(question.probes).T
            for column in fits.T:
                found |= {
                    (Origin.INTEREST, int(row)): None for row in _nearest(column, open_, question.depth)
                }
        found |= {(origin, item): None for origin, item in question.named if open_[item]}
        related = self._related(question, open_)
        found |= {(Origin.COLLABORATIVE, item): None for item in related}
        newest = self._newest(question.newest)
        testing = self._books.states == Trial.TESTING
        found |= {(Origin.FRESH, item): None for item in newest if open_[item] and testing[item]}
        pool = self._pool([item for _, item in found], [origin for origin, _ in found])
        told = [related.get(item, 0.0) if origin is Origin.COLLABORATIVE else 0.0 for origin, item in found]
        return replace(pool, related=np.array(told))

    def _related(self, question: Question, open_: NDArray[np.bool_]) -> dict[int, float]:
        """Of what is related to the seeds the most related, and how much each is."""
        if self._books.neighbours is None or not question.seeds:
            return {}
        most = self._books.neighbours[list(question.seeds)].max(axis=0).toarray().ravel()
        rows = _nearest(most, open_ & (most > 0), question.related)
        return dict(zip(rows.tolist(), most[rows].tolist(), strict=True))

    def shuffled_unseen(self, request: Request, k: int) -> Pool:
        return self._drawn(request, k)

    def lottery(self, request: Request, k: int) -> tuple[Pool, float | None]:
        others = int(self._books.unseen(request.viewer.id).sum())
        return self._drawn(request, k), 1.0 / max(others, 1)

    def held_back(self, request: Request, k: int) -> Pool:  # noqa: ARG002 - asked by the protocol
        return Pool.empty(self._books.content.shape[1])

    def least_recently_seen(self, request: Request, k: int) -> Pool:
        seen = [x for x in self._books.interactions[request.viewer.id].values() if not x.not_interested]
        oldest = sorted(seen, key=lambda interaction: interaction.last_at)[:k]
        return self._pool([x.item for x in oldest], [Origin.AGAIN] * len(oldest))

    def cards(self, ids: Sequence[int]) -> list[Item]:
        return [self._cards[row] for row in ids if self._books.visible[row]]

    def log(
        self,
        request_id: UUID,  # noqa: ARG002 - so does the protocol call it
        viewer: Viewer,
        served: Sequence[FeedItem],
        model_version: str,  # noqa: ARG002 - there is one in a run
    ) -> None:
        self._served[viewer.id] += len(served)
        at = self._books.now.timestamp()
        self.logged += [
            Logged(viewer.id, each.item.id, at, each.slot, each.propensity, each.parts)
            for each in served
            if not each.again
        ]
        fresh = [place.item.id for place in served if place.slot is Slot.FRESH]
        if self._explored_on[viewer.id] != self._today():
            self._explored_on[viewer.id], self._explored[viewer.id] = self._today(), 0
        self._explored[viewer.id] += len(fresh)
        self._books.explored[fresh] += 1

    # ----------------------------------------

    def _put_up(self, count: Count) -> Showcase:
        rows = {
            board: np.array([row.item for row in ranked], np.int64) for board, ranked in count.boards.items()
        }
        return Showcase(
            census=count.census,
            weights=self.weights,
            best=rows[Board.BEST],
            hits=rows[Board.HITS],
            gems=rows[Board.GEMS],
            fresh=rows[Board.FRESH],
            fresh_vectors=self._books.content[rows[Board.FRESH]],
        )

    def _today(self) -> int:
        return self._books.now.toordinal()

    def _newest(self, n: int) -> list[int]:
        """The latest n that were taken in."""
        (there,) = np.nonzero(self._books.visible)
        ages = self._books.ages[there]
        return [int(row) for row in there[np.argsort(ages, kind="stable")[:n]]] if n else []

    def _drawn(self, request: Request, k: int) -> Pool:
        (there,) = np.nonzero(self._books.unseen(request.viewer.id))
        rows = request.rng.choice(there, size=min(k, len(there)), replace=False).tolist()
        return self._pool(rows, [Origin.RANDOM] * len(rows))

    def _pool(self, rows: Sequence[int], origins: Sequence[Origin]) -> Pool:
        books, at = self._books, np.array(rows, np.int64)
        related: Floats = np.zeros(len(at))
        return Pool(
            items=at,
            origins=np.array([_CODES[origin] for origin in origins], np.int8),
            vectors=books.content[at],
            related=related,
            viewers=books.viewers[at],
            pleased=books.pleased[at],
            priors=books.prior[at],
            testing=books.states[at] == Trial.TESTING,
            ages=books.ages[at],
            durations=books.duration_s[at],
            creators=self._creators[at],
        )


def _nearest(fits: Vector, open_: NDArray[np.bool_], k: int) -> NDArray[np.intp]:
    """Rows of the k greatest among the open ones, best first."""
    (there,) = np.nonzero(open_)
    k = min(k, len(there))
    if k == 0:
        return there
    values = fits[there]
    top = np.argpartition(-values, k - 1)[:k]
    return there[top[np.argsort(-values[top], kind="stable")]]


def _card(row: int, duration_s: float) -> Item:
    return Item(
        id=row,
        ref=str(row),
        file="",
        uri="",
        title=str(row),
        description="",
        tags=(),
        genres=(),
        creator=str(row),
        duration_s=duration_s,
        width=None,
        height=None,
        has_sound=None,
        published_at=_THEN,
    )
