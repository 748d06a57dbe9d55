-- name: standings
-- Every item that may be recommended, one block of bytes per column and eight of them per item: read as arrays,
-- without an object per number. An item that nobody has seen, or that has no arm, has the same as one that is new.
select string_agg(int8send(i.id), ''),
       string_agg(float8send(coalesce(s.viewers, 0)::float8), ''),
       string_agg(float8send(coalesce(s.pleased, 0)::float8), ''),
       string_agg(float8send(coalesce(s.fast_viewers, 0)), ''),
       string_agg(float8send(coalesce(s.fast_pleased, 0)), ''),
       string_agg(float8send(coalesce(s.slow_viewers, 0)), ''),
       string_agg(float8send(coalesce(s.slow_pleased, 0)), ''),
       string_agg(float8send(coalesce(extract(epoch from s.decayed_at), 0)::float8), ''),
       string_agg(float8send(coalesce(a.prior, 'NaN')), ''),
       string_agg(int8send(coalesce(a.explored, 0)::int8), ''),
       string_agg(int8send(case a.state when 'graduated' then 1 when 'resting' then 2 else 0 end::int8), '')
from items i
left join item_stats s on s.item = i.id
left join arms a on a.item = i.id
where i.recommendable

-- name: top
-- The first of a board that may still be shown.
select b.item, b.score, b.evidence
from boards b
join items i on i.id = b.item
where b.board = %(board)s and {allowed}
order by b.rank
limit %(n)s

-- name: snapshot
-- The census and all rows of all boards that follow from it, as of one moment.
select c.counted_at, c.items, c.highest, c.rate, c.strength, c.median_viewers, c.upper_quintile,
       b.boards, b.ranked, b.scores, b.evidence
from census c
cross join (
    select array_agg(board order by board, rank) as boards,
           array_agg(item order by board, rank) as ranked,
           array_agg(score order by board, rank) as scores,
           array_agg(evidence order by board, rank) as evidence
    from boards
) b

-- name: counted_at
select counted_at from census

-- name: extent
select count(*), coalesce(max(id), 0) from items where recommendable

-- name: clear
delete from boards

-- name: fill
insert into boards (board, rank, item, score, evidence)
select * from unnest(
    %(boards)s::text[], %(ranks)s::integer[], %(items)s::bigint[], %(scores)s::float8[], %(evidence)s::jsonb[]
)

-- name: put_census
insert into census (counted_at, items, highest, rate, strength, median_viewers, upper_quintile)
values (%(counted_at)s, %(items)s, %(highest)s, %(rate)s, %(strength)s, %(median_viewers)s, %(upper_quintile)s)
on conflict (one) do update
set counted_at     = excluded.counted_at,
    items          = excluded.items,
    highest        = excluded.highest,
    rate           = excluded.rate,
    strength       = excluded.strength,
    median_viewers = excluded.median_viewers,
    upper_quintile = excluded.upper_quintile
