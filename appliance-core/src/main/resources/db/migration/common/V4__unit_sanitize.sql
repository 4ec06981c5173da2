-- A SANITIZE that is not over, as JSON: it goes on after a restart, and keeps hosts out until then.

alter table logical_unit add column sanitize text;
