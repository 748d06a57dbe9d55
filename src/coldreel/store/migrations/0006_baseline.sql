-- What the cosine of any two items of a space is, as far as it was measured, and on how many items. Other cosines are
-- judged by what they are above it.
alter table spaces
    add column baseline     real not null default 0 check (baseline between 0 and 0.99),
    add column baseline_of  integer not null default 0;
