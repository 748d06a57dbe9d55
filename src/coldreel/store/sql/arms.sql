-- name: put_priors
insert into arms (item, prior, prior_at)
select item, prior, %(at)s from unnest(%(items)s::bigint[], %(priors)s::float8[]) u (item, prior)
order by item
on conflict (item) do update set prior = excluded.prior, prior_at = excluded.prior_at

-- name: put_states
insert into arms (item, state, state_at)
select item, state, %(at)s from unnest(%(items)s::bigint[], %(states)s::text[]) u (item, state)
order by item
on conflict (item) do update set state = excluded.state, state_at = excluded.state_at

-- name: awaiting_priors
-- Items on trial whose prior was taken too long ago, or was not found when it was last asked for: what was never
-- asked for first, of that the newest, then the oldest.
select i.id
from items i
left join arms a on a.item = i.id
where i.recommendable and coalesce(a.state, 'testing') = 'testing'
  and (a.prior_at is null or a.prior_at < case when a.prior is null then %(asked_before)s else %(before)s end)
order by a.prior_at nulls first, i.id desc
limit %(limit)s
