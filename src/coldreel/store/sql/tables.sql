-- name: rows
-- Visible items after one of them, in the order in which they came. What a table gave as the similarity to some
-- item is told again; it is nothing that coldreel measured.
select c.id, c.file, c.title, c.description, c.tags, c.genres,
       case when d.provider = 'imported' then (d.evidence ->> 'cosine_similarity')::float8 end as given_similarity
from catalogue c
join descriptions d on d.item = c.id and d.current
where c.id > %(after)s
order by c.id
limit %(limit)s
