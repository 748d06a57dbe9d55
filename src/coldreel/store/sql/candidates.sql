-- name: unseen
-- A condition on t.item beside `known`: the user has neither seen it nor been served it of late. It is hashed.
t.item not in (select k.item from known k)

-- name: known
-- What the user has seen or was served of late, read once per statement.
known as materialized (
    select x.item from interactions x where x.user_id = %(user)s
    union all
    select m.item
    from impressions m
    where m.user_id = %(user)s and m.served_at > now() - %(hold_back_s)s * interval '1 second'
)

-- name: eligible
-- A condition on t.item: it is unseen and may be shown. The look at items stands behind `offset 0`, or the planner
-- would join it.
{unseen} and exists (select from items i where i.id = t.item and {allowed} offset 0)

-- name: known_of
-- What is known of t.item, if it may be shown. The planner does not know of how few items that will be asked:
-- `limit 1` keeps it from reading whole tables to join them.
select coalesce(s.viewers, 0) as viewers,
       coalesce(s.pleased, 0) as pleased,
       a.prior,
       coalesce(a.state, 'testing') as trial,
       date_part('epoch', now() - i.published_at) / 86400 as age,
       i.duration_s,
       i.creator
from items i
left join item_stats s on s.item = i.id
left join arms a on a.item = i.id
where i.id = t.item and {allowed}
limit 1

-- name: candidates
-- Everything that one request asks of the catalogue, in one row of columns; of what is named, only which of it may
-- be shown. A scan of the index goes on until enough is found that may be shown. Limits are literals: the planner
-- takes an unknown one for a tenth of the table, and would sort all of it.
with {known},
wanted as (
    select 'interest' as origin, near.*, 0::real as related
    from unnest(%(probes)b::vector[]) p (v)
    cross join lateral (
        select t.item, t.v, c.*
        from vectors t
        cross join lateral ({known_of}) c
        where t.space = {space} and {unseen}
        order by t.v::halfvec({n}) <#> p.v::halfvec({n})
        limit {depth}
    ) near
    union all
    select t.origin, t.item, own.v, c.*, t.related
    from (
        select 'collaborative', related.neighbour, related.score
        from (
            select t.item as neighbour, max(n.score) as score
            from neighbours n
            cross join lateral (select n.neighbour) t (item)
            where n.item = any(%(seeds)s::bigint[]) and {unseen}
            group by t.item
            order by max(n.score) desc
            limit {related}
        ) related
        union all
        select 'fresh', newest.id, 0::real
        from (
            select i.id from items i where i.recommendable order by i.published_at desc limit {newest}
        ) newest
    ) t (origin, item, related)
    cross join lateral (select v.v from vectors v where v.space = {space} and v.item = t.item limit 1) own
    cross join lateral ({known_of}) c
    where {unseen} and (t.origin <> 'fresh' or c.trial = 'testing')
)
select (select array_agg(t.item) from unnest(%(named)s::bigint[]) t (item) where {eligible}),
       array_agg(w.origin),
       array_agg(w.item),
       string_agg(vector_send(w.v), ''::bytea),
       array_agg(w.related),
       array_agg(w.viewers),
       array_agg(w.pleased),
       array_agg(w.prior),
       array_agg(w.trial),
       array_agg(w.age),
       array_agg(w.duration_s),
       array_agg(w.creator)
from wanted w

-- name: columns
-- The same columns of items that were found already, in the order given.
select array_agg(%(origin)s::text order by t.n),
       array_agg(t.item order by t.n),
       string_agg(vector_send(v.v), ''::bytea order by t.n),
       array_agg(0::real order by t.n),
       array_agg(c.viewers order by t.n),
       array_agg(c.pleased order by t.n),
       array_agg(c.prior order by t.n),
       array_agg(c.trial order by t.n),
       array_agg(c.age order by t.n),
       array_agg(c.duration_s order by t.n),
       array_agg(c.creator order by t.n)
from unnest(%(items)s::bigint[]) with ordinality t (item, n)
cross join lateral ({known_of}) c
cross join lateral (select v.v from vectors v where v.space = {space} and v.item = t.item limit 1) v

-- name: shuffled
-- A stretch of what may be shown, in its shuffled order, from a point on and round the end.
with {known}
select stretch.item
from (values (1, %(start)s::float8, 1::float8), (2, 0, %(start)s)) lap (n, first, last)
cross join lateral (
    select t.item, s.shuffle
    from items s
    cross join lateral (select s.id) t (item)
    where s.recommendable and s.shuffle >= lap.first and s.shuffle < lap.last and {eligible}
    order by s.shuffle
    limit %(k)s
) stretch
order by lap.n, stretch.shuffle
limit %(k)s

-- name: lottery
-- Of these ids, in the order in which they were drawn, those that may be shown.
with {known}
select t.item
from unnest(%(drawn)s::bigint[]) with ordinality t (item, n)
where {eligible}
order by t.n
limit %(k)s

-- name: how_many_known
-- How many of the items up to this id the user knows, or was served of late.
with {known}
select count(*)
from (select distinct k.item from known k) met
join items i on i.id = met.item and i.recommendable
where i.id <= %(highest)s

-- name: held_back
-- What this user was served and has not seen.
select served.item
from (
    select distinct on (m.item) m.item, m.served_at, m.position
    from impressions m
    where m.user_id = %(user)s
      and not exists (select from interactions x where x.user_id = m.user_id and x.item = m.item)
    order by m.item, m.served_at desc
) served
join items i on i.id = served.item
where {allowed}
order by served.served_at, served.position
limit %(k)s

-- name: least_recently_seen
-- By when they were seen or last served, so that a page asked for before the last one was seen is another.
select x.item
from interactions x
join items i on i.id = x.item
left join lateral (
    select max(m.served_at) as at from impressions m where m.user_id = x.user_id and m.item = x.item
) served on true
where x.user_id = %(user)s and not x.not_interested and {allowed}
order by greatest(x.last_at, served.at)
limit %(k)s
