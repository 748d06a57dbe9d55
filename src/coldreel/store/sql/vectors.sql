-- name: space
select * from spaces where name = %(name)s

-- name: active
select * from spaces where active

-- name: by_id
select * from spaces where id = %(space)s

-- name: all
select * from spaces order by id

-- name: hold
-- The space goes on serving until the transaction ends; nothing where another serves.
select id from spaces where id = %(space)s and active for share

-- name: hold_active
-- Nobody publishes into the space that serves until the transaction ends.
select id from spaces where active for update

-- name: is_settled
select exists (select from vectors where space = %(space)s) or exists (select from items where deleted_at is null)

-- name: lacking
-- Items in sight that have no vector in a space; at most so many.
select i.id
from items i
where i.hidden_at is null and i.deleted_at is null
  and not exists (select from vectors v where v.space = %(space)s and v.item = i.id)
order by i.id
limit %(limit)s

-- name: held
-- How many items in sight have a vector in a space.
select count(*)
from vectors v join items i on i.id = v.item and i.hidden_at is null and i.deleted_at is null
where v.space = %(space)s

-- name: retire
update spaces set active = false where active

-- name: activate
update spaces set active = true where id = %(space)s

-- name: drop_vectors
select drop_vectors(%(space)s)

-- name: add_space
insert into spaces (name, recipe, dimensions, text_start, text_size, active)
values (%(name)s, %(recipe)s, %(dimensions)s, %(text_start)s, %(text_size)s,
        not exists (select from spaces where active))
returning *

-- name: make_vectors
select make_vectors(%(space)s)

-- name: put
insert into vectors (space, item, v, text_norm)
values (%(space)s, %(item)s, %(v)s, %(text_norm)s)
on conflict (space, item) do update set v = excluded.v, text_norm = excluded.text_norm

-- name: drop_elsewhere
delete from vectors where item = %(item)s and space <> %(space)s

-- name: of_items
select item, v from vectors where space = {space} and item = any(%(items)s)

-- name: similar
-- Candidates from the index, order and figures from the exact vectors, imported ones having a norm of nearly one
-- only. `offset 0` keeps the look at the item
-- beside the index scan, which then goes on until enough items are found.
select near.item, 1 - (near.v <=> %(v)s::vector) as similarity
from (
    select v.item, v.v
    from vectors v
    where v.space = {space}
      and exists (select from items i where i.id = v.item and i.listed offset 0)
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
      and exists (select from items i where i.id = v.item and i.listed offset 0)
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
      and exists (select from items i where i.id = v.item and i.recommendable offset 0)
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

-- name: look_near
-- What is asked for may be rare, and what is far is of no use.
set local hnsw.max_scan_tuples = 1000

-- name: nearest_judged
-- Of each of these items the nearest that enough people have seen.
select q.item, near.item, near.similarity
from unnest(%(items)s::bigint[]) q (item)
join vectors own on own.space = {space} and own.item = q.item
cross join lateral (
    select v.item, -(v.v::halfvec({n}) <#> own.v::halfvec({n})) as similarity
    from vectors v
    where v.space = {space} and v.item <> q.item
      and exists (
          select from item_stats s where s.item = v.item and s.viewers >= %(least_viewers)s offset 0
      )
    order by v.v::halfvec({n}) <#> own.v::halfvec({n})
    limit %(k)s
) near

-- name: shuffled_unseen
-- What this user has neither seen nor been served of late, at random: a stretch of the items in their
-- shuffled order, from a random point on and round the end. Each item's chance is its distance to the one
-- before it in that order, which is random too, but stays.
select picked.id, v.v
from (
    select stretch.id
    from (values (1, %(start)s::float8, 1::float8), (2, 0, %(start)s)) lap (n, first, last)
    cross join lateral (
        select i.id, i.shuffle
        from items i
        where i.recommendable and i.shuffle >= lap.first and i.shuffle < lap.last
          and not exists (select from interactions x where x.user_id = %(user)s and x.item = i.id offset 0)
          and not exists (
              select from impressions m
              where m.user_id = %(user)s and m.item = i.id
                and m.served_at > now() - %(hold_back_s)s * interval '1 second' offset 0
          )
        order by i.shuffle
        limit %(k)s
    ) stretch
    order by lap.n, stretch.shuffle
    limit %(k)s
) picked
join vectors v on v.space = {space} and v.item = picked.id

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
join items i on i.id = served.item and i.recommendable
order by served.served_at, served.position
limit %(k)s

-- name: least_recently_seen
-- By when they were seen or last served, so that a page asked for before the last one was seen is another.
select x.item, v.v
from interactions x
join vectors v on v.space = {space} and v.item = x.item
join items i on i.id = x.item and i.recommendable
left join lateral (
    select max(m.served_at) as at from impressions m where m.user_id = x.user_id and m.item = x.item
) served on true
where x.user_id = %(user)s and not x.not_interested
order by greatest(x.last_at, served.at)
limit %(k)s
