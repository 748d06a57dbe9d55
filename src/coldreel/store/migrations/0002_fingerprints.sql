-- Near-duplicates: what a video looks like, by which alike ones are found, and the groups they form.

alter table items add column duplicate_of bigint references items;  -- the original; null for one that stands for itself
create index items_duplicate_of on items (duplicate_of) where duplicate_of is not null;

-- What may be found: in sight, and not a re-upload. What may be recommended must be playable too.
alter table items
    add column listed boolean not null generated always as (
        hidden_at is null and deleted_at is null and duplicate_of is null
    ) stored,
    add column recommendable boolean not null generated always as (
        hidden_at is null and deleted_at is null and duplicate_of is null and playback in ('source', 'rendition')
    ) stored;
-- Not `where recommendable`: without statistics such an index looks small, and a search for one item would
-- scan it.
create index items_shuffle on items (recommendable, shuffle);

create table fingerprints (
    item     bigint primary key references items,
    content  bytea not null,
    scene    vector(72)                                -- null where nothing could be known again
);
alter table fingerprints alter column content set storage external;
create index fingerprints_scene on fingerprints using hnsw (scene vector_l2_ops);

-- The same view with one column more.
create or replace view catalogue as
select i.id,
       i.ref,
       s.file,
       s.uri,
       coalesce(i.title, d.title) as title,
       d.description,
       i.tags || d.tags as tags,
       d.genres,
       i.creator,
       i.duration_s,
       i.width,
       i.height,
       i.audio_codec is not null as has_sound,
       i.published_at,
       o.ref as duplicate_of
from items i
join descriptions d on d.item = i.id and d.current
join lateral (select uri, file from sources where item = i.id and gone_at is null order by id limit 1) s on true
left join items o on o.id = i.duplicate_of
where i.hidden_at is null and i.deleted_at is null;
