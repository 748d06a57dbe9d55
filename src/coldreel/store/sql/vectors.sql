-- name: space
select * from spaces where name = %(name)s

-- name: active
select * from spaces where active

-- name: add_space
insert into spaces (name, recipe, dimensions, text_start, text_size, active)
values (%(name)s, %(recipe)s, %(dimensions)s, %(text_start)s, %(text_size)s,
        not exists (select from spaces where active))
returning *

-- name: add_partition
create table {partition} partition of vectors for values in ({space})

-- name: add_index
create index on {partition} using hnsw ((v::halfvec({n})) halfvec_ip_ops)

-- name: add_text_index
-- A block of little weight cannot be found by walking the index on whole vectors.
create index on {partition} using hnsw ((subvector(v, {text_start}, {text_size})::halfvec({text_size})) halfvec_cosine_ops)
where text_norm > 0

-- name: put
insert into vectors (space, item, v, text_norm)
values (%(space)s, %(item)s, %(v)s, %(text_norm)s)
on conflict (space, item) do update set v = excluded.v, text_norm = excluded.text_norm

-- name: of_items
select item, v from vectors where space = {space} and item = any(%(items)s)

-- name: similar
-- Candidates from the index, order and figures from the exact vectors. `offset 0` keeps the test of
-- visibility beside the index scan, which then goes on until enough visible items are found.
-- `coalesce` keeps the planner from the index of the shuffled order, which has the same condition and looks
-- small while there are no statistics: a new catalogue would be scanned once per candidate.
select near.item, -(near.v <#> %(v)s::vector) as similarity
from (
    select v.item, v.v
    from vectors v
    where v.space = {space}
      and exists (
          select from items i
          where i.id = v.item and coalesce(i.hidden_at, i.deleted_at) is null and i.duplicate_of is null
              offset 0
      )
    order by v.v::halfvec({n}) <#> %(v)s::vector::halfvec({n})
    limit %(candidates)s
) near
order by similarity desc, near.item
limit %(k)s

-- name: text_similar
-- Cosine of the text blocks: the inner product with the query's, which has norm one, over the item's text norm.
select near.item, near.similarity
from (
    select v.item, -(subvector(v.v, {text_start}, {text_size}) <#> %(v)s::vector) / v.text_norm as similarity
    from vectors v
    where v.space = {space} and v.text_norm > 0
      and exists (
          select from items i
          where i.id = v.item and coalesce(i.hidden_at, i.deleted_at) is null and i.duplicate_of is null
              offset 0
      )
    order by subvector(v.v, {text_start}, {text_size})::halfvec({text_size})
             <=> %(v)s::vector::halfvec({text_size})
    limit %(candidates)s
) near
where near.similarity >= %(floor)s
order by near.similarity desc, near.item
limit %(k)s

-- name: nearest_unseen
-- Per query vector the nearest items that this user has neither seen nor been served of late.
select (q.n - 1)::integer as probe, near.item, near.similarity, near.v
from unnest(%(queries)s::vector[]) with ordinality q (v, n)
cross join lateral (
    select v.item, v.v, -(v.v::halfvec({n}) <#> q.v::halfvec({n})) as similarity
    from vectors v
    where v.space = {space}
      and exists (
          select from items i
          where i.id = v.item and coalesce(i.hidden_at, i.deleted_at) is null and i.duplicate_of is null
              offset 0
      )
      and not exists (
          select from interactions x where x.user_id = %(user)s and x.item = v.item offset 0
      )
      and not exists (
          select from impressions m
          where m.user_id = %(user)s and m.item = v.item
            and m.served_at > now() - %(hold_back_s)s * interval '1 second' offset 0
      )
    order by v.v::halfvec({n}) <#> q.v::halfvec({n})
    limit %(k)s
) near

-- name: shuffled_unseen
-- What this user has neither seen nor been served of late, at random: a stretch of the items in their
-- shuffled order, from a random point on and round the end. Each item's chance is its distance to the one
-- before it in that order, which is random too, but stays.
select picked.item, v.v
from (
    (select i.id as item, 0 as lap, i.shuffle from items i
     where i.shuffle >= %(start)s and i.hidden_at is null and i.deleted_at is null and i.duplicate_of is null
       and not exists (select from interactions x where x.user_id = %(user)s and x.item = i.id offset 0)
       and not exists (
           select from impressions m
           where m.user_id = %(user)s and m.item = i.id
             and m.served_at > now() - %(hold_back_s)s * interval '1 second' offset 0
       )
     order by i.shuffle limit %(k)s)
    union all
    (select i.id, 1, i.shuffle from items i
     where i.shuffle < %(start)s and i.hidden_at is null and i.deleted_at is null and i.duplicate_of is null
       and not exists (select from interactions x where x.user_id = %(user)s and x.item = i.id offset 0)
       and not exists (
           select from impressions m
           where m.user_id = %(user)s and m.item = i.id
             and m.served_at > now() - %(hold_back_s)s * interval '1 second' offset 0
       )
     order by i.shuffle limit %(k)s)
    order by lap, shuffle
    limit %(k)s
) picked
join vectors v on v.space = {space} and v.item = picked.item

-- name: held_back
-- What this user was served and has not seen.
select served.item, v.v
from (
    select distinct on (m.item) m.item, m.served_at, m.position
    from impressions m
    where m.user_id = %(user)s
      and not exists (select from interactions x where x.user_id = m.user_id and x.item = m.item)
    order by m.item, m.served_at desc
) served
join vectors v on v.space = {space} and v.item = served.item
join items i on i.id = served.item and i.hidden_at is null and i.deleted_at is null and i.duplicate_of is null
order by served.served_at, served.position
limit %(k)s

-- name: least_recently_seen
-- By when they were seen or last served, so that a page asked for before the last one was seen is another.
select x.item, v.v
from interactions x
join vectors v on v.space = {space} and v.item = x.item
join items i on i.id = x.item and i.hidden_at is null and i.deleted_at is null and i.duplicate_of is null
left join lateral (
    select max(m.served_at) as at from impressions m where m.user_id = x.user_id and m.item = x.item
) served on true
where x.user_id = %(user)s and not x.not_interested
order by greatest(x.last_at, served.at)
limit %(k)s
