"""The search for neighbours alone: as bare SQL, and how much of an exact search the candidates find."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
import psycopg
from pgvector.psycopg import register_vector
from psycopg import sql

from coldreel.model import EVERYTHING
from coldreel.recommend.candidates import InterestSource
from coldreel.store.candidates import Audience, Candidates
from coldreel.store.store import Store
from feed_world import Size

_PROBES = 2
_DEPTH = InterestSource().depth
"""Candidates per probe and place, as the recommender takes them."""
_HEAVY = 300
"""Videos that a heavy user has seen, at least."""
_USERS = 500
_HOLD_BACK_S = 600.0


@dataclass(frozen=True, slots=True)
class Recall:
    """Share of the exact best that are among the candidates: the mean over probes, and the least."""

    mean: float
    least: float
    users: int


def bare(url: str, places: int, seed: int) -> Callable[[], None]:
    """A function that asks, over a connection of its own, for the neighbours of two interests of a user.

    As in a request: from the same index, with the same breadth of search, and as many for each probe.
    """
    connection = psycopg.connect(url, autocommit=True)
    register_vector(connection)
    connection.prepare_threshold = 0
    for setting in ("hnsw.iterative_scan = relaxed_order", "hnsw.ef_search = 100"):
        connection.execute(f"set {setting}".encode())
    connection.execute("set plan_cache_mode = force_generic_plan")
    space, dimensions = connection.execute("select id, dimensions from spaces where active").fetchone() or (
        0,
        0,
    )
    statement = sql.SQL(
        "select p.n, near.item from unnest(%(probes)b::vector[]) with ordinality p (v, n)"
        " cross join lateral (select t.item from vectors t where t.space = {space}"
        " order by t.v::halfvec({n}) <#> p.v::halfvec({n}) limit {depth}) near"
    ).format(space=sql.Literal(space), n=sql.Literal(dimensions), depth=sql.Literal(_DEPTH * places))
    query = statement.as_string(connection).encode()
    rng = np.random.default_rng(seed)
    with connection.cursor(binary=True) as cursor:
        states = cursor.execute(
            "select interests from user_state where space = %s order by random() limit %s", [space, _USERS]
        ).fetchall()
    probes = [[vector.to_numpy() for vector in (found * _PROBES)[:_PROBES]] for (found,) in states]

    def ask() -> None:
        with connection.cursor(binary=True) as cursor:
            cursor.execute(query, {"probes": probes[rng.integers(len(probes))]}).fetchall()

    return ask


def recall(url: str, places: int, most: int = 100) -> Recall:
    """Of the best so many items for each interest of heavy users, those that the candidate stage finds."""
    with Store.open(url) as store:
        space = store.spaces.active()
        assert space is not None  # the catalogue is filled
        candidates = Candidates(store.database, space)
        heavy = store.database.values(
            b"select u.ref from users u join user_state s on s.user_id = u.id where"
            b" (select count(*) from interactions x where x.user_id = u.id) >= %(heavy)s"
            b" order by u.id limit %(most)s",
            {"heavy": _HEAVY, "most": most},
        )
        shares = []
        for ref in heavy:
            viewer = candidates.viewer(ref, 0)
            assert viewer is not None  # it has interests
            audience = Audience(viewer.id, (), EVERYTHING, _HOLD_BACK_S)
            for probe in viewer.interests.vectors[:_PROBES]:
                columns = candidates.find(
                    audience, probes=[probe], depth=_DEPTH * places, seeds=(), related=0, named=(), newest=0
                ).columns
                best = store.database.values(
                    b"select v.item from vectors v join items i on i.id = v.item and i.recommendable"
                    b" where v.space = %(space)s"
                    b" and v.item not in (select item from interactions where user_id = %(user)s)"
                    b" and v.item not in (select item from impressions where user_id = %(user)s"
                    b"     and served_at > now() - %(hold_back_s)s * interval '1 second')"
                    b" order by v.v <#> %(probe)s::vector limit %(places)s",
                    audience.params() | {"space": space.id, "probe": probe, "places": places},
                )
                shares.append(len(set(best) & set(columns[1] if columns else ())) / len(best))
    return Recall(float(np.mean(shares)), min(shares), len(heavy)) if shares else Recall(0.0, 0.0, 0)


def is_counted(url: str, within_s: float) -> bool:
    """Whether the catalogue was counted in the last so many seconds."""
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(
            "select counted_at > now() - %s * interval '1 second' from census", [within_s]
        ).fetchone()
    return bool(row and row[0])


def note_size(url: str, size: Size) -> None:
    """Write down of what size a catalogue was made, in a place that nothing reads."""
    with psycopg.connect(url, autocommit=True) as connection:
        comment = sql.SQL("comment on database coldreel is {}").format(sql.Literal(json.dumps(asdict(size))))
        connection.execute(comment)


def size_of(url: str) -> Size | None:
    """The size of a catalogue that was made before; None where there is none."""
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(
            "select shobj_description(oid, 'pg_database') from pg_database where datname = 'coldreel'"
        ).fetchone()
    return Size(**json.loads(row[0])) if row and row[0] else None
