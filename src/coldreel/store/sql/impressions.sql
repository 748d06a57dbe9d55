-- name: append
insert into impressions (
    request_id, position, user_id, item, slot, origin, score, parts, model_version
)
select %(request_id)s, position, %(user)s, item, slot, origin, score, parts, %(model_version)s
from unnest(
    %(positions)s::integer[], %(items)s::bigint[], %(slots)s::text[], %(origins)s::text[], %(scores)s::real[],
    %(parts)s::jsonb[]
) as i (position, item, slot, origin, score, parts)
