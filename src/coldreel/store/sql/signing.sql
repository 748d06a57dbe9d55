-- name: key
with added as (
    insert into signing_keys (key) values (%(fresh)s) on conflict (id) do nothing returning key
)
select key from added
union all
select key from signing_keys
limit 1
