-- name: lock
-- Of two copies that are published at the same moment, one must see the other.
select pg_advisory_xact_lock(hashtext('coldreel.fingerprints'))

-- name: put
insert into fingerprints (item, content, scene) values (%(item)s, %(content)s, %(scene)s)
on conflict (item) do nothing

-- name: near
-- Each scene asks the index for itself; an item that is near to several counts once.
select f.item, f.content
from (
    select near.item, min(near.distance) as distance
    from unnest(%(scenes)s::vector[]) s (scene)
    cross join lateral (
        select f.item, f.scene <-> s.scene as distance
        from fingerprints f
        join items i on i.id = f.item and i.hidden_at is null and i.deleted_at is null
        where f.item <> %(item)s and f.scene is not null
        order by f.scene <-> s.scene
        limit %(k)s
    ) near
    group by near.item
    order by distance, near.item
    limit %(k)s
) best
join fingerprints f on f.item = best.item
order by best.distance, f.item

-- name: hold_original
-- The one that stands for a group, kept in sight until the transaction ends; nothing when it is just going.
select o.id
from items i
join items o on o.id = coalesce(i.duplicate_of, i.id)
where i.id = %(like)s and o.hidden_at is null and o.deleted_at is null
for share of o

-- name: group
-- An item joins a group, unless others stand behind it already.
update items i
set duplicate_of = %(original)s
where i.id = %(item)s and i.id <> %(original)s
  and not exists (select from items c where c.duplicate_of = i.id)

-- name: hold_groups
-- Whoever hides or shows one of a group has written it when we come to look at the others, and all lock in one
-- order. Rows that refer to an item may go on being added.
with originals as (
    select coalesce(duplicate_of, id) as id from items where id = any(%(items)s)
)
select id
from items
where id in (select id from originals union select c.id from originals o join items c on c.duplicate_of = o.id)
order by id
for no key update

-- name: pass_on
-- Where the original of a group is out of sight, the oldest copy that is in sight takes its place: when the
-- original goes, and when a copy comes back that was away at that time.
with heirs as (
    select o.id as original, min(c.id) as heir
    from items o
    join items c on c.duplicate_of = o.id
    where o.id in (select coalesce(duplicate_of, id) from items where id = any(%(items)s))
      and coalesce(o.hidden_at, o.deleted_at) is not null
      and c.hidden_at is null and c.deleted_at is null
    group by o.id
)
update items i
set duplicate_of = case when i.id <> h.heir then h.heir end
from heirs h
where i.duplicate_of = h.original or i.id = h.original

-- name: forget
delete from fingerprints where item = %(item)s
