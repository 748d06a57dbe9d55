-- name: append
-- A page is logged, the user's place in its feed moves on, and what was tried has one try less. The commit is not
-- waited for: a crash may lose the last moment of the log.
with unhurried as materialized (
    select set_config('synchronous_commit', 'off', true)
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
    where u.id = %(user)s
),
tried as (
    insert into arms as a (item, explored)
    select item, 1 from page where slot = 'fresh'
    on conflict (item) do update set explored = a.explored + 1
)
insert into impressions (
    request_id, position, user_id, item, slot, origin, score, parts, model_version, propensity
)
select %(request_id)s, position, %(user)s, item, slot, origin, score, parts, %(model_version)s, propensity
from page, unhurried
