-- Ids are text UUIDs, times epoch milliseconds, flags 0 or 1, sizes bytes.

create table catalog_identity (
  id integer primary key check (id = 1),
  uuid text not null,
  generation bigint not null,
  created_at bigint not null
);

create table audit_head (
  id integer primary key check (id = 1),
  seq bigint not null,
  hash text not null
);
insert into audit_head (id, seq, hash)
  values (1, 0, '0000000000000000000000000000000000000000000000000000000000000000');

create table audit_record (
  seq bigint primary key,
  at bigint not null,
  user_name text not null,
  origin text not null,
  credential text not null,
  command text not null,
  reason text,
  request_id text,
  object text not null,
  result text not null check (result in ('ok', 'refused', 'failed')),
  detail text not null,
  prev_hash text not null,
  hash text not null unique
);
create index audit_record_at on audit_record (at);
create index audit_record_user on audit_record (user_name, seq);
create index audit_record_object on audit_record (object, seq);

create table request_result (
  request_id text primary key,
  user_name text not null,
  command text not null,
  at bigint not null,
  result text not null
);

create table event (
  seq bigint primary key,
  at bigint not null,
  severity text not null check (severity in ('info', 'warning', 'error')),
  source text not null,
  object text not null,
  message text not null
);

create table admin_user (
  id text primary key,
  name text not null unique,
  roles text not null,
  password_hash text,
  must_change integer not null default 0 check (must_change in (0, 1)),
  one_time integer not null default 0 check (one_time in (0, 1)),
  locked integer not null default 0 check (locked in (0, 1)),
  created_at bigint not null,
  last_login_at bigint
);

create table admin_key (
  user_id text not null references admin_user (id),
  fingerprint text not null,
  key_type text not null,
  key_blob text not null,
  comment text not null,
  created_at bigint not null,
  primary key (user_id, fingerprint)
);

create table pool (
  id text primary key,
  name text not null unique,
  tier text not null check (tier in ('fast', 'capacity')),
  path text not null unique,
  grain_bytes integer not null,
  size_bytes bigint not null,
  store_uuid text,
  state text not null check (state in ('creating', 'ready')),
  created_at bigint not null
);

create table volume (
  id text primary key,
  name text not null unique,
  pool_id text not null references pool (id),
  kind text not null check (kind in ('volume', 'qrv')),
  size_bytes bigint not null,
  logical_block integer not null,
  physical_block integer not null,
  granularity integer not null,
  thin integer not null check (thin in (0, 1)),
  removable integer not null check (removable in (0, 1)),
  read_only integer not null check (read_only in (0, 1)),
  write_cache integer not null check (write_cache in (0, 1)),
  label text not null default '',
  state text not null check (state in ('creating', 'ready', 'offline', 'deleted', 'purging')),
  created_at bigint not null,
  deleted_at bigint,
  purge_after bigint
);
create index volume_pool on volume (pool_id);

create table logical_unit (
  id text primary key,
  kind text not null check (kind in ('volume', 'mount')),
  name text not null,
  naa text not null unique,
  serial text not null unique,
  size_bytes bigint not null,
  logical_block integer not null,
  physical_block integer not null,
  granularity integer not null,
  thin integer not null check (thin in (0, 1)),
  removable integer not null check (removable in (0, 1)),
  rotational integer not null check (rotational in (0, 1)),
  write_protected integer not null check (write_protected in (0, 1)),
  volume_id text not null references volume (id),
  snapshot_id text,
  generation bigint not null,
  state text not null check (state in ('open', 'held')),
  write_cache integer not null check (write_cache in (0, 1)),
  software_write_protect integer not null default 0 check (software_write_protect in (0, 1)),
  descriptor_sense integer not null default 0 check (descriptor_sense in (0, 1)),
  reservations text,
  created_at bigint not null,
  check ((kind = 'mount') = (snapshot_id is not null))
);
create index logical_unit_volume on logical_unit (volume_id);
-- a volume is behind at most one unit of its own, whatever is swapped
create unique index logical_unit_own on logical_unit (volume_id) where kind = 'volume';

create table host (
  id text primary key,
  name text not null unique,
  any_initiator integer not null check (any_initiator in (0, 1)),
  os text not null,
  chap_user text,
  chap_secret text,
  mutual_user text,
  mutual_secret text,
  created_at bigint not null,
  check ((chap_user is null) = (chap_secret is null)),
  check ((mutual_user is null) = (mutual_secret is null)),
  check (mutual_user is null or chap_user is not null)
);
create unique index host_any on host (any_initiator) where any_initiator = 1;

create table host_initiator (
  iqn text primary key,
  host_id text not null references host (id),
  created_at bigint not null
);
create index host_initiator_host on host_initiator (host_id);

create table target (
  id text primary key,
  name text not null unique,
  alias text not null default '',
  is_first integer not null check (is_first in (0, 1)),
  created_at bigint not null
);
create unique index target_first on target (is_first) where is_first = 1;

create table portal (
  target_id text not null references target (id),
  listen_host text not null,
  listen_port integer not null check (listen_port between 1 and 65535),
  advertised_host text,
  advertised_port integer,
  group_tag integer not null check (group_tag between 1 and 65535),
  created_at bigint not null,
  primary key (target_id, listen_host, listen_port)
);

create table lun_map (
  host_id text not null references host (id),
  target_id text not null references target (id),
  number integer not null check (number between 0 and 16383),
  unit_id text not null references logical_unit (id),
  read_only integer not null check (read_only in (0, 1)),
  created_at bigint not null,
  primary key (host_id, target_id, number),
  unique (host_id, target_id, unit_id)
);
create index lun_map_unit on lun_map (unit_id);

-- by names, since a number rests even when its host is made anew meanwhile
create table lun_quarantine (
  host_name text not null,
  target_name text not null,
  number integer not null,
  unit_id text not null,
  until bigint not null,
  primary key (host_name, target_name, number)
);
