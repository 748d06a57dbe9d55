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

-- name: ensure_all
with added as (
    insert into users (ref) select ref from unnest(%(refs)s::text[]) ref order by ref
    on conflict (ref) do nothing
    returning ref, id
)
select ref, id from added
union all
select ref, id from users where ref = any(%(refs)s)

-- name: lock
-- One writer at a time per user; always in the order of ids, so that two batches cannot wait for each other.
-- Not `for update`: what refers to a user may be written meanwhile. The log of a page waits: it moves the user on.
select id from users where id = any(%(users)s) order by id for no key update

-- name: hold_to_erase
-- As the deletion will: else it would have to wait for who refers to the user, and that one perhaps for us.
select id from users where ref = %(ref)s for update

-- name: states
select user_id, interests, weights, positives, aversions, updated_at
from user_state where user_id = any(%(users)s) and space = %(space)s

-- name: put_states
-- The vectors of all users stand in one array, sent as bytes (b): as text its digits take longer than all else. Each user's are those from `first` to `last`.
insert into user_state (user_id, space, interests, weights, positives, aversions, updated_at)
select s.user_id, %(space)s,
       (%(interests)b::vector[])[s.first:s.last],
       (%(weights)s::real[])[s.first:s.last],
       (%(positives)s::integer[])[s.first:s.last],
       (%(aversions)b::vector[])[s.first_aversion:s.last_aversion],
       s.updated_at
from unnest(%(users)s::bigint[], %(firsts)s::integer[], %(lasts)s::integer[], %(first_aversions)s::integer[],
            %(last_aversions)s::integer[], %(updated_ats)s::timestamptz[])
     s (user_id, first, last, first_aversion, last_aversion, updated_at)
on conflict (user_id, space) do update
set interests  = excluded.interests,
    weights    = excluded.weights,
    positives  = excluded.positives,
    aversions  = excluded.aversions,
    updated_at = excluded.updated_at

-- name: forget_states
delete from user_state where user_id = %(user)s and space = %(space)s

-- name: interactions
select x.user_id as "user", x.item, x.first_at, x.last_at, x.views, x.watched_s, x.long_views, x.skips, x.shares,
       x.loops, x.liked, x.not_interested
from unnest(%(users)s::bigint[], %(items)s::bigint[]) pair (user_id, item)
join interactions x on x.user_id = pair.user_id and x.item = pair.item

-- name: put_interactions
insert into interactions (
    user_id, item, first_at, last_at, views, watched_s, long_views, skips, shares, loops, liked, not_interested
)
select * from unnest(
    %(user)s::bigint[], %(item)s::bigint[], %(first_at)s::timestamptz[], %(last_at)s::timestamptz[],
    %(views)s::integer[], %(watched_s)s::double precision[], %(long_views)s::integer[], %(skips)s::integer[],
    %(shares)s::integer[], %(loops)s::integer[], %(liked)s::boolean[], %(not_interested)s::boolean[]
)
on conflict (user_id, item) do update
set first_at       = excluded.first_at,
    last_at        = excluded.last_at,
    views          = excluded.views,
    watched_s      = excluded.watched_s,
    long_views     = excluded.long_views,
    skips          = excluded.skips,
    shares         = excluded.shares,
    loops          = excluded.loops,
    liked          = excluded.liked,
    not_interested = excluded.not_interested

-- name: take_interactions
delete from interactions where user_id = %(user)s
returning user_id as "user", item, first_at, last_at, views, watched_s, long_views, skips, shares, loops, liked,
          not_interested

-- name: hide_creators
-- Who made these items; nobody in particular made those without a name.
insert into hidden_creators (user_id, creator, at)
select hidden.user_id, i.creator, min(hidden.at)
from unnest(%(users)s::bigint[], %(items)s::bigint[], %(ats)s::timestamptz[]) hidden (user_id, item, at)
join items i on i.id = hidden.item
where i.creator <> ''
group by hidden.user_id, i.creator
order by hidden.user_id, i.creator
on conflict (user_id, creator) do update
set at = least(hidden_creators.at, excluded.at)

-- name: forget_hidden_creators
delete from hidden_creators where user_id = %(user)s

-- name: hidden_creators
select creator from hidden_creators where user_id = %(user)s order by creator

-- name: liked
select item from interactions where user_id = %(user)s and item = any(%(items)s) and liked

-- name: export_events
select e.event_id, i.ref as item, e.kind, e.watched_s, e.request_id, e.at, e.said_at
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


-- name: all
-- Users of whom there is anything to derive, or that was derived.
select id from users u
where exists (select from events e where e.user_id = u.id)
   or exists (select from interactions x where x.user_id = u.id)
   or exists (select from user_state s where s.user_id = u.id)
   or exists (select from hidden_creators h where h.user_id = u.id)
order by id
