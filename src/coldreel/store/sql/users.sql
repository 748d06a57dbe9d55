-- name: ensure
with added as (
    insert into users (ref) values (%(ref)s) on conflict (ref) do nothing returning id
)
select id from added
union all
select id from users where ref = %(ref)s
limit 1

-- name: by_ref
select id, ref, created_at from users where ref = %(ref)s

-- name: lock
-- One writer at a time per user; always in the order of ids, so that two batches cannot wait for each other.
select id from users where id = any(%(users)s) order by id for update

-- name: state
select interests, weights, updated_at from user_state where user_id = %(user)s and space = %(space)s

-- name: put_state
insert into user_state (user_id, space, interests, weights, updated_at)
values (%(user)s, %(space)s, %(interests)s, %(weights)s, %(updated_at)s)
on conflict (user_id, space) do update
set interests = excluded.interests, weights = excluded.weights, updated_at = excluded.updated_at

-- name: interact
insert into interactions as x (user_id, item, first_at, last_at, views, watched_s, liked, not_interested)
values (%(user)s, %(item)s, %(at)s, %(at)s, %(views)s, %(watched_s)s, coalesce(%(liked)s, false),
        coalesce(%(not_interested)s, false))
on conflict (user_id, item) do update
set first_at       = least(x.first_at, excluded.first_at),
    last_at        = greatest(x.last_at, excluded.last_at),
    views          = x.views + excluded.views,
    watched_s      = x.watched_s + excluded.watched_s,
    liked          = coalesce(%(liked)s, x.liked),
    not_interested = coalesce(%(not_interested)s, x.not_interested)

-- name: liked
select item from interactions where user_id = %(user)s and item = any(%(items)s) and liked

-- name: recent_positives
-- What the user liked or watched of late, with the title to name it by.
select x.item, c.title, x.liked
from interactions x
join catalogue c on c.id = x.item
where x.user_id = %(user)s and not x.not_interested
  and (x.liked or x.watched_s >= %(share)s * c.duration_s)
order by x.last_at desc
limit %(limit)s

-- name: export_events
select e.event_id, i.ref as item, e.kind, e.watched_s, e.request_id, e.at
from events e join items i on i.id = e.item
where e.user_id = %(user)s
order by e.event_id

-- name: erase
delete from users where ref = %(ref)s

-- name: with_events
select id from users u
where exists (
    select from events e where e.user_id = u.id and (%(since)s::timestamptz is null or e.taken_at >= %(since)s)
)
order by id
