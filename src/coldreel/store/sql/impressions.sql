-- name: append
insert into impressions (
    request_id, position, user_id, item, slot, origin, score, parts, propensity, model_version
)
select %(request_id)s, position, %(user)s, item, slot, origin, score, parts, propensity, %(model_version)s
from unnest(
    %(positions)s::integer[], %(items)s::bigint[], %(slots)s::text[], %(origins)s::text[], %(scores)s::real[],
    %(parts)s::jsonb[], %(propensities)s::real[]
) as i (position, item, slot, origin, score, parts, propensity)

-- name: of_request
select position, item, slot, origin, score, parts, propensity, model_version
from impressions where request_id = %(request_id)s
order by position
