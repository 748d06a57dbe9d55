-- Tables that were made elsewhere: items that await their file. And the words of the catalogue, by the characters
-- that they are made of, so that a search finds what is spelt nearly so.

-- Of an item that came from a table nothing is known but what the table says, until its file is taken in.
alter table items
    add column awaits text unique,                     -- the name of that file; null once it has come
    alter column content_hash drop not null,
    alter column duration_s drop not null,
    alter column width drop not null,
    alter column height drop not null,
    alter column fps drop not null,
    alter column container drop not null,
    alter column video_codec drop not null,
    alter column pixel_format drop not null,
    add check (num_nonnulls(content_hash, awaits) = 1),
    add check (awaits is not null
               or num_nulls(duration_s, width, height, fps, container, video_codec, pixel_format) = 0);

-- The same view, with the items that await their file: they have no address, and their facts are null. And with
-- what is said of an item in the language of its video.
create or replace view catalogue as
select i.id,
       i.ref,
       coalesce(s.file, i.awaits) as file,
       coalesce(s.uri, '') as uri,
       coalesce(i.title, d.title) as title,
       d.description,
       i.tags || d.tags as tags,
       d.genres,
       i.creator,
       i.duration_s,
       i.width,
       i.height,
       case when i.awaits is null then i.audio_codec is not null end as has_sound,
       i.published_at,
       o.ref as duplicate_of,
       d.original_title,
       d.original_description,
       coalesce(i.language, d.language) as language
from items i
join descriptions d on d.item = i.id and d.current
left join lateral (select uri, file from sources where item = i.id and gone_at is null order by id limit 1) s on true
left join items o on o.id = i.duplicate_of
where i.hidden_at is null and i.deleted_at is null and (s.uri is not null or i.awaits is not null);

-- The characters of a word in runs: of three, its ends marked; where words are written without spaces or carry
-- what belongs to them (Thai, Lao, Japanese, Chinese, Korean), one and two too. Accents do not count.
create function grams_of(word text) returns text[]
language sql immutable strict parallel safe as $$
    select array(
        select substr('<' || plain || '>', n, 3) from generate_series(1, length(plain)) n
        union
        select substr(plain, n, size)
        from generate_series(1, length(plain)) n, (values (1), (2)) run (size)
        where plain ~ '[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3\U00020000-\U0003ffff]'
    )
    from (select normalize(regexp_replace(normalize(word, NFKD), '[\u0300-\u036f]', '', 'g'), NFC) as plain) p
$$;

-- All words that descriptions hold, or have held. What a search means is looked for here, and then there.
create table vocabulary (
    word   text primary key collate "C",
    grams  text[] not null generated always as (grams_of(word)) stored
);
create index vocabulary_grams on vocabulary using gin (grams) with (fastupdate = off);  -- new words become rare

create function learn_words() returns trigger
language plpgsql as $$
begin
    -- All in one order, so that no two writers wait for each other.
    insert into vocabulary (word)
    select word
    from unnest(tsvector_to_array(new.words)) word
    where length(word) > 1 and not exists (select from vocabulary known where known.word = word.word)
    order by word collate "C"
    on conflict do nothing;
    return null;
end
$$;
create trigger learn_words after insert or update of words on descriptions
    for each row execute function learn_words();

insert into vocabulary (word)
select distinct word from descriptions d, unnest(tsvector_to_array(d.words)) word where length(word) > 1
on conflict do nothing;
