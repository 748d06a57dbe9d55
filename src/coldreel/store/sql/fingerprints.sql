-- name: lock
-- Two copies that are published at the same moment must see each other.
select pg_advisory_xact_lock(hashtext('coldreel.fingerprints'))

-- name: put
insert into fingerprints (item, content) values (%(item)s, %(content)s) on conflict (item) do nothing

-- name: put_keys
insert into fingerprint_keys (key, item)
select key, %(item)s from unnest(%(keys)s::integer[]) k (key)
on conflict do nothing

-- name: near
-- The items that share most keys, each key asked for its oldest items only: a common one tells little.
select f.item, f.content
from (
    select near.item, count(*) as shared
    from unnest(%(keys)s::integer[]) k (key)
    cross join lateral (
        select item from fingerprint_keys where key = k.key order by item limit %(most_per_key)s
    ) near
    where near.item <> %(item)s
    group by near.item
    order by shared desc, near.item
    limit %(k)s
) best
join fingerprints f on f.item = best.item
join items i on i.id = f.item and i.hidden_at is null and i.deleted_at is null
order by best.shared desc, f.item

-- name: group
-- An item joins the group of one that is like it, unless others stand behind it already.
update items i
set duplicate_of = coalesce(o.duplicate_of, o.id)
from items o
where i.id = %(item)s and o.id = %(like)s and coalesce(o.duplicate_of, o.id) <> i.id
  and not exists (select from items c where c.duplicate_of = i.id)

-- name: pass_on
-- Where the original of a group is out of sight, the oldest copy that is in sight takes its place.
with heirs as (
    select o.id as original, min(c.id) as heir
    from items o
    join items c on c.duplicate_of = o.id
    where o.id = any(%(items)s) and coalesce(o.hidden_at, o.deleted_at) is not null
      and c.hidden_at is null and c.deleted_at is null
    group by o.id
)
update items i
set duplicate_of = case when i.id <> h.heir then h.heir end
from heirs h
where i.duplicate_of = h.original or i.id = h.original

-- name: forget
with keys as (delete from fingerprint_keys where item = %(item)s)
delete from fingerprints where item = %(item)s
