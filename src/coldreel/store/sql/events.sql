-- name: make_partitions
select make_partitions(now() + n * interval '1 month') from generate_series(0, 2) n

-- name: append
-- A resend is ignored; returns the ids that were new.
insert into events (event_id, user_id, item, kind, watched_s, request_id, at, said_at)
select * from unnest(
    %(event_ids)s::uuid[], %(users)s::bigint[], %(items)s::bigint[], %(kinds)s::text[], %(watched)s::real[],
    %(request_ids)s::uuid[], %(ats)s::timestamptz[], %(said_ats)s::timestamptz[]
)
on conflict (event_id) do nothing
returning event_id

-- name: between
-- What each of these users did with the item beside it, from a moment on; all of it where that is null.
select pair.n::integer, e.event_id, e.kind, e.watched_s, e.request_id, e.at
from unnest(%(users)s::bigint[], %(items)s::bigint[], %(sinces)s::timestamptz[])
     with ordinality pair (user_id, item, since, n)
cross join lateral (
    select * from events e
    where e.user_id = pair.user_id and e.item = pair.item and e.at >= coalesce(pair.since, '-infinity')
    offset 0
) e
order by pair.n, e.at, e.event_id

-- name: history
select e.event_id, u.ref, e.item, i.ref, e.kind, e.watched_s, e.request_id, e.at, e.said_at, i.duration_s
from events e join users u on u.id = e.user_id join items i on i.id = e.item
where e.user_id = %(user)s
order by e.at, e.event_id

-- name: change
-- Add to the counts of items, in the order given. Decayed ones are kept as of the latest change.
insert into item_stats as s (
    item, viewers, pleased, views, long_views, skips, likes, shares, not_interested, loops, watched_s,
    fast_viewers, fast_pleased, slow_viewers, slow_pleased, decayed_at
)
select * from unnest(
    %(item)s::bigint[], %(viewers)s::integer[], %(pleased)s::integer[], %(views)s::integer[],
    %(long_views)s::integer[], %(skips)s::integer[], %(likes)s::integer[], %(shares)s::integer[],
    %(not_interested)s::integer[], %(loops)s::integer[], %(watched_s)s::double precision[],
    %(fast_viewers)s::double precision[], %(fast_pleased)s::double precision[],
    %(slow_viewers)s::double precision[], %(slow_pleased)s::double precision[], %(decayed_at)s::timestamptz[]
)
on conflict (item) do update
set viewers        = s.viewers + excluded.viewers,
    pleased        = s.pleased + excluded.pleased,
    views          = s.views + excluded.views,
    long_views     = s.long_views + excluded.long_views,
    skips          = s.skips + excluded.skips,
    likes          = s.likes + excluded.likes,
    shares         = s.shares + excluded.shares,
    not_interested = s.not_interested + excluded.not_interested,
    loops          = s.loops + excluded.loops,
    watched_s      = s.watched_s + excluded.watched_s,
    fast_viewers   = left_of(s.fast_viewers, s.decayed_at, greatest(s.decayed_at, excluded.decayed_at), %(fast_s)s)
                     + left_of(excluded.fast_viewers, excluded.decayed_at,
                               greatest(s.decayed_at, excluded.decayed_at), %(fast_s)s),
    fast_pleased   = left_of(s.fast_pleased, s.decayed_at, greatest(s.decayed_at, excluded.decayed_at), %(fast_s)s)
                     + left_of(excluded.fast_pleased, excluded.decayed_at,
                               greatest(s.decayed_at, excluded.decayed_at), %(fast_s)s),
    slow_viewers   = left_of(s.slow_viewers, s.decayed_at, greatest(s.decayed_at, excluded.decayed_at), %(slow_s)s)
                     + left_of(excluded.slow_viewers, excluded.decayed_at,
                               greatest(s.decayed_at, excluded.decayed_at), %(slow_s)s),
    slow_pleased   = left_of(s.slow_pleased, s.decayed_at, greatest(s.decayed_at, excluded.decayed_at), %(slow_s)s)
                     + left_of(excluded.slow_pleased, excluded.decayed_at,
                               greatest(s.decayed_at, excluded.decayed_at), %(slow_s)s),
    decayed_at     = greatest(s.decayed_at, excluded.decayed_at)

-- name: hold_interactions
-- Until the transaction ends nobody changes an interaction; whoever is about to has counted it, or waits.
lock table interactions in share row exclusive mode

-- name: recount
-- The counts of all items anew, as of a moment: the sums over their interactions.
with summed as (
    select item,
           count(*) as viewers,
           count(*) filter (where pleased) as pleased,
           sum(views) as views,
           sum(long_views) as long_views,
           sum(skips) as skips,
           count(*) filter (where liked) as likes,
           sum(shares) as shares,
           count(*) filter (where not_interested) as not_interested,
           sum(loops) as loops,
           sum(watched_s) as watched_s,
           sum(fast) as fast_viewers,
           coalesce(sum(fast) filter (where pleased), 0) as fast_pleased,
           sum(slow) as slow_viewers,
           coalesce(sum(slow) filter (where pleased), 0) as slow_pleased
    from interactions
    cross join lateral (
        select left_of(1, first_at, %(at)s, %(fast_s)s) as fast, left_of(1, first_at, %(at)s, %(slow_s)s) as slow
    ) decayed
    group by item
),
gone as (
    delete from item_stats s where not exists (select from summed where summed.item = s.item)
)
insert into item_stats (
    item, viewers, pleased, views, long_views, skips, likes, shares, not_interested, loops, watched_s,
    fast_viewers, fast_pleased, slow_viewers, slow_pleased, decayed_at
)
select summed.*, %(at)s from summed order by item
on conflict (item) do update
set (viewers, pleased, views, long_views, skips, likes, shares, not_interested, loops, watched_s,
     fast_viewers, fast_pleased, slow_viewers, slow_pleased, decayed_at)
  = row (excluded.viewers, excluded.pleased, excluded.views, excluded.long_views, excluded.skips,
         excluded.likes, excluded.shares, excluded.not_interested, excluded.loops, excluded.watched_s,
         excluded.fast_viewers, excluded.fast_pleased, excluded.slow_viewers, excluded.slow_pleased,
         excluded.decayed_at)

-- name: stats
select item, viewers, pleased, views, long_views, skips, likes, shares, not_interested, loops, watched_s,
       fast_viewers, fast_pleased, slow_viewers, slow_pleased, decayed_at
from item_stats where item = any(%(items)s)
