-- name: make_partitions
select make_partitions(now() + n * interval '1 month') from generate_series(0, 2) n

-- name: append
-- A resend is ignored; returns the ids that were new.
insert into events (event_id, user_id, item, kind, watched_s, request_id, at)
select * from unnest(
    %(event_ids)s::uuid[], %(users)s::bigint[], %(items)s::bigint[], %(kinds)s::text[], %(watched)s::real[],
    %(request_ids)s::uuid[], %(ats)s::timestamptz[]
)
on conflict (event_id) do nothing
returning event_id

-- name: watched
select user_id, item, request_id, coalesce(sum(watched_s), 0)::double precision
from events
where user_id = any(%(users)s) and event_id >= %(since)s and item = any(%(items)s)
  and kind = any(%(kinds)s)
group by user_id, item, request_id

-- name: history
select e.event_id, u.ref, e.item, i.ref, e.kind, e.watched_s, e.request_id, e.at, i.duration_s
from events e join users u on u.id = e.user_id join items i on i.id = e.item
where e.user_id = %(user)s
order by e.at, e.event_id

-- name: count
insert into item_stats as s (item, shown, positives, long_views, likes, shares, skips, watched_s)
values (%(item)s, %(shown)s, %(positives)s, %(long_views)s, %(likes)s, %(shares)s, %(skips)s, %(watched_s)s)
on conflict (item) do update
set shown      = s.shown + excluded.shown,
    positives  = s.positives + excluded.positives,
    long_views = s.long_views + excluded.long_views,
    likes      = s.likes + excluded.likes,
    shares     = s.shares + excluded.shares,
    skips      = s.skips + excluded.skips,
    watched_s  = s.watched_s + excluded.watched_s

-- name: stats
select item, shown, positives, long_views, likes, shares, skips, watched_s
from item_stats where item = any(%(items)s)
