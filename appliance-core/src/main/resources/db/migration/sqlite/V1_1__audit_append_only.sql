-- The chain shows what was changed; these keep it from being changed by mistake.
create trigger audit_record_keep before update on audit_record
begin
  select raise(abort, 'audit records are never changed');
end;

create trigger audit_record_stay before delete on audit_record
begin
  select raise(abort, 'audit records are never deleted');
end;
