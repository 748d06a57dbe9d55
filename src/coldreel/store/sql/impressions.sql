-- name: append
-- A page is logged, the user's place in its feed moves on, and fresh places are counted. The commit is not waited
-- for: a crash may lose the last moment of the log. Of a user who was erased meanwhile nothing is kept.
with unhurried as materialized (
    select set_config('synchronous_commit', 'off', true)
),
page as (
    select *
    from jsonb_to_recordset(%(page)s) as i (
        position integer, item bigint, slot text, origin text, score real, parts jsonb, propensity double precision
    )
),
watching as (
    update users
    set served = served + %(served)s,
        explored = case when explored_on = current_date then explored else 0 end + %(explored)s,
        explored_on = current_date
    where id = %(user)s
    returning id
),
tried as (
    -- In the order of their ids, so that no two pages wait for each other.
    insert into arms as a (item, explored)
    select item, 1 from page, watching where slot = 'fresh' order by item
    on conflict (item) do update set explored = a.explored + 1
)
insert into impressions (
    request_id, position, user_id, item, slot, origin, score, parts, model_version, propensity, space
)
select %(request_id)s, position, watching.id, item, slot, origin, score, parts, %(model_version)s, propensity,
       %(space)s
from page, unhurried, watching
