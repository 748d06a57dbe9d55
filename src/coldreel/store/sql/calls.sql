-- name: answer
select answer from calls
where about = %(about)s and provider = %(provider)s and model = %(model)s and purpose = %(purpose)s
  and version = %(version)s and answer is not null

-- name: turn
-- Takes the next turn of a provider; returns how many seconds it is away. Turns are a fixed pause apart.
insert into turns as t (provider, next_at)
values (%(provider)s, now() + %(pause_s)s * interval '1 second')
on conflict (provider) do update
set next_at = greatest(t.next_at, now()) + %(pause_s)s * interval '1 second'
returning greatest(0, extract(epoch from t.next_at - now()) - %(pause_s)s)::float8

-- name: away
select greatest(0, extract(epoch from next_at - now()))::float8 from turns where provider = %(provider)s

-- name: hold_off
-- Nobody's turn comes before so many seconds have passed.
insert into turns as t (provider, next_at)
values (%(provider)s, now() + %(seconds)s * interval '1 second')
on conflict (provider) do update set next_at = greatest(t.next_at, excluded.next_at)

-- name: reserve
-- What is left after taking so much; nothing where that would be more than the budget.
update purse set spent = spent + %(cost)s
where %(budget)s::float8 is null or spent + %(cost)s <= %(budget)s
returning spent

-- name: correct
update purse set spent = greatest(0, spent + %(difference)s)

-- name: spent
select spent from purse

-- name: record
-- Of a video that was deleted meanwhile nothing is kept.
insert into calls (provider, model, purpose, version, about, answer, input_tokens, output_tokens, cost)
values (%(provider)s, %(model)s, %(purpose)s, %(version)s, %(about)s,
        case when not exists (
            select from items where content_hash = %(about)s and deleted_at is not null
        ) then %(answer)s::jsonb end,
        %(input_tokens)s, %(output_tokens)s, %(cost)s)
on conflict (about, provider, model, purpose, version) where answer is not null do nothing

-- name: forget_current
-- The answers that the current descriptions of these items are made of.
update calls c set answer = null
from items i join descriptions d on d.item = i.id and d.current
where i.id = any(%(items)s) and c.about = i.content_hash and c.answer is not null
  and c.provider = %(provider)s and d.provider = %(provider)s

-- name: forget_refusals
update calls set answer = null where provider = %(provider)s and answer ? 'refused'

-- name: bill
select provider, model, purpose, count(*) as calls, sum(input_tokens)::bigint as input_tokens,
       sum(output_tokens)::bigint as output_tokens, sum(cost) as cost
from calls
group by provider, model, purpose
order by provider, model, purpose

-- name: of_item
select c.provider, c.model, c.purpose, count(*) as calls, sum(c.input_tokens)::bigint as input_tokens,
       sum(c.output_tokens)::bigint as output_tokens, sum(c.cost) as cost
from items i join calls c on c.about = i.content_hash
where i.id = %(item)s
group by c.provider, c.model, c.purpose
order by c.provider, c.model, c.purpose
