-- Understanding by models: what they say in other languages, what they cost, and moving to another space.

alter table descriptions
    add column original_title text not null default '',        -- in the language of the video
    add column original_description text not null default '';

-- Two kinds of work more: an item is described anew, or placed in another space. `params` says by whom, where.
alter table ledger drop constraint ledger_stage_check;
alter table ledger
    add constraint ledger_stage_check check (stage in ('watch', 'render', 'describe', 'embed')),
    add column params jsonb not null default '{}';
create index ledger_awaiting on ledger ((params ->> 'awaits')) where due = 'infinity';

-- The interests of a user in the space that serves, and in one that is being filled.
alter table user_state drop constraint user_state_pkey, add primary key (user_id, space);

-- Every call that was made of a provider. The answer about a video is kept, so that it is paid for once.
create table calls (
    id             bigint generated always as identity primary key,
    provider       text not null,
    model          text not null,
    purpose        text not null check (purpose in ('describe', 'embed')),
    version        text not null,                      -- of the request
    about          bytea,                              -- content hash of the video; null for bare words
    answer         jsonb,
    input_tokens   bigint not null,
    output_tokens  bigint not null,
    cost           double precision not null,          -- US dollars
    at             timestamptz not null default now()
);
create unique index calls_answer on calls (about, provider, model, purpose, version) where answer is not null;
create index calls_about on calls (about) where about is not null;

-- Whose turn it is: the moment of the next call to a provider.
create table turns (
    provider  text primary key,
    next_at   timestamptz not null
);

-- US dollars that were spent, those of calls that are being made included.
create table purse (
    one    boolean primary key default true check (one),
    spent  double precision not null default 0
);
insert into purse default values;

-- Requests that wait to be sent together, or were: `label` is then the batch's.
create table batches (
    label       uuid primary key,
    provider    text not null,
    name        text,                                  -- the provider's; null until it has answered
    looked_at   timestamptz not null default now(),
    created_at  timestamptz not null default now()
);
create table batch_requests (
    about       bytea not null,
    provider    text not null,
    model       text not null,
    version     text not null,
    body        bytea not null,
    cost        double precision not null,             -- US dollars, reserved in the purse
    label       uuid references batches on delete set null,
    created_at  timestamptz not null default now(),
    primary key (about, provider)
);
alter table batch_requests alter column body set storage external;
create index batch_requests_label on batch_requests (label);

-- Recipes say who describes, and whose model embeds the words; blocks carry the name of who measures them.
update spaces
set recipe = recipe || jsonb_build_object(
    'provider', 'signals',
    'embedder', 'hashing-1-256-34',
    'blocks', (
        select jsonb_agg(
            case when block ->> 'name' = 'text' then block || '{"version": ""}'
                 else block || jsonb_build_object('name', 'signals.' || (block ->> 'name'), 'version', '1') end
            order by n
        )
        from jsonb_array_elements(recipe -> 'blocks') with ordinality b (block, n)
    )
)
where name = 'signals-1' and not recipe ? 'provider';

-- The space goes with its partition and its indexes. As in the first migration: with its owner's rights.
select set_config('search_path', current_setting('search_path') || ', pg_temp', true);

create function drop_vectors(space_id integer) returns void
language plpgsql security definer set search_path from current as $$
begin
    if exists (select from spaces where id = space_id and active) then
        raise exception 'the space % serves', space_id;
    end if;
    delete from user_state where space = space_id;
    execute format('drop table if exists vectors_%s', space_id);
    delete from spaces where id = space_id;
end
$$;

revoke execute on function drop_vectors from public;
