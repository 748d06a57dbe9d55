-- Every writer locks in one order, so that no two wait for each other: sources, their rows here, items, the
-- items' rows here.

-- name: hold_source
select id from sources where id = %(source)s for update

-- name: hold_item
select id from items where id = %(item)s for no key update

-- name: hold_sources_of_item
select id from sources where item = %(item)s order by uri for update

-- name: hold_lost
-- The items of which `bury` writes.
select i.id
from ledger l join items i on i.id = l.item
where l.due <= now() and l.claim is not null and l.lost_leases + 1 >= %(max_lost_leases)s
order by i.id
for no key update of i

-- name: bury
-- Rows whose lease was lost too often, the one that has run out included.
with ended as (
    update ledger
    set state = 'failed', due = null, claim = null, finished_at = now(), lost_leases = lost_leases + 1,
        error_code = 'lost_leases',
        error_text = 'its worker vanished ' || lost_leases + 1
                     || ' times while at it; the file may crash or stall the decoder'
    where due <= now() and claim is not null and lost_leases + 1 >= %(max_lost_leases)s
    returning item, stage
)
update items i set playback = 'none' from ended where i.id = ended.item and ended.stage = 'render'

-- name: claim
-- The oldest due rows of a stage that nobody else is claiming, but for those that are to be buried, and those
-- that need a provider or a space which the worker cannot fill. An expired lease counts as lost here and nowhere
-- else.
with picked as (
    select id
    from ledger
    where stage = %(stage)s and due <= now()
      and (claim is null or lost_leases + 1 < %(max_lost_leases)s)
      and (not params ? 'provider' or params ->> 'provider' = any(%(providers)s))
      and (not params ? 'space' or (params ->> 'space')::bigint = any(%(spaces)s))
    order by due, id
    limit %(limit)s
    for update skip locked
), claimed as (
    update ledger l
    set lost_leases = l.lost_leases + (l.claim is not null)::integer,
        claim       = gen_random_uuid(),
        worker      = %(worker)s,
        state       = 'working',
        due         = now() + %(lease_s)s * interval '1 second'
    where l.id = any(array(select id from picked))  -- not a join, for which the whole table is read
    returning l.id, l.stage, l.claim, l.source, l.item, l.params
)
select c.id, c.stage, c.claim, c.source, c.item, c.params, s.uri, coalesce(s.given, '{}') as given
from claimed c
left join lateral (
    select uri, given from sources
    where id = c.source or (c.source is null and item = c.item and gone_at is null)
    order by id limit 1
) s on true

-- name: renew
-- Returns the claims that still hold.
update ledger
set due = now() + %(lease_s)s * interval '1 second'
where claim = any(%(claims)s)
returning claim

-- name: fence
-- Holds the row until the transaction ends; nothing when the claim was lost.
select id from ledger where id = %(id)s and claim = %(claim)s for update

-- name: finish
update ledger
set state = 'ready', due = null, claim = null, finished_at = now(), error_code = null, error_text = null
where id = %(id)s and claim = %(claim)s

-- name: reject
-- Where the work for a rendition has ended badly, there is nothing to play.
with ended as (
    update ledger
    set state = 'rejected', due = null, claim = null, finished_at = now(),
        error_code = %(code)s, error_text = %(reason)s
    where id = %(id)s and claim = %(claim)s
    returning item, stage
)
update items i set playback = 'none' from ended where i.id = ended.item and ended.stage = 'render'

-- name: fail
-- Tried again after a pause that doubles, until the errors are too many.
with ended as (
    update ledger
    set errors      = errors + 1,
        state       = case when errors + 1 >= %(max_errors)s then 'failed' else 'waiting' end,
        due         = case when errors + 1 < %(max_errors)s
                           then now() + %(pause_s)s * power(2, errors) * interval '1 second' end,
        claim       = null,
        finished_at = case when errors + 1 >= %(max_errors)s then now() end,
        error_code  = %(code)s,
        error_text  = %(reason)s
    where id = %(id)s and claim = %(claim)s
    returning item, stage, state
)
update items i set playback = 'none' from ended
where i.id = ended.item and ended.stage = 'render' and ended.state = 'failed'

-- name: release
-- Hand work back untouched, so that the next worker need not wait for the lease to run out.
update ledger set state = 'waiting', due = now(), claim = null, worker = null where claim = any(%(claims)s)

-- name: park
-- It waits for an answer, however long.
update ledger
set state = 'waiting', due = 'infinity', claim = null, worker = null,
    params = params || jsonb_build_object('awaits', %(awaits)s::text)
where id = %(id)s and claim = %(claim)s

-- name: hold_awaiting_sources
-- The sources whose work waits for these answers, before their rows are written to.
select s.id
from ledger l join sources s on s.id = l.source
where l.due = 'infinity' and l.params ->> 'awaits' = any(%(awaited)s)
order by s.uri
for update of s

-- name: hold_awaiting_items
-- And the items.
select i.id
from ledger l join items i on i.id = l.item
where l.due = 'infinity' and l.params ->> 'awaits' = any(%(awaited)s)
order by i.id
for no key update of i

-- name: wake
-- What waits for these answers goes on.
update ledger set due = now(), params = params - 'awaits'
where due = 'infinity' and params ->> 'awaits' = any(%(awaited)s)

-- name: wake_forgotten
-- What waits for an answer that nobody is asked for any more is asked for anew.
update ledger set due = now(), params = params - 'awaits'
where id in (
    select l.id from ledger l
    where l.due = 'infinity'
      and not exists (select from batch_requests r where r.about = decode(l.params ->> 'awaits', 'hex'))
    for update skip locked
)

-- name: fail_awaiting
-- The answer did not come: another try, or the end.
update ledger l
set errors      = errors + 1,
    params      = params - 'awaits',
    state       = case when errors + 1 >= %(max_errors)s then 'failed' else 'waiting' end,
    due         = case when errors + 1 < %(max_errors)s then now() end,
    finished_at = case when errors + 1 >= %(max_errors)s then now() end,
    error_code  = %(code)s,
    error_text  = %(reason)s
where l.due = 'infinity' and l.params ->> 'awaits' = %(awaits)s

-- name: busy
-- Whether anything is to be described, or is being, by what can be used here.
select exists (
    select from ledger
    where due < 'infinity' and stage in ('watch', 'describe')
      and (not params ? 'provider' or params ->> 'provider' = any(%(providers)s))
)

-- name: reject_sources_of_item
update ledger l
set state = 'rejected', due = null, claim = null, finished_at = now(),
    error_code = %(code)s, error_text = %(reason)s
from sources s
where s.item = %(item)s and l.source = s.id

-- name: drop_item
delete from ledger where item = %(item)s

-- name: progress_of_items
-- Counts by state of these items' rows of a stage.
select l.state, count(*)
from unnest(%(items)s::bigint[]) as given (item)
join ledger l on l.item = given.item and l.stage = %(stage)s
group by l.state

-- name: progress
-- Counts of sources whose file is there, by state, and of items that wait for their rendition.
select l.state, count(*)
from ledger l
join sources s on s.id = l.source and s.gone_at is null
where l.stage = 'watch'
group by l.state
union all
select 'awaiting', count(*) from ledger where due = 'infinity'
union all
select 'rendering', count(*)
from ledger l
join items i on i.id = l.item and i.playback = 'pending'
where l.stage = 'render' and l.due is not null

-- name: progress_of
-- The same of the given sources; joined, because an array of many thousands is slow to look through.
select l.state, count(*)
from unnest(%(sources)s::bigint[]) as given (source)
join ledger l on l.source = given.source and l.stage = 'watch'
join sources s on s.id = l.source and s.gone_at is null
group by l.state
union all
select 'awaiting', count(*)
from unnest(%(sources)s::bigint[]) as given (source)
join ledger l on l.source = given.source and l.due = 'infinity'
union all
select 'rendering', count(*) filter (  -- so that the sources are looked up once at most
    where l.item in (
        select s.item from unnest(%(sources)s::bigint[]) as given (source) join sources s on s.id = given.source
    )
)
from ledger l
join items i on i.id = l.item and i.playback = 'pending'
where l.stage = 'render' and l.due is not null

-- name: left_of_all
-- The items that are left of describing all by a provider.
select item from ledger
where stage = 'describe' and due is not null and params ->> 'provider' = %(provider)s and params ? 'of_all'
order by item

-- name: failed_of_items
-- Why the work of a stage on these items has ended badly.
select i.ref, l.error_text
from unnest(%(items)s::bigint[]) as given (item)
join ledger l on l.item = given.item and l.stage = %(stage)s and l.state in ('failed', 'rejected')
join items i on i.id = l.item
order by l.item

-- name: failed_items
select item from ledger
where stage = %(stage)s and state in ('failed', 'rejected') and item is not null
order by item

-- name: failed_sources
select l.source
from ledger l join sources s on s.id = l.source and s.gone_at is null
where l.stage = 'watch' and l.state = 'failed'
order by l.source

-- name: has_open
-- Whether taking in is at its end, of all sources or of the given ones.
select exists (
    select from ledger l
    where l.due is not null and l.stage in ('watch', 'render')
      and (%(sources)s::bigint[] is null
           or l.source = any(%(sources)s::bigint[])
           or l.item in (select item from sources where id = any(%(sources)s::bigint[])))
)

-- name: failures
-- What ended badly of sources whose file is there, and of their items.
select s.uri, l.state, l.stage, coalesce(l.error_code, '') as code, coalesce(l.error_text, '') as reason,
       s.id as source
from ledger l
join sources s on s.gone_at is null
    and s.id = coalesce(l.source, (select min(id) from sources where item = l.item and gone_at is null))
where l.state in ('failed', 'rejected')
  and (%(sources)s::bigint[] is null
       or l.source = any(%(sources)s::bigint[])
       or l.item in (select item from sources where id = any(%(sources)s::bigint[])))
order by s.uri
limit %(limit)s

-- name: rate
-- Sources finished in the last minute.
select count(*) from ledger where stage = 'watch' and state = 'ready' and finished_at > now() - interval '1 minute'
