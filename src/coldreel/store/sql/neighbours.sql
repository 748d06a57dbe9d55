-- name: pleased
-- Who was pleased by what may be recommended, as two blocks of ids; of each user the latest so many only.
select string_agg(int8send(p.user_id), ''), string_agg(int8send(p.item), '')
from (
    select x.user_id, x.item, row_number() over (partition by x.user_id order by x.last_at desc, x.item) as n
    from interactions x
    join items i on i.id = x.item and i.recommendable
    where x.pleased
) p
where p.n <= %(most)s

-- name: items
-- Whatever may be recommended, as a block of ids.
select string_agg(int8send(id), '' order by id) from items where recommendable

-- name: hold
-- One at a time writes, and deletions of items wait; readers do not.
lock table neighbours in share row exclusive mode

-- name: clear
delete from neighbours

-- name: fill
copy neighbours (item, neighbour, score) from stdin (format binary)

-- name: drop_gone
-- Of items that were deleted meanwhile.
delete from neighbours n
using items i
where i.deleted_at is not null and i.id in (n.item, n.neighbour)

-- name: analyze
analyze neighbours
