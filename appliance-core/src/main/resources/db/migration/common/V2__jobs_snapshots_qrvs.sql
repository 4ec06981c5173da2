-- Ids are text UUIDs, times epoch milliseconds, flags 0 or 1, sizes bytes.

create table job (
  id bigint primary key,
  type text not null,
  object text not null,
  user_name text not null,
  origin text not null,
  credential text not null,
  command text not null,
  reason text,
  request_id text,
  parameters text not null,
  state text not null
    check (state in ('running', 'done', 'failed', 'cancelled', 'interrupted')),
  phase text not null,
  bytes_done bigint not null,
  bytes_total bigint not null,
  started_at bigint not null,
  ended_at bigint,
  cancel_requested integer not null check (cancel_requested in (0, 1)),
  checkpoint text,
  result text,
  failure text,
  exit_code integer not null,
  runs integer not null
);
create index job_state on job (state);
create index job_ended on job (ended_at);

create table job_line (
  job_id bigint not null references job (id),
  seq integer not null,
  at bigint not null,
  text text not null,
  primary key (job_id, seq)
);

-- The snapshot table outlives volumes and pools: no references to them, names are copied.
create table snapshot (
  id text primary key,
  volume_id text not null,
  volume_name text not null,
  name text not null,
  set_id text not null,
  taken_at bigint not null,
  keep_until bigint,
  kind text not null check (kind in ('software', 'hardware')),
  state text not null check (state in ('preparing', 'ready', 'deleted', 'destroyed')),
  size_bytes bigint not null,
  label text not null,
  store_tag text,
  deleted_at bigint,
  purge_after bigint
);
create index snapshot_volume on snapshot (volume_id, taken_at);
create index snapshot_set on snapshot (set_id);
create unique index snapshot_name on snapshot (volume_id, name) where state <> 'destroyed';

create table snapshot_hold (
  snapshot_id text not null references snapshot (id),
  reason text not null,
  at bigint not null,
  primary key (snapshot_id, reason)
);

create table snapshot_mount (
  snapshot_id text not null references snapshot (id),
  host text not null,
  what text not null,
  unit_id text not null,
  clone_volume_id text,
  at bigint not null,
  primary key (snapshot_id, host)
);

create table qrv (
  id text primary key,
  name text not null,
  source_volume_id text not null,
  volume_id text not null,
  pool_id text not null,
  state text not null check (state in
    ('creating', 'ready', 'refreshing', 'promoting', 'promoted', 'deleted', 'destroyed')),
  base_snapshot_id text,
  point_snapshot_id text,
  point_at bigint,
  pending_base_id text,
  pending_point_id text,
  sequence bigint not null,
  created_at bigint not null,
  refreshed_at bigint,
  verified_at bigint,
  bytes_changed bigint not null,
  bytes_moved bigint not null,
  deleted_at bigint,
  purge_after bigint
);
create unique index qrv_name on qrv (name) where state <> 'destroyed';
create index qrv_source on qrv (source_volume_id);
create index qrv_volume on qrv (volume_id);

create table promotion (
  id text primary key,
  job_id bigint not null,
  qrv_id text not null references qrv (id),
  unit_id text not null,
  old_volume_id text not null,
  new_volume_id text not null,
  mode text not null check (mode in ('planned', 'unplanned')),
  state text not null check (state in ('preparing', 'held', 'open', 'given_up')),
  safety_snapshot_id text not null,
  hosts_stopped integer not null check (hosts_stopped in (0, 1)),
  generation bigint not null,
  point_at bigint,
  abandoned integer not null default 0 check (abandoned in (0, 1)),
  created_at bigint not null,
  switched_at bigint,
  ended_at bigint
);
create index promotion_qrv on promotion (qrv_id);
create unique index promotion_live on promotion (unit_id) where state in ('preparing', 'held');

create table recovery (
  id text primary key,
  job_id bigint not null,
  unit_id text,
  volume_id text not null,
  source text not null,
  source_snapshot_id text not null,
  state text not null check (state in ('preparing', 'copying', 'held', 'open', 'given_up')),
  safety_snapshot_id text,
  hosts_stopped integer not null check (hosts_stopped in (0, 1)),
  generation bigint not null,
  created_at bigint not null,
  ended_at bigint
);
create unique index recovery_live on recovery (volume_id)
  where state in ('preparing', 'copying', 'held');
