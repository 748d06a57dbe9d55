"""Writing a made-up world into an empty catalogue, in bulk: what ingesting and watching would leave."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import psycopg
from numpy.typing import NDArray
from pgvector.psycopg import register_vector
from psycopg import sql

from coldreel.store.store import Store
from coldreel.store.vectors import StoredSpace
from feed_world import Shelves, Size, Views, interests, shelves, views

SEED = 1
_PAGE = 10
_INDEX_MEMORY = "1GB"
_BOARD = 100
"""Rows of a board."""


def fill(url: str, size: Size) -> None:
    """Fill an empty catalogue. Its index is made when the rows are there, as the catalogue defines it."""
    rng = np.random.default_rng(SEED)
    with Store.open(url) as store:
        space = store.spaces.ensure(f"world-{size.dimensions}", {}, size.dimensions, slice(0, 0))
    with psycopg.connect(url, autocommit=True) as connection:
        register_vector(connection)
        shelf = shelves(size, rng)
        _say("items")
        _items(connection, size, shelf, rng)
        _vectors(connection, space, shelf)
        seen = views(size, shelf, rng)
        _say("users")
        _users(connection, size)
        connection.execute("analyze")  # else foreign keys are checked by reading whole tables
        _say("what they watched")
        connection.execute("set session_replication_role = replica")  # foreign keys hold as it was made
        _watched(connection, seen, rng)
        _interests(connection, size, space, shelf, seen)
        connection.execute("set session_replication_role = origin")
        _say("statistics")
        _statistics(connection)
        _say("vacuum")
        connection.execute("vacuum analyze")
        connection.execute("checkpoint")


def _say(what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} filling: {what}", file=sys.stderr, flush=True)


def _copy(
    connection: psycopg.Connection[Any],
    table: str,
    columns: Sequence[str],
    types: Sequence[str],
    rows: Iterable[Sequence[Any]],
) -> None:
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    statement = sql.SQL("copy {} ({}) from stdin with (format binary)").format(sql.Identifier(table), names)
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types(list(types))
        for row in rows:
            copy.write_row(row)


def _items(connection: psycopg.Connection[Any], size: Size, shelf: Shelves, rng: np.random.Generator) -> None:
    """Item n of the world gets the id n + 1."""
    ages = 60.0 * rng.random(size.items)
    connection.execute(
        "insert into items (ref, content_hash, duration_s, width, height, fps, container, video_codec,"
        " pixel_format, audio_codec, creator, playback, published_at)"
        " select left(encode(hash, 'hex'), 12), hash, duration, 1080, 1920, 30, 'mp4', 'h264', 'yuv420p',"
        "        'aac', 'creator-' || creator, 'source', now() - age * interval '1 day'"
        " from unnest(%s::real[], %s::int[], %s::real[]) with ordinality w (duration, creator, age, n),"
        "      sha256(n::text::bytea) hash order by n",
        [shelf.durations.tolist(), rng.integers(0, size.items // 20, size.items).tolist(), ages.tolist()],
    )
    connection.execute(
        "insert into sources (uri, version, item) select '/clips/' || ref || '.mp4', '1', id from items"
    )
    connection.execute(
        "insert into descriptions (item, title, tags, genres, description, on_screen_text, transcript,"
        " provider, model, prompt_version, evidence, words)"
        " select id, title, array['topic ' || topic, 'short', 'sound ' || topic %% 7, 'made up'],"
        "        array['genre ' || topic %% 12],"
        "        title || ', seen from near by, with a person in front of it and some music behind.',"
        "        '', '', 'made', 'none', '1', '{}', to_tsvector('simple', title)"
        " from unnest(%s::int[]) with ordinality w (topic, id),"
        "      format('A short about topic %%s', topic) title",
        [shelf.topics.tolist()],
    )


def _vectors(connection: psycopg.Connection[Any], space: StoredSpace, shelf: Shelves) -> None:
    partition = f"vectors_{space.id}"
    indexes = connection.execute(
        "select indexname, indexdef from pg_indexes"
        " where tablename = %s and indexdef like '%% USING hnsw %%'",
        [partition],
    ).fetchall()
    for name, _ in indexes:
        connection.execute(sql.SQL("drop index {}").format(sql.Identifier(name)))
    rows = ((space.id, n + 1, vector, 0.0) for n, vector in enumerate(shelf.vectors))
    _say("vectors")
    _copy(
        connection, "vectors", ("space", "item", "v", "text_norm"), ("int4", "int8", "vector", "float4"), rows
    )
    connection.execute(sql.SQL("set maintenance_work_mem = {}").format(sql.Literal(_INDEX_MEMORY)))
    for _, definition in indexes:
        _say("index")
        connection.execute(sql.SQL(definition))


def _users(connection: psycopg.Connection[Any], size: Size) -> None:
    """User n of the world gets the id n + 1, and is called `user-<n>`."""
    connection.execute(
        "insert into users (ref, served) select 'user-' || n, 0 from generate_series(0, %s) n order by n",
        [size.users - 1],
    )


def _watched(connection: psycopg.Connection[Any], seen: Views, rng: np.random.Generator) -> None:
    """Events, interactions and impressions: one impression a view, pages of ten."""
    now = datetime.now(UTC)
    order = np.lexsort((-seen.days_ago, seen.users))
    at = [now - timedelta(days=float(d)) for d in seen.days_ago]
    pages = rng.bytes(16 * (len(order) // _PAGE + 1))
    page_of = [pages[16 * (k // _PAGE) : 16 * (k // _PAGE) + 16].hex() for k in range(len(order))]
    statement = (
        "create temporary table watched (user_id bigint, item bigint, at timestamptz, watched_s real,"
        " long boolean, skipped boolean, liked boolean, not_interested boolean, request_id text, place int)"
    )
    connection.execute(statement)
    columns = [
        (seen.users + 1).tolist(),
        (seen.items + 1).tolist(),
        at,
        seen.watched_s.tolist(),
        seen.long.tolist(),
        seen.skipped.tolist(),
        seen.liked.tolist(),
        seen.not_interested.tolist(),
    ]
    names = (
        "user_id", "item", "at", "watched_s", "long", "skipped", "liked", "not_interested", "request_id",
        "place",
    )  # fmt: skip
    types = ("int8", "int8", "timestamptz", "float4", "bool", "bool", "bool", "bool", "text", "int4")
    rows = ((*(c[i] for c in columns), page_of[k], k % _PAGE) for k, i in enumerate(order.tolist()))
    _copy(connection, "watched", names, types, rows)
    connection.execute(
        "insert into interactions (user_id, item, first_at, last_at, views, watched_s, long_views, skips,"
        " loops, liked, not_interested)"
        " select user_id, item, at, at, 1, watched_s, long::int, skipped::int, floor(watched_s / duration_s),"
        "        liked, not_interested"
        " from watched join items on items.id = watched.item order by user_id, item"
    )
    # A UUIDv7 of the event's moment, its random bits from the row.
    connection.execute(
        "insert into events (event_id, user_id, item, kind, watched_s, request_id, at)"
        " select (left(uuid7_floor(at)::text, 15) || substr(md5(user_id || kind || item), 1, 3) || '-8'"
        "         || substr(md5(item || kind || user_id), 1, 3) || '-'"
        "         || substr(md5(item || kind || user_id), 4, 12))::uuid,"
        "        user_id, item, kind, case kind when 'view' then watched_s end, request_id::uuid, at"
        " from watched cross join lateral (values ('view', true), ('like', liked),"
        "      ('not_interested', not_interested)) k (kind, done) where done order by at"
    )
    connection.execute(
        "insert into impressions (request_id, position, user_id, item, slot, origin, score, parts,"
        " model_version, served_at)"
        " select request_id::uuid, place, user_id, item, 'main', 'interest', 0.1,"
        """        '{"content_fit": 0.712345, "posterior": 0.123456, "certainty": 0.3, "age": 0.5}',"""
        "        'made-1', at - interval '10 seconds'"
        " from watched order by at"
    )


def _interests(
    connection: psycopg.Connection[Any], size: Size, space: StoredSpace, shelf: Shelves, seen: Views
) -> None:
    now = datetime.now(UTC)
    found = interests(shelf, seen, size.users)
    aversions: dict[int, list[NDArray[np.float32]]] = {}
    for n in np.flatnonzero(seen.not_interested):
        aversions.setdefault(int(seen.users[n]), []).append(shelf.vectors[seen.items[n]])
    rows = (
        (
            user + 1,
            space.id,
            list(vectors),
            [float(n) for n in counts],
            now,
            counts,
            aversions.get(user, [])[:4],
        )
        for user, (vectors, counts) in found.items()
    )
    names = ("user_id", "space", "interests", "weights", "updated_at", "positives", "aversions")
    types = ("int8", "int4", "vector[]", "float4[]", "timestamptz", "int4[]", "vector[]")
    _copy(connection, "user_state", names, types, rows)


def _statistics(connection: psycopg.Connection[Any]) -> None:
    """What counting would find: decayed by a day and by a week, arms, census and boards.

    Arms by a normal approximation of the posterior, boards by simpler scores than the recommender's own,
    which makes them anew within a minute.
    """
    connection.execute(
        "insert into item_stats (item, viewers, pleased, views, long_views, skips, likes, not_interested,"
        " loops, watched_s, fast_viewers, fast_pleased, slow_viewers, slow_pleased, decayed_at)"
        " select item, count(*), count(*) filter (where pleased), sum(views), sum(long_views), sum(skips),"
        "        count(*) filter (where liked), count(*) filter (where not_interested), sum(loops),"
        "        sum(watched_s),"
        "        sum(exp(-ln(2) * age)), coalesce(sum(exp(-ln(2) * age)) filter (where pleased), 0),"
        "        sum(exp(-ln(2) * age / 7)),"
        "        coalesce(sum(exp(-ln(2) * age / 7)) filter (where pleased), 0), now()"
        " from interactions, lateral (select extract(epoch from now() - first_at)::float8 / 86400 as age) a"
        " group by item order by item"
    )
    connection.execute(
        "insert into census (counted_at, items, highest, rate, strength, median_viewers, upper_quintile)"
        " select now(), (select count(*) from items), (select max(id) from items),"
        "        sum(pleased)::float / sum(viewers), 6, percentile_cont(0.5) within group (order by viewers),"
        "        percentile_cont(0.8) within group (order by pleased::float / viewers)"
        "            filter (where viewers >= 5)"
        " from item_stats"
    )
    connection.execute(
        "insert into arms (item, prior, prior_at, state)"
        " select item, rate, now(), case when viewers < 10 or abs(mean - rate) < 0.8 * sqrt(rate / viewers)"
        "        then 'testing' when mean > rate then 'graduated' else 'resting' end"
        " from item_stats, lateral (select (pleased + 1.0) / (viewers + 2.0) as mean) m, census order by item"
    )
    connection.execute(
        "insert into boards (board, rank, item, score, evidence)"
        " select board, n, item, score, jsonb_build_object('viewers', viewers, 'pleased', pleased,"
        "        'long_views', long_views, 'median_viewers', (select median_viewers from census))"
        " from ("
        "     select board, item, score, viewers, pleased, long_views,"
        "            row_number() over (partition by board order by score desc, item) n"
        "     from item_stats cross join lateral (values"
        "         ('hits', fast_pleased / (fast_viewers + 3)),"
        "         ('gems', case when viewers < 10 then (pleased + 1.0) / (viewers + 4.0) else 0 end),"
        "         ('fresh', 1.0 / viewers)) b (board, score)"
        " ) ranked where n <= %s",
        [_BOARD],
    )
