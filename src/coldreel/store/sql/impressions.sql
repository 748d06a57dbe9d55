-- name: append
-- A page is logged, the user's place in its feed moves on, and what was tried has one try less. The commit is not
-- waited for: a crash may lose the last moment of the log. Of a user who was erased meanwhile nothing is kept.
with unhurried as materialized (
    select set_config('synchronous_commit', 'off', true)
),
watching as (
    select id from users where id = %(user)s for no key update
),
page as (
    select *
    from unnest(
        %(positions)s::integer[], %(items)s::bigint[], %(slots)s::text[], %(origins)s::text[], %(scores)s::real[],
        %(parts)s::jsonb[], %(propensities)s::double precision[]
    ) as i (position, item, slot, origin, score, parts, propensity)
),
turned as (
    update users u
    set served = u.served + %(served)s,
        explored = case when u.explored_on = current_date then u.explored else 0 end + %(explored)s,
        explored_on = current_date
    from watching w
    where u.id = w.id
),
tried as (
    insert into arms as a (item, explored)
    select item, 1 from page, watching where slot = 'fresh'
    on conflict (item) do update set explored = a.explored + 1
)
insert into impressions (
    request_id, position, user_id, item, slot, origin, score, parts, model_version, propensity
)
select %(request_id)s, position, watching.id, item, slot, origin, score, parts, %(model_version)s, propensity
from page, unhurried, watching
