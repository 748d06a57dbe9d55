-- name: beginning
select word
from vocabulary
where word >= %(start)s and word < %(start)s || U&'\+10FFFF' and starts_with(word, %(start)s)
order by length(word), word
limit %(k)s

-- name: holding
select word from vocabulary where grams @> %(grams)s::text[] order by length(word), word limit %(k)s

-- name: sharing
-- `offset 0`, so that each word is counted once.
select word
from (
    select v.word, (select count(*) from unnest(v.grams) gram where gram = any(%(grams)s)) as shared
    from vocabulary v
    where v.grams && %(grams)s::text[] and length(v.word) between %(shortest)s and %(longest)s
    offset 0
) near
where shared >= %(least)s
order by shared desc, word
limit %(k)s

-- name: meaning
-- Visible items whose words answer a query in words of the catalogue, best rank first.
select d.item
from descriptions d
join items i on i.id = d.item and i.listed
where d.current and d.words @@ %(query)s::tsquery
order by ts_rank_cd(d.words, %(query)s::tsquery) desc, d.item
limit %(k)s
