-- name: known
-- Every source below a prefix that has not gone, with its version.
select id, uri, version, given
from sources
where uri >= %(prefix)s and starts_with(uri, %(prefix)s) and gone_at is null

-- name: hold_listed
-- What `enlist` sees of these rows must still be so when it writes them.
select id from sources where uri = any(%(uris)s) order by uri for update

-- name: enlist
-- A changed source loses its item until it is hashed again. `is_due`: new, changed, or in an end state that
-- `again` names; `is_back`: it had gone.
with listed as (
    select *
    from unnest(%(uris)s::text[], %(versions)s::text[], %(givens)s::jsonb[]) as l (uri, version, given)
), before as (
    select s.uri, s.version, s.given, s.item, s.gone_at from sources s join listed using (uri)
), enlisted as (
    insert into sources as s (uri, version, given)
    select uri, version, given from listed order by uri
    on conflict (uri) do update
    set version   = excluded.version,
        given     = case when excluded.given = '{}' then s.given else excluded.given end,
        item      = case when s.version = excluded.version then s.item end,
        listed_at = now(),
        gone_at   = null
    returning s.id, s.uri, s.version, s.given, s.item
)
select e.id,
       e.item,
       case when b.version <> e.version or b.gone_at is not null then b.item end as moved_item,
       b.uri is null or b.version <> e.version or b.given <> e.given or g.id is null or g.state = any(%(again)s)
           or (b.gone_at is not null and g.state = 'failed')  -- it failed because the file was not there
           or (b.gone_at is not null and e.item is not null and not exists (
               -- the catalogue has moved to another space meanwhile
               select from vectors v join spaces p on p.id = v.space and p.active where v.item = e.item
           ))
           as is_due,
       b.gone_at is not null as is_back
from enlisted e
left join before b on b.uri = e.uri
left join ledger g on g.source = e.id and g.stage = 'watch'

-- name: uris
select uri from sources where item = %(item)s order by id

-- name: has_item
select exists (select from sources s join items i on i.id = s.item and i.deleted_at is null where s.id = %(source)s)

-- name: published
-- The items of those of the sources that are ready, each with one of its sources.
select distinct on (i.id) s.id as source, i.content_hash, i.playback
from unnest(%(sources)s::bigint[]) as given (source)
join sources s on s.id = given.source
join ledger l on l.source = s.id and l.stage = 'watch' and l.state = 'ready'
join items i on i.id = s.item and i.deleted_at is null
order by i.id, s.id

-- name: ended_badly
-- Held until the transaction ends; nothing for a source that is not there.
select s.item, coalesce(l.state in ('failed', 'rejected'), false) as watching
from sources s
left join ledger l on l.source = s.id and l.stage = 'watch'
where s.id = %(source)s
for update of s

-- name: set_item
update sources set item = %(item)s where id = %(source)s

-- name: mark_gone
update sources
set gone_at = now()
where id in (
    select id from sources where id = any(%(sources)s) and gone_at is null order by uri for update
)
returning item

-- name: hide_and_show
-- An item is hidden while none of its files is there.
update items i
set hidden_at = case when live.n = 0 then now() end
from (
    select i.id, count(s.id) filter (where s.gone_at is null) as n
    from items i
    left join sources s on s.item = i.id
    where i.id = any(%(items)s)
    group by i.id
) live
where live.id = i.id and (live.n = 0) <> (i.hidden_at is not null)
