-- When what follows from events was last found to be out of date: what comes to be owed during a rebuild is not paid
-- by it.
alter table rebuild_due
    add column since timestamptz not null default clock_timestamp();
