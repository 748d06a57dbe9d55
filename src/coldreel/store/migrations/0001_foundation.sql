-- The foundation: sources and items, the ledger of work, descriptions and vectors, users and what they did.

create table items (
    id            bigint generated always as identity primary key,
    ref           text not null unique,
    content_hash  bytea not null unique,               -- sha256 of the file's bytes
    duration_s    real not null,
    width         integer not null,
    height        integer not null,
    fps           real not null,
    container     text not null,
    video_codec   text not null,
    pixel_format  text not null,
    audio_codec   text,
    creator       text not null,
    title         text,                                -- as given by a person, else null
    tags          text[] not null default '{}',        -- as given by a person
    language      text,                                -- as given by a person
    made_at       timestamptz,                         -- as given by a person
    playback      text not null check (playback in ('source', 'rendition', 'pending', 'none')),
    shuffle       double precision not null default random(),
    published_at  timestamptz not null default now(),
    hidden_at     timestamptz,                         -- every file of it has vanished
    deleted_at    timestamptz                          -- a tombstone: its bytes are not taken in again
);

create table sources (
    id         bigint generated always as identity primary key,
    uri        text not null unique collate "C",
    file       text not null generated always as (     -- its last part; a query may hold a signature
                   regexp_replace(
                       case when uri like '%://%' then regexp_replace(uri, '[?#].*$', '') else uri end, '^.*/', ''
                   )
               ) stored,
    version    text not null,                          -- etag, or size and time of change
    given      jsonb not null default '{}',            -- metadata that a person gave with the file
    item       bigint references items,                -- null until the file has been hashed
    listed_at  timestamptz not null default now(),
    gone_at    timestamptz
);
create index sources_item on sources (item);
create index sources_file on sources (file);

-- Queue, checkpoint, error log and progress bar in one. `due` is null when there is nothing more to do;
-- while a worker holds the claim, `due` is the end of its lease.
create table ledger (
    id           bigint generated always as identity primary key,
    source       bigint references sources on delete cascade,
    item         bigint references items on delete cascade,
    stage        text not null check (stage in ('watch', 'render')),
    state        text not null default 'waiting'
                 check (state in ('waiting', 'working', 'ready', 'failed', 'rejected')),
    due          timestamptz default now(),
    claim        uuid,
    worker       text,
    errors       integer not null default 0,
    lost_leases  integer not null default 0,
    error_code   text,
    error_text   text,
    enlisted_at  timestamptz not null default now(),
    finished_at  timestamptz,
    check (num_nonnulls(source, item) = 1),
    unique nulls not distinct (source, item, stage)
);
create index ledger_item on ledger (item) where item is not null;
create index ledger_due on ledger (stage, due, id) where due is not null;
create index ledger_claimed on ledger (due) where claim is not null;

create table descriptions (
    id              bigint generated always as identity primary key,
    item            bigint not null references items,
    title           text not null,
    tags            text[] not null,
    genres          text[] not null,
    description     text not null,
    language        text,
    on_screen_text  text not null,
    transcript      text not null,
    speech_share    real,
    provider        text not null,
    model           text not null,
    prompt_version  text not null,
    evidence        jsonb not null,
    words           tsvector not null,                 -- everything a text search looks through
    current         boolean not null default true,
    at              timestamptz not null default now()
);
create unique index descriptions_current on descriptions (item) where current;
create index descriptions_words on descriptions using gin (words) where current;

create table spaces (
    id          integer generated always as identity primary key,
    name        text not null unique,
    recipe      jsonb not null,
    dimensions  integer not null check (dimensions between 1 and 1000),
    text_start  integer not null,                      -- where the text block begins, counted from 1
    text_size   integer not null,                      -- its dimensions
    active      boolean not null default false,
    created_at  timestamptz not null default now()
);
create unique index spaces_active on spaces (active) where active;

-- One partition per space, made with it: see `make_vectors`.
create table vectors (
    space      integer not null references spaces,
    item       bigint not null references items,
    v          vector not null,
    text_norm  real not null,                          -- norm of the text block; 0 without text
    primary key (space, item)
) partition by list (space);
alter table vectors alter column v set storage external;

create table users (
    id          bigint generated always as identity primary key,
    ref         text not null unique,
    created_at  timestamptz not null default now()
);

create table user_state (
    user_id     bigint primary key references users on delete cascade,
    space       integer not null references spaces,
    interests   vector[] not null,
    weights     real[] not null,
    updated_at  timestamptz not null
) with (fillfactor = 70);

-- What is between one user and one item, derived from events. A row means that the item was shown.
create table interactions (
    user_id         bigint not null references users on delete cascade,
    item            bigint not null references items,
    first_at        timestamptz not null,
    last_at         timestamptz not null,
    views           integer not null default 0,
    watched_s       real not null default 0,
    liked           boolean not null default false,
    not_interested  boolean not null default false,
    primary key (user_id, item)
) with (fillfactor = 70);
create index interactions_recent on interactions (user_id, last_at desc);

-- A unique key on a partitioned table must contain the partition key, so the UUIDv7 is both.
create table events (
    event_id    uuid primary key,
    user_id     bigint not null references users on delete cascade,
    item        bigint not null references items,
    kind        text not null,
    watched_s   real,
    request_id  uuid,
    at          timestamptz not null,
    taken_at    timestamptz not null default now()
) partition by range (event_id);
create table events_default partition of events default;
create index events_user on events (user_id, event_id);

create table impressions (
    request_id     uuid not null,
    position       integer not null,
    user_id        bigint not null references users on delete cascade,
    item           bigint not null references items,
    slot           text not null,
    origin         text not null,
    score          real not null,
    parts          jsonb not null,
    model_version  text not null,
    served_at      timestamptz not null default now()
) partition by range (served_at);
create table impressions_default partition of impressions default;
create index impressions_request on impressions (request_id, position);
create index impressions_user on impressions (user_id, item, served_at);

create table item_stats (
    item       bigint primary key references items,
    shown      integer not null default 0,
    positives  integer not null default 0,
    long_views integer not null default 0,
    likes      integer not null default 0,
    shares     integer not null default 0,
    skips      integer not null default 0,
    watched_s  double precision not null default 0
) with (fillfactor = 70);

-- Random bytes that sign the cookies of this catalogue's users.
create table signing_keys (
    id          boolean primary key default true check (id),
    key         bytea not null,
    created_at  timestamptz not null default now()
);

-- The lowest UUIDv7 of a moment: 48 bits of milliseconds, then version 7 and the variant.
create function uuid7_floor(moment timestamptz) returns uuid
language sql immutable strict as $$
    select (lpad(to_hex((extract(epoch from moment) * 1000)::bigint), 12, '0') || '70008000000000000000')::uuid
$$;

-- The two functions that make tables do so with the rights of their owner: who runs coldreel on a migrated
-- database need not have any. Their search path ends with pg_temp, so that no temporary table of the caller's
-- is taken for one of ours, and not everybody may call them.
select set_config('search_path', current_setting('search_path') || ', pg_temp', true);

-- Make the partition of a space, with an index on whole vectors and one on text blocks: a block of little
-- weight cannot be found by walking the index on whole vectors.
create function make_vectors(space_id integer) returns void
language plpgsql security definer set search_path from current as $$
declare
    space spaces := (select s from spaces s where id = space_id);
begin
    execute format('create table vectors_%1$s partition of vectors for values in (%1$s)', space.id);
    execute format('create index on vectors_%s using hnsw ((v::halfvec(%s)) halfvec_ip_ops)',
                   space.id, space.dimensions);
    if space.text_size > 0 then
        execute format('create index on vectors_%1$s
                        using hnsw ((subvector(v, %2$s, %3$s)::halfvec(%3$s)) halfvec_cosine_ops)
                        where text_norm > 0', space.id, space.text_start, space.text_size);
    end if;
end
$$;

-- Make the partitions of the month of `moment` where they are missing; rows that the default
-- partition has taken meanwhile move over.
create function make_partitions(moment timestamptz) returns void
language plpgsql security definer set search_path from current as $$
declare
    first  timestamptz := date_trunc('month', moment, 'UTC');
    next   timestamptz := date_trunc('month', first + interval '40 days', 'UTC');
    suffix text := to_char(first at time zone 'UTC', 'YYYY_MM');
begin
    perform pg_advisory_xact_lock(hashtext('coldreel.partitions'));
    if to_regclass('events_' || suffix) is null then
        lock table events_default in access exclusive mode;  -- else a row could come between move and attach
        execute format('create table events_%s (like events including defaults)', suffix);
        execute format('with moved as (delete from events_default where event_id >= %L and event_id < %L returning *)
                        insert into events_%s select * from moved', uuid7_floor(first), uuid7_floor(next), suffix);
        execute format('alter table events attach partition events_%s for values from (%L) to (%L)',
                       suffix, uuid7_floor(first), uuid7_floor(next));
    end if;
    if to_regclass('impressions_' || suffix) is null then
        lock table impressions_default in access exclusive mode;
        execute format('create table impressions_%s (like impressions including defaults)', suffix);
        execute format('with moved as (delete from impressions_default where served_at >= %L and served_at < %L returning *)
                        insert into impressions_%s select * from moved', first, next, suffix);
        execute format('alter table impressions attach partition impressions_%s for values from (%L) to (%L)',
                       suffix, first, next);
    end if;
end
$$;

revoke execute on function make_vectors, make_partitions from public;

-- Items as people see them: visible, with a file, what a person gave before what was observed.
create view catalogue as
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
       i.published_at
from items i
join descriptions d on d.item = i.id and d.current
join lateral (select uri, file from sources where item = i.id and gone_at is null order by id limit 1) s on true
where i.hidden_at is null and i.deleted_at is null;
