-- name: ask
-- A request that waits to be sent. What was reserved for one that is there already is given back: the same one
-- stays, one to another model or of another version gives way.
with before as (
    select model = %(model)s and version = %(version)s as same, cost
    from batch_requests where about = %(about)s and provider = %(provider)s
    for update
), asked as (
    insert into batch_requests (about, provider, model, version, body, cost)
    select %(about)s, %(provider)s, %(model)s, %(version)s, %(body)s, %(cost)s
    where not exists (select from before where same)
    on conflict (about, provider) do update
    set model = excluded.model, version = excluded.version, body = excluded.body, cost = excluded.cost,
        label = null, created_at = now()
)
update purse set spent = greatest(0, spent - case when b.same then %(cost)s else b.cost end) from before b

-- name: unsent
-- How many bytes wait to be sent to a provider.
select coalesce(sum(length(body)), 0)::bigint from batch_requests where provider = %(provider)s and label is null

-- name: open
insert into batches (label, provider) values (gen_random_uuid(), %(provider)s) returning label

-- name: fill
-- As many requests as fit into a batch, the oldest first, but one at least; those that another is at are passed
-- over.
with waiting as (
    select about, length(body) as bytes
    from batch_requests
    where provider = %(provider)s and label is null
    order by created_at, about
    for update skip locked
), fitting as (
    select about
    from (select about, sum(bytes) over (order by about) as sum, row_number() over (order by about) as n
          from waiting) w
    where sum <= %(most_bytes)s or n = 1
)
update batch_requests r set label = %(label)s
from fitting f
where r.about = f.about and r.provider = %(provider)s
returning r.about, r.body

-- name: sent
update batches set name = %(name)s, looked_at = now() where label = %(label)s

-- name: look_soon
update batches set looked_at = looked_at - %(earlier_s)s * interval '1 second' where label = %(label)s

-- name: forget
-- What was sent is answered and billed, so that stays, without the video.
with gone as (
    delete from batch_requests where about = %(about)s and label is null returning cost
), sent as (
    update batch_requests set body = '' where about = %(about)s and label is not null
)
update purse set spent = greatest(0, spent - g.cost)
from (select coalesce(sum(cost), 0) as cost from gone) g

-- name: due
-- A batch that nobody has looked at for a while: whoever gets it looks now.
update batches set looked_at = now()
where label = (
    select label from batches
    where provider = any(%(providers)s)
      and looked_at < now() - case when name is null then %(recover_s)s else %(poll_s)s end * interval '1 second'
    order by looked_at
    limit 1
    for update skip locked
)
returning label, provider, name

-- name: requests
select about, provider, model, version, cost from batch_requests where label = %(label)s order by about

-- name: done
delete from batch_requests where about = any(%(hashes)s) and provider = %(provider)s

-- name: drop_forgotten
-- The requests of a batch whose videos are gone; what was reserved for them is given back.
with gone as (delete from batch_requests where label = %(label)s and body = '' returning cost)
update purse set spent = greatest(0, spent - g.cost) from (select sum(cost) as cost from gone) g
where g.cost is not null

-- name: close
-- What is left of its requests waits to be sent again.
delete from batches where label = %(label)s

-- name: out
-- Batches that were sent and are not answered, and the requests in them.
select count(distinct b.label) as batches, count(r.about) as requests
from batches b left join batch_requests r on r.label = b.label
