-- Hosts that are to use one portal of a target; without a host, all that have no row of their own.
create table redirect (
  target_id text not null references target (id),
  host_id text references host (id),
  portal_host text not null,
  portal_port integer not null check (portal_port between 1 and 65535),
  created_at bigint not null
);
create unique index redirect_host on redirect (target_id, host_id) where host_id is not null;
create unique index redirect_all on redirect (target_id) where host_id is null;

-- What an initiator proves in a discovery session; one row at most. Secrets are sealed.
create table discovery_chap (
  id integer primary key check (id = 1),
  chap_user text not null,
  chap_secret text not null,
  mutual_user text,
  mutual_secret text,
  check ((mutual_user is null) = (mutual_secret is null))
);
