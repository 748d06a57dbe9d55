-- name: latest
-- Places that were seen, the latest first, with what came of each on its page. What was served without any event is
-- not known to have been seen. An event's id begins with its time by the viewer's clock, and what is seen again says
-- less than what is new.
with outcomes as (
    select user_id,
           item,
           request_id,
           sum(watched_s::double precision) filter (where kind in ('view', 'away')) as watched_s,
           coalesce(
               max(at) filter (where kind = 'like') > coalesce(max(at) filter (where kind = 'unlike'), '-infinity'),
               false
           ) as liked,
           bool_or(kind = 'share') as shared,
           bool_or(kind = 'not_interested') as not_interested
    from events
    where request_id is not null and event_id >= uuid7_floor(%(since)s::timestamptz - interval '1 day')
    group by user_id, item, request_id
)
select i.user_id,
       extract(epoch from i.served_at)::double precision,
       i.slot,
       i.propensity,
       i.parts,
       v.duration_s::double precision,
       o.watched_s,
       o.liked,
       o.shared,
       o.not_interested
from impressions i
join outcomes o on o.user_id = i.user_id and o.item = i.item and o.request_id = i.request_id
join items v on v.id = i.item
where i.served_at >= %(since)s and i.served_at < %(until)s and i.origin <> 'again' and v.duration_s > 0
order by i.served_at desc, i.request_id, i.position
limit %(most)s
