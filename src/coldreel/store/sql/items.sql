-- name: by_hash
select i.id, i.ref, i.deleted_at is not null as deleted, i.playback,
       exists (select from vectors v where v.item = i.id and v.space = %(space)s) as embedded
from items i
where i.content_hash = %(content_hash)s

-- name: put
-- The ref is the given one, else the shortest start of the hash, from 12 digits on, that is free.
insert into items (
    ref, content_hash, duration_s, width, height, fps, container, video_codec, pixel_format, audio_codec,
    creator, title, tags, language, made_at, playback
) values (
    coalesce(%(ref)s, (
        select left(encode(%(content_hash)s, 'hex'), n) from generate_series(12, 64, 4) n
        where not exists (
            select from items
            where ref = left(encode(%(content_hash)s, 'hex'), n) and content_hash <> %(content_hash)s
        )
        order by n limit 1
    )),
    %(content_hash)s, %(duration_s)s, %(width)s, %(height)s, %(fps)s, %(container)s, %(video_codec)s,
    %(pixel_format)s, %(audio_codec)s, %(creator)s, %(title)s, %(tags)s, %(language)s, %(made_at)s, %(playback)s
)
on conflict (content_hash) do update
set ref      = coalesce(%(ref)s, items.ref),
    creator  = coalesce(%(given_creator)s, items.creator),
    title    = coalesce(excluded.title, items.title),
    tags     = case when excluded.tags = '{}' then items.tags else excluded.tags end,
    language = coalesce(excluded.language, items.language),
    made_at  = coalesce(excluded.made_at, items.made_at),
    playback = excluded.playback
where items.deleted_at is null
returning id, ref

-- name: of_bytes
select id from items where content_hash = %(content_hash)s

-- name: hold
select id from items where id = %(item)s and deleted_at is null for no key update

-- name: retire_description
update descriptions set current = false where item = %(item)s and current

-- name: describe
insert into descriptions (
    item, title, tags, genres, description, language, original_title, original_description, on_screen_text,
    transcript, speech_share, provider, model, prompt_version, evidence, words
) values (
    %(item)s, %(title)s, %(tags)s, %(genres)s, %(description)s, %(language)s, %(original_title)s,
    %(original_description)s, %(on_screen_text)s, %(transcript)s, %(speech_share)s, %(provider)s, %(model)s,
    %(prompt_version)s, %(evidence)s, to_tsvector('simple', %(words)s)
)

-- name: description
select id, title, tags, genres, description, provider, model, prompt_version, language, original_title,
       original_description, on_screen_text, transcript, speech_share, evidence
from descriptions where item = %(item)s and current

-- name: given
select title, tags, creator, language, made_at, ref from items where id = %(item)s and deleted_at is null

-- name: set_playback
update items set playback = %(playback)s where id = %(item)s

-- name: by_ref
select * from catalogue where ref = %(ref)s

-- name: by_file
select c.*
from catalogue c
where c.id in (
    select item from sources where file = %(file)s and gone_at is null
    union all
    select id from items where awaits = %(file)s
)
order by c.id
limit 20

-- name: by_ids
select c.*
from unnest(%(ids)s::bigint[]) with ordinality o (id, n)
join catalogue c on c.id = o.id
order by o.n

-- name: newest
select * from catalogue where id < %(before)s order by id desc limit %(limit)s

-- name: names
select c.ref, coalesce(s.file, c.file)
from catalogue c
left join sources s on s.item = c.id and s.gone_at is null
order by c.id desc, s.id
limit %(limit)s

-- name: ids_of_refs
-- Nobody has seen what awaits its file.
select ref, id, duration_s from items where ref = any(%(refs)s) and deleted_at is null and awaits is null

-- name: count
select count(*) from items where hidden_at is null and deleted_at is null

-- name: media
-- Where the bytes of an item are.
select i.id, i.ref, i.content_hash, i.playback, i.container, s.uri
from items i
left join lateral (
    select uri from sources where item = i.id and gone_at is null order by id limit 1
) s on true
where i.ref = %(ref)s and i.deleted_at is null and i.awaits is null

-- name: id_of
select id from items where ref = %(ref)s and deleted_at is null

-- name: hash_of
select content_hash from items where id = %(item)s and deleted_at is null

-- name: delete
update items set deleted_at = now() where id = %(item)s and deleted_at is null returning content_hash

-- name: delete_vectors
delete from vectors where item = %(item)s

-- name: delete_neighbours
delete from neighbours where item = %(item)s or neighbour = %(item)s

-- name: delete_descriptions
-- And the words that no other item has.
with gone as (
    delete from descriptions where item = %(item)s returning words
)
delete from vocabulary v
using (select distinct unnest(tsvector_to_array(words)) as word from gone) g
where v.word = g.word
  and not exists (
      select from descriptions d
      where d.current and d.item <> %(item)s and d.words @@ quote_literal(v.word)::tsquery
  )

-- name: delete_answers
-- What was paid for stays on the bill.
update calls set answer = null where about = (select content_hash from items where id = %(item)s)

-- name: seen
-- Every item in sight.
select id from items where hidden_at is null and deleted_at is null order by id

-- name: answering
-- Items in sight whose words answer a web-style query.
select d.item
from descriptions d
join items i on i.id = d.item and i.hidden_at is null and i.deleted_at is null,
     websearch_to_tsquery('simple', %(query)s) q
where d.current and d.words @@ q
order by d.item

-- name: history
-- All that was ever said of an item, the latest first.
select id, title, tags, genres, description, provider, model, prompt_version, language, original_title,
       original_description, on_screen_text, transcript, speech_share, evidence, at
from descriptions where item = %(item)s order by id desc

-- name: full_text
-- Visible items whose words answer a web-style query, best rank first.
select d.item
from descriptions d
join items i on i.id = d.item and i.listed,
     websearch_to_tsquery('simple', %(query)s) q
where d.current and d.words @@ q
order by ts_rank_cd(d.words, q) desc, d.item
limit %(k)s
