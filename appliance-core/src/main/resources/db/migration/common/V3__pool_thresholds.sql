-- How full a pool may be, in percent of what thin volumes can ever have: warn and critical are told,
-- from refuse on nothing new is made in it.

alter table pool add column warn_percent integer not null default 75;
alter table pool add column critical_percent integer not null default 85;
alter table pool add column refuse_percent integer not null default 95
  check (0 < warn_percent and warn_percent < critical_percent
    and critical_percent < refuse_percent and refuse_percent <= 100);

alter table pool add column checksums integer not null default 1 check (checksums in (0, 1));

-- Block devices that stand for a pool's data files, in their order.
create table pool_device (
  pool_id text not null references pool (id),
  position integer not null,
  path text not null unique,
  primary key (pool_id, position)
);

-- What was last told of a pool, so that a restart does not tell it again.
create table pool_watch (
  pool_id text primary key references pool (id),
  level text not null check (level in ('ok', 'warn', 'critical', 'refuse')),
  read_only integer not null check (read_only in (0, 1))
);
