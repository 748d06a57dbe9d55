-- name: lock
-- Whoever changes which model is in use waits for its turn.
select pg_advisory_xact_lock(hashtext('coldreel.models'))

-- name: active
select id, kind, params, metrics, fingerprint, active, follows, created_at
from models
where kind = %(kind)s and active

-- name: all
-- The latest first.
select id, kind, params, metrics, fingerprint, active, follows, created_at
from models
where %(kind)s::text is null or kind = %(kind)s
order by id desc

-- name: deactivate
-- Returns the id of the one that was in use.
update models set active = false where kind = %(kind)s and active returning id

-- name: activate
update models set active = true where id = %(id)s

-- name: keep
insert into models (kind, params, metrics, fingerprint, active, follows)
values (%(kind)s, %(params)s, %(metrics)s, %(fingerprint)s, true, %(follows)s)
returning id, kind, params, metrics, fingerprint, active, follows, created_at

-- name: owe_rebuild
insert into rebuild_due default values on conflict (one) do update set since = clock_timestamp()

-- name: rebuild_owed_since
select since from rebuild_due

-- name: rebuilt
delete from rebuild_due where since = %(owed_since)s
