-- name: latest
-- Places of the feed in a space that were seen, the latest first, with what came of each on its page. What was served
-- without any event is not known to have been seen, and of what was in view when the page was left for good nobody
-- knows for how long it would have been watched. An event's id begins with its time by the viewer's clock, and what is
-- seen again says less than what is new.
with outcomes as (
    select user_id,
           item,
           request_id,
           case when bool_or(kind = 'view')
                then sum(watched_s::double precision) filter (where kind in ('view', 'away'))
           end as watched_s,
           coalesce(
               max(at) filter (where kind = 'like') > coalesce(max(at) filter (where kind = 'unlike'), '-infinity'),
               false
           ) as liked,
           bool_or(kind = 'share') as shared,
           bool_or(kind = 'not_interested') as not_interested
    from events
    where request_id is not null and event_id >= uuid7_floor(%(since)s::timestamptz - interval '1 day')
    group by user_id, item, request_id
),
-- Apart by `offset 0`: of a join over three columns that depend on each other a planner expects a single row, and
-- would look through all items for each.
places as (
    select i.*, v.duration_s::double precision as duration_s
    from impressions i
    join items v on v.id = i.item
    where i.space = %(space)s and i.served_at >= %(since)s and i.served_at < %(until)s
      and i.origin <> 'again' and v.duration_s > 0
    offset 0
)
select p.user_id,
       extract(epoch from p.served_at)::double precision,
       p.slot,
       p.propensity,
       p.parts,
       p.duration_s,
       o.watched_s,
       o.liked,
       o.shared,
       o.not_interested
from places p
join outcomes o on o.user_id = p.user_id and o.item = p.item and o.request_id = p.request_id
order by p.served_at desc, p.request_id, p.position
limit %(most)s
