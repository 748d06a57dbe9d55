-- Learning from feedback: what is between users and items in full, what that says of each item, the boards that
-- follow from it, and what was learned.

-- The time that the client gave, where its clock was wrong and `at` is another.
alter table events add column said_at timestamptz;
-- What is between a user and an item is derived from the events of the two.
drop index events_user;
create index events_pair on events (user_id, item, at);

alter table interactions
    alter column watched_s type double precision,
    add column long_views integer not null default 0,
    add column skips integer not null default 0,
    add column shares integer not null default 0,
    add column loops bigint not null default 0;        -- times that it began again

-- Until it is derived anew from the events: one long view where the sum of all was one, by the thresholds shipped.
update interactions x
set long_views = 1, loops = floor(x.watched_s / i.duration_s)
from items i
where i.id = x.item and i.duration_s > 0 and x.watched_s >= i.duration_s * case
    when i.duration_s <= 10 then 0.9 when i.duration_s <= 30 then 0.7 when i.duration_s <= 60 then 0.5 else 0.35 end;

-- Whether the viewer was pleased: the outcome that an item is judged by, one per viewer however often it was seen.
alter table interactions
    add column pleased boolean not null generated always as (
        (liked or shares > 0 or long_views > 0) and not not_interested
    ) stored;

-- What is left at a later time of an amount of which half goes within every half-life. So little that it cannot
-- be told from nothing is nothing: the powers of a server end at 1e-308 with an error.
create function left_of(amount double precision, since timestamptz, until timestamptz, half_life_s double precision)
returns double precision
language sql immutable parallel safe as $$
    select case when abs(amount) < 1e-30 or extract(epoch from until - since) > 200 * half_life_s then 0
                else amount * power(0.5::double precision, extract(epoch from until - since) / half_life_s) end
$$;

create table hidden_creators (
    user_id  bigint not null references users on delete cascade,
    creator  text not null,
    at       timestamptz not null,
    primary key (user_id, creator)
);

alter table user_state
    add column positives integer[] not null default '{}',   -- per interest, how many fed it
    add column aversions vector[] not null default '{}';    -- what the user is not interested in, the latest first
update user_state set positives = array_fill(2, array[cardinality(interests)]) where cardinality(interests) > 0;

-- Where a user is in its feed: places served so far; and the fresh ones among them on the latest day.
alter table users
    add column served bigint not null default 0,
    add column explored integer not null default 0,
    add column explored_on date;

-- Statistics of an item: the sum over its interactions. The decayed ones are as of `decayed_at`: a viewer counts
-- one when it first sees the item, and half as much after every half-life.
drop table item_stats;
create table item_stats (
    item            bigint primary key references items,
    viewers         integer not null default 0,
    pleased         integer not null default 0,        -- viewers
    views           integer not null default 0,
    long_views      integer not null default 0,
    skips           integer not null default 0,
    likes           integer not null default 0,
    shares          integer not null default 0,
    not_interested  integer not null default 0,
    loops           bigint not null default 0,
    watched_s       double precision not null default 0,
    fast_viewers    double precision not null default 0,
    fast_pleased    double precision not null default 0,
    slow_viewers    double precision not null default 0,
    slow_pleased    double precision not null default 0,
    decayed_at      timestamptz not null default now()
) with (fillfactor = 70);
insert into item_stats (item, viewers, pleased, views, long_views, skips, likes, shares, not_interested, loops,
                        watched_s, fast_viewers, fast_pleased, slow_viewers, slow_pleased)
select item, count(*), count(*) filter (where pleased), sum(views), sum(long_views), sum(skips),
       count(*) filter (where liked), sum(shares), count(*) filter (where not_interested), sum(loops),
       sum(watched_s), sum(fast), coalesce(sum(fast) filter (where pleased), 0),
       sum(slow), coalesce(sum(slow) filter (where pleased), 0)
from interactions
cross join lateral (
    select left_of(1, first_at, now(), 86400) as fast, left_of(1, first_at, now(), 7 * 86400) as slow
) decayed
group by item;

-- Every item is an arm: what is expected of it from its content, and how far its trial has come. One without a
-- row is new.
create table arms (
    item      bigint primary key references items,
    prior     double precision,                        -- expected share of pleased viewers; null until it is known
    prior_at  timestamptz,
    state     text not null default 'testing' check (state in ('testing', 'graduated', 'resting')),
    state_at  timestamptz not null default now(),
    explored  integer not null default 0               -- fresh places that it was served on
) with (fillfactor = 70);

-- Ranked public lists. All of them are written anew in one transaction, with the census that they follow from.
create table boards (
    board     text not null check (board in ('hits', 'gems', 'fresh', 'best')),
    rank      integer not null,
    item      bigint not null references items,
    score     double precision not null,
    evidence  jsonb not null,
    primary key (board, rank)
);

-- The catalogue in figures, as of its last count.
create table census (
    one              boolean primary key default true check (one),
    counted_at       timestamptz not null,
    items            bigint not null,                  -- that may be recommended
    highest          bigint not null,                  -- id
    rate             double precision not null,        -- share of pleased viewers, of all
    strength         double precision not null,        -- of the prior, in viewers
    median_viewers   double precision not null,        -- of items that have any
    upper_quintile   double precision not null         -- of posterior means of items with viewers enough
);

-- Who watches the one is pleased by the other: learned from events. Items are never taken out of their table, so
-- foreign keys would guard nothing, and would be tried twice for each of millions of rows.
create table neighbours (
    item       bigint not null,
    neighbour  bigint not null,
    score      real not null,                          -- in [0, 1]
    primary key (item, neighbour)
);
create index neighbours_neighbour on neighbours (neighbour);

-- What was learned from events. The active one of each kind is in use; the others are there to go back to.
create table models (
    id           bigint generated always as identity primary key,
    kind         text not null,
    params       jsonb not null,
    metrics      jsonb not null,
    fingerprint  text not null,                        -- of the data it was learned from
    active       boolean not null,
    follows      bigint references models,             -- the one that it took the place of; null: what is shipped
    created_at   timestamptz not null default now()
);
create unique index models_active on models (kind) where active;

-- A row while what was derived from events does not follow the thresholds in use: that is being derived anew, or was
-- interrupted.
create table rebuild_due (
    one  boolean primary key default true check (one)
);

-- The probability with which this place held this item; null where it was not drawn at random. The space that served:
-- the logged features are cosines in it.
alter table impressions
    add column propensity double precision,
    add column space integer;
-- An item is never deleted, only marked so: no reference to it can dangle, and a foreign key would lock and rewrite
-- the rows of a whole page's items for every page.
alter table impressions drop constraint impressions_item_fkey;

create index items_newest on items (recommendable, published_at desc);
