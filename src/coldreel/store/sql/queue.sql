-- name: enqueue
-- Work begins anew, whatever became of it before.
insert into ledger (source, item, stage, params)
select source, item, %(stage)s, %(how)s
from unnest(%(sources)s::bigint[], %(items)s::bigint[]) w (source, item)
on conflict (source, item, stage) do update
set params = excluded.params, state = 'waiting', due = now(), claim = null, worker = null, errors = 0,
    lost_leases = 0, error_code = null, error_text = null, enlisted_at = now(), finished_at = null

-- name: await_renditions
-- Those of the items that have nothing to play, unless somebody is at it or it ended badly in a way that is
-- not to be tried again.
with wanted as (
    select i.id
    from items i
    where i.id = any(%(items)s) and i.playback in ('pending', 'none') and i.deleted_at is null
      and not exists (
          select from ledger l
          where l.item = i.id and l.stage = 'render' and l.state <> 'ready' and l.state <> all(%(again)s)
      )
    order by i.id
    for no key update
)
update items i set playback = 'pending' from wanted w where i.id = w.id
returning i.id

-- name: withdraw_embedding
delete from ledger
where stage = 'embed' and (%(but_for)s::bigint is null or (params ->> 'space')::bigint <> %(but_for)s)
