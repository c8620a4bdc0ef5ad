/**
 * How a column with text, JSON, bytes or a list may hold ids of users, and which part of a deletion takes them out.
 * `none`, and `objectId` for the id of an object of the hub: it holds no ids of users. `text`, `json` and `jsonText` (JSON
 * in a column for text): what partners, senders or admins say, in which ids are replaced by `[deleted]`. `rows`: rows whose
 * value names a user are deleted; `bucketRows`: by the hash of an id that is the key of a budget. `bytes`: numbers, hashes
 * or secrets. The others have a part of their own.
 */
export type Treatment =
  | 'none'
  | 'objectId'
  | 'text'
  | 'json'
  | 'jsonText'
  | 'rows'
  | 'bucketRows'
  | 'bytes'
  | 'batch'
  | 'quarantine'
  | 'members'
  | 'deferrals'
  | 'answers'
  | 'sealed';

/**
 * Every such column of every table. A new one is added here in the commit that makes it: think of what it may hold of a
 * user, also in the words of a partner. A test compares this with the database.
 */
export const storedData: Readonly<Record<string, Readonly<Record<string, Treatment>>>> = {
  admin_token: { name: 'none', hash: 'bytes', role: 'none' },
  audit_entry: { action: 'none', target_id: 'objectId', arguments: 'json', result: 'none', actor: 'none' },
  batch: { content: 'batch', token_ids: 'none', request_events: 'none' },
  budget_bucket: { key: 'bucketRows' },
  cohort: {
    partner: 'none',
    partner_id: 'none',
    list_id: 'none',
    name: 'none',
    description: 'none',
    schedule: 'none',
    reported_by: 'none',
  },
  cohort_change: {
    hash: 'bytes',
    kind: 'none',
    name: 'none',
    description: 'none',
    session: 'none',
    members: 'members',
    refused: 'none',
    state: 'none',
  },
  cohort_pull: {
    cursor: 'none',
    account: 'bytes',
    deferral_code: 'none',
    deferral_detail: 'text',
    failure_code: 'none',
    failure_detail: 'text',
    failure_recovery: 'none',
  },
  cohort_sync: { kind: 'none', session: 'none', state: 'none', refused: 'none' },
  cohort_tombstone: { member: 'members' },
  console_session: { hash: 'bytes' },
  credential_rotation: {
    state: 'none',
    credentials: 'sealed',
    test_outcome: 'none',
    test_code: 'none',
    test_detail: 'text',
  },
  current: {
    name: 'none',
    contact_email: 'none',
    destination: 'none',
    settings: 'none',
    credentials: 'sealed',
    selection: 'none',
    field_rules: 'none',
    state: 'none',
    blocked_code: 'none',
    blocked_detail: 'text',
    deferral_code: 'none',
    deferral_detail: 'text',
  },
  current_owner: {},
  current_warning: { code: 'none', detail: 'text' },
  dead_letter: {
    outcome: 'none',
    code: 'none',
    detail: 'text',
    positions: 'none',
    event_type: 'none',
    discard_reason: 'text',
  },
  delivery: { outcomes: 'bytes', skip_reasons: 'none', deferred: 'deferrals', trace_spans: 'none' },
  fingerprint_block: { source: 'none', content: 'bytes' },
  idempotency_key: { key: 'rows', mutation: 'none', request_hash: 'bytes', state: 'none', answer: 'answers' },
  import_key: { partner: 'none', name: 'none', hash: 'bytes', hint: 'none' },
  import_partner: { name: 'none' },
  index_backfill: { source: 'none' },
  ingest_token: { name: 'none', hash: 'bytes', hint: 'none' },
  job: { operation: 'none', input: 'json', state: 'none', progress: 'json', result: 'json', error: 'text' },
  master_key_check: { sealed: 'bytes', fingerprint_key: 'bytes' },
  notice: {
    kind: 'none',
    severity: 'none',
    subject: 'none',
    episode: 'none',
    message: 'text',
    remedy: 'none',
    state: 'none',
  },
  notice_message: {
    channel: 'none',
    recipient: 'none',
    state: 'none',
    transport: 'none',
    failure_code: 'none',
    failure_detail: 'text',
  },
  notice_message_item: {},
  notice_mute: {},
  notice_schedule: {},
  notice_webhook: {
    url: 'none',
    secret: 'sealed',
    former_secret: 'sealed',
    state: 'none',
    blocked_code: 'none',
    blocked_detail: 'text',
    deferral_code: 'none',
    deferral_detail: 'text',
  },
  partner_cohort: { partner_id: 'none', name: 'none', description: 'none' },
  pull_usage: { account: 'bytes', step_times_ms: 'none', pull_times_ms: 'none' },
  quarantine_batch: {
    positions: 'bytes',
    codes: 'none',
    code_indexes: 'bytes',
    event_counts: 'none',
    released_counts: 'none',
    purged_counts: 'none',
    states: 'bytes',
    releases: 'none',
    content: 'quarantine',
    event_types: 'none',
  },
  quarantine_usage: {},
  count_entry: { counts: 'none' },
  count_state: {},
  current_count: { resolution: 'none' },
  ingest_count: { event_type: 'none' },
  ingest_minute: { dimension: 'none', key: 'none' },
  ledger_difference: { quantity: 'none', code: 'none' },
  ledger_scan: { progress: 'none' },
  latency_count: { resolution: 'none', buckets: 'none' },
  quota_usage: { budget: 'none', key: 'rows' },
  request: { hash: 'bytes', refused: 'jsonText' },
  route_table: {},
  segment: { name: 'none', definition: 'none' },
  segment_candidate: { member: 'members' },
  segment_change: { member: 'members' },
  segment_cohort: {},
  segment_sync: {
    destination: 'none',
    settings: 'none',
    credentials: 'sealed',
    account: 'none',
    object_name: 'none',
    state: 'none',
    blocked_code: 'none',
    blocked_detail: 'text',
    deferral_code: 'none',
    deferral_detail: 'text',
    walk: 'none',
    walk_after: 'members',
  },
  segment_sync_member: { member: 'members', state: 'none', code: 'none', detail: 'text' },
  segment_sync_refusal: { member: 'members', code: 'none', detail: 'text' },
  segment_sync_request: { entered: 'members', gone: 'members' },
  segment_webhook: {
    url: 'none',
    secret: 'sealed',
    former_secret: 'sealed',
    state: 'none',
    blocked_code: 'none',
    blocked_detail: 'text',
    deferral_code: 'none',
    deferral_detail: 'text',
  },
  segment_webhook_expiry: { code: 'none', detail: 'text' },
  tally: { outcome: 'none', code: 'none' },
  tally_sample: {},
  unmerged_fingerprints: { source: 'none', fingerprints: 'bytes' },
  unreferenced_set: {},
  user_deletion: { hashes: 'bytes', sealed: 'sealed' },
  worker_lease: { version: 'none', settings: 'none' },
};
