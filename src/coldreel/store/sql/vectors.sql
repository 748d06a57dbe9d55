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

-- name: note_baseline
update spaces set baseline = %(baseline)s, baseline_of = %(of)s where id = %(space)s

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

-- name: sample
-- The shuffled order is that of an index, which ends the scan.
select v.v
from items i
cross join lateral (select v.v from vectors v where v.space = {space} and v.item = i.id offset 0) v
where i.recommendable
order by i.shuffle
limit %(k)s

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

-- name: alike
-- Of each of these items the nearest that may be recommended, as three blocks: of the item, the other, the cosine.
select string_agg(int8send(q.item), ''),
       string_agg(int8send(near.item), ''),
       string_agg(float8send(near.similarity), '')
from unnest(%(items)s::bigint[]) q (item)
join vectors own on own.space = {space} and own.item = q.item
cross join lateral (
    select v.item, -(v.v::halfvec({n}) <#> own.v::halfvec({n})) as similarity
    from vectors v
    where v.space = {space} and v.item <> q.item
      and exists (select from items i where i.id = v.item and i.recommendable offset 0)
    order by v.v::halfvec({n}) <#> own.v::halfvec({n})
    limit %(k)s
) near
