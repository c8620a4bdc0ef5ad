-- Admin tokens have a name, which the audit log shows.
alter table "admin_token" add column "name" text;

-- Entries of the hub's own acts have no token.
alter table "audit_entry" add column "actor" text not null default 'admin_token' check ("actor" in ('admin_token', 'system'));

-- Actions have the names that the mutations have now, and targets are ids that carry their type.
update "audit_entry" set "action" = case "action"
  when 'changeCurrent' then 'updateCurrent'
  when 'releaseQuarantined' then 'releaseQuarantinedEvents'
  when 'changeSegment' then 'updateSegment'
  when 'invalidateImportKey' then 'revokeImportKey'
  when 'keepImportKey' then 'cancelImportKeyRevocation'
  when 'registerImportPartner' then 'createImportPartner'
  when 'forgetImportPartner' then 'deleteImportPartner'
  when 'noteCohortSize' then 'reportCohortSize'
  when 'followCohort' then 'createCohortPull'
  when 'stopPullingCohort' then 'deleteCohortPull'
  when 'pullCohortNow' then 'runCohortPull'
  when 'setCohortSchedule' then 'updateCohort'
  when 'renewSegmentWebhookSecret' then 'rotateSegmentWebhookSecret'
  when 'cancelPull' then 'cancelCohortPull'
  else "action"
end;
update "audit_entry" set "target_id" = case
  when "action" like '%ImportPartner' or "target_id" !~ '^[0-9]+$' then null
  when "action" like '%AdminToken' then 'adm_' || "target_id"
  when "action" like '%IngestToken' then 'tok_' || "target_id"
  when "action" like '%ImportKey%' then 'key_' || "target_id"
  when "action" like '%SegmentWebhook%' then 'whk_' || "target_id"
  when "action" like '%Segment%' then 'seg_' || "target_id"
  when "action" like '%Cohort%' then 'coh_' || "target_id"
  else 'cur_' || "target_id"
end where "target_id" is not null;
