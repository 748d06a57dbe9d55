-- name: allowed
-- A condition on a row i of items: it may be shown to this user, were it not for what the user has seen.
i.recommendable
and i.creator <> all(%(hidden_creators)s::text[])
and (not %(with_sound)s::boolean or i.audio_codec is not null)
and i.duration_s <= %(max_duration_s)s::float8
and i.published_at <= now() - %(min_age_s)s * interval '1 second'
and (cardinality(%(exclude_tags)s::text[]) = 0 or not exists (
    select from descriptions d
    where d.item = i.id and d.current
      and lower((d.tags || d.genres || i.tags)::text)::text[] && %(exclude_tags)s
))

-- name: recommendable
-- The same condition where nothing is forbidden: nearly always.
i.recommendable
