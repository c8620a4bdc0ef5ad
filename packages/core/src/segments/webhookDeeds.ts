import type { Admin } from '../admin/admin.js';
import { checkFirst, pageOf, readCursor, rowId, writeCursor, type Page, type PageRequest } from '../admin/page.js';
import { inputInvalid, type InputInvalid, type NotConfirmed } from '../admin/problem.js';
import { makeToken } from '../token.js';
import { findSegment } from './segmentDeeds.js';
import { segmentNotFound, type SegmentNotFound } from './segmentView.js';

export type WebhookState = 'live' | 'paused' | 'blocked';

/** Somebody who is told of a segment's entries and exits, in order, each at least once. */
export interface WebhookView {
  readonly kind: 'SegmentWebhook';
  readonly id: string;
  readonly segmentId: string;
  readonly url: string;
  readonly state: WebhookState;
  readonly stateSince: Date;
  /** Why it is blocked, or why it waits; undefined when all is well. */
  readonly trouble: { readonly code: string; readonly detail: string; readonly until: Date | undefined } | undefined;
  /** Told of everything up to here. */
  readonly changesCursor: string;
  /** Entries and exits it was told of, has yet to be told of, and was not told of because nobody took them in time. */
  readonly delivered: number;
  readonly pending: number;
  readonly expired: number;
  readonly lastDeliveredAt: Date | undefined;
  readonly createdAt: Date;
}

/** A new secret, in clear for this once: it is kept sealed. */
export interface WebhookSecretShown {
  readonly kind: 'SegmentWebhookSecretShown';
  readonly secret: string;
  readonly webhook: WebhookView;
}

export interface WebhookNotFound {
  readonly kind: 'SegmentWebhookNotFound';
  readonly message: string;
}

export interface WebhookWrongState {
  readonly kind: 'SegmentWebhookWrongState';
  readonly message: string;
  readonly state: WebhookState;
}

/** Entries and exits that a webhook was not told of. */
export interface WebhookExpiry {
  readonly id: string;
  readonly changes: number;
  /** Ask for the changes after the first cursor, up to the last, for as long as they are kept. */
  readonly afterCursor: string;
  readonly lastCursor: string;
  readonly code: string;
  readonly detail: string;
  readonly expiredAt: Date;
}

type Deps = Pick<Admin, 'sql' | 'seal' | 'allowBaseUrl'>;

export const webhookSealContext = (webhookId: number): string => `webhook:${webhookId}`;

/** Tells of everything that happens to the segment from now on. */
export async function createWebhook(admin: Deps, segmentId: string, url: string): Promise<WebhookSecretShown | SegmentNotFound | InputInvalid> {
  const problem = faultOf(url, admin);
  if (problem !== undefined) return inputInvalid([{ field: 'url', message: problem }]);
  const { sql } = admin;
  const row = await findSegment(admin, segmentId);
  if (!row) return segmentNotFound(segmentId);
  // Without a secret it tells nothing yet: the seal is bound to its id.
  const [made] = await sql<{ id: number }[]>`
    insert into segment_webhook (segment_id, url, change_id)
    select id, ${url}, change_id from segment where id = ${row.id} and deleted_at is null returning id`;
  return made ? renewSecret(admin, made.id) : segmentNotFound(segmentId);
}

/** From now on requests are signed with another secret. The former one is gone, so it is confirmed by the URL, exactly. */
export async function renewWebhookSecret(admin: Deps, id: string, confirmUrl: string): Promise<WebhookSecretShown | WebhookNotFound | NotConfirmed> {
  const row = await findWebhook(admin, id);
  if (!row) return webhookNotFound(id);
  return confirmUrl === row.url ? renewSecret(admin, row.id) : notConfirmed(row.url, 'From then on only the new secret signs');
}

async function renewSecret(admin: Deps, id: number): Promise<WebhookSecretShown> {
  const secret = makeToken('webhook');
  await admin.sql`update segment_webhook set secret = ${admin.seal.seal(secret, webhookSealContext(id))} where id = ${id} and state <> 'deleted'`;
  const row = (await findWebhook(admin, String(id))) as Row;
  return { kind: 'SegmentWebhookSecretShown', secret, webhook: viewOf(row) };
}

/** Webhooks of a segment, the newest first. */
export async function listWebhooks(admin: Pick<Admin, 'sql'>, segmentId: string, { first, after }: PageRequest): Promise<Page<WebhookView>> {
  checkFirst(first);
  const [cursor] = readCursor(after, 1) ?? [];
  const rows = await admin.sql<Row[]>`
    select ${columns(admin)} from segment_webhook w
    where w.segment_id = ${rowId(segmentId) ?? 0} and w.state <> 'deleted' and (${cursor ?? null}::bigint is null or w.id < ${cursor ?? null}::bigint)
    order by w.id desc limit ${first + 1}`;
  return pageOf(rows.map(viewOf), first, ({ id }) => writeCursor(id));
}

export async function getWebhook(admin: Pick<Admin, 'sql'>, id: string): Promise<WebhookView | WebhookNotFound> {
  const row = await findWebhook(admin, id);
  return row ? viewOf(row) : webhookNotFound(id);
}

/** Nothing is told any more, and what happens is kept for when it is resumed, for as long as changes are kept. */
export async function pauseWebhook(admin: Pick<Admin, 'sql'>, id: string): Promise<WebhookView | WebhookNotFound | WebhookWrongState> {
  const changed = await admin.sql`
    update segment_webhook set state = 'paused', state_since = now(), blocked_code = null, blocked_detail = null, probe_at = null
    where id = ${rowId(id) ?? 0} and state in ('live', 'blocked')`;
  return afterMove(admin, id, changed.count === 1, 'pause');
}

/** Live again, whether it was paused or blocked: what was kept is told first, with a retry window that begins anew. */
export async function resumeWebhook(admin: Pick<Admin, 'sql'>, id: string): Promise<WebhookView | WebhookNotFound | WebhookWrongState> {
  const changed = await admin.sql`
    update segment_webhook set state = 'live', state_since = now(), live_since = now(), failures = 0, hold_until = null, hold_code = null,
      hold_detail = null, blocked_code = null, blocked_detail = null, probes = 0, probe_at = null
    where id = ${rowId(id) ?? 0} and state in ('paused', 'blocked')`;
  return afterMove(admin, id, changed.count === 1, 'resume');
}

async function afterMove(admin: Pick<Admin, 'sql'>, id: string, moved: boolean, deed: 'pause' | 'resume'): Promise<WebhookView | WebhookNotFound | WebhookWrongState> {
  const webhook = await getWebhook(admin, id);
  if (moved || webhook.kind === 'SegmentWebhookNotFound') return webhook;
  return { kind: 'SegmentWebhookWrongState', message: `the webhook is ${webhook.state}; there is nothing to ${deed}`, state: webhook.state };
}

/** Ends a webhook: it is told nothing more, and its secret is gone. Confirmed by its URL, exactly. */
export async function deleteWebhook(admin: Pick<Admin, 'sql'>, id: string, confirmUrl: string): Promise<WebhookView | WebhookNotFound | NotConfirmed> {
  const webhook = await getWebhook(admin, id);
  if (webhook.kind === 'SegmentWebhookNotFound') return webhook;
  if (confirmUrl !== webhook.url) return notConfirmed(webhook.url, `${webhook.pending} entries and exits are pending, and would not be told`);
  await admin.sql`update segment_webhook set state = 'deleted', state_since = now(), secret = null where id = ${rowId(id) ?? 0}`;
  return webhook;
}

/** What a webhook was not told of, the latest first. */
export async function listWebhookExpiries({ sql }: Pick<Admin, 'sql'>, webhookId: string, { first, after }: PageRequest): Promise<Page<WebhookExpiry>> {
  checkFirst(first);
  const [cursor] = readCursor(after, 1) ?? [];
  const rows = await sql<{ id: string; changes: string; first_change_id: string; last_change_id: string; code: string; detail: string; expired_at: Date }[]>`
    select id, changes, first_change_id, last_change_id, code, detail, expired_at from segment_webhook_expiry
    where webhook_id = ${rowId(webhookId) ?? 0} and (${cursor ?? null}::bigint is null or id < ${cursor ?? null}::bigint)
    order by id desc limit ${first + 1}`;
  const expiries = rows.map((row) => ({
    id: row.id,
    changes: Number(row.changes),
    afterCursor: String(BigInt(row.first_change_id) - 1n),
    lastCursor: row.last_change_id,
    code: row.code,
    detail: row.detail,
    expiredAt: row.expired_at,
  }));
  return pageOf(expiries, first, ({ id }) => writeCursor(id));
}

const longestUrl = 2_000;

function faultOf(url: string, { allowBaseUrl }: Pick<Admin, 'allowBaseUrl'>): string | undefined {
  const wanted = 'wanted a URL such as https://example.com/segments';
  if (url.length > longestUrl || !URL.canParse(url)) return wanted;
  const { protocol, username, password, hash } = new URL(url);
  if (username !== '' || password !== '' || hash !== '') return 'wanted a URL without a user, a password or a fragment; requests are signed instead';
  if (protocol === 'https:' || (protocol === 'http:' && allowBaseUrl)) return undefined;
  return protocol === 'http:' ? `${wanted}; an operator can allow http:// by starting the api and the workers with ALLOW_CUSTOM_BASE_URL=true` : wanted;
}

interface Row {
  readonly id: number;
  readonly segment_id: number;
  readonly url: string;
  readonly state: WebhookState;
  readonly state_since: Date;
  readonly change_id: string;
  readonly delivered: string;
  readonly expired: string;
  readonly pending: number;
  readonly last_delivered_at: Date | null;
  readonly hold_until: Date | null;
  readonly hold_code: string | null;
  readonly hold_detail: string | null;
  readonly blocked_code: string | null;
  readonly blocked_detail: string | null;
  readonly created_at: Date;
}

function columns({ sql }: Pick<Admin, 'sql'>) {
  return sql`
    w.id, w.segment_id, w.url, w.state, w.state_since, w.change_id, w.delivered, w.expired, w.last_delivered_at, w.hold_until, w.hold_code,
    w.hold_detail, w.blocked_code, w.blocked_detail, w.created_at,
    (select count(*)::int from segment_change c where c.segment_id = w.segment_id and c.id > w.change_id) as pending`;
}

async function findWebhook(admin: Pick<Admin, 'sql'>, id: string): Promise<Row | undefined> {
  const [row] = await admin.sql<Row[]>`select ${columns(admin)} from segment_webhook w where w.id = ${rowId(id) ?? 0} and w.state <> 'deleted'`;
  return row;
}

function viewOf(row: Row): WebhookView {
  return {
    kind: 'SegmentWebhook',
    id: String(row.id),
    segmentId: String(row.segment_id),
    url: row.url,
    state: row.state,
    stateSince: row.state_since,
    trouble: troubleOf(row),
    changesCursor: row.change_id,
    delivered: Number(row.delivered),
    pending: row.pending,
    expired: Number(row.expired),
    lastDeliveredAt: row.last_delivered_at ?? undefined,
    createdAt: row.created_at,
  };
}

function troubleOf(row: Row): WebhookView['trouble'] {
  if (row.state === 'blocked') return { code: row.blocked_code ?? '', detail: row.blocked_detail ?? '', until: undefined };
  if (row.hold_code === null) return undefined;
  return { code: row.hold_code, detail: row.hold_detail ?? '', until: row.hold_until ?? undefined };
}

function notConfirmed(url: string, consequence: string): NotConfirmed {
  return { kind: 'NotConfirmed', message: `confirmUrl: wanted the webhook's URL, ${JSON.stringify(url)}, to confirm; something else came. ${consequence}` };
}

function webhookNotFound(id: string): WebhookNotFound {
  return { kind: 'SegmentWebhookNotFound', message: `there is no webhook with the id ${JSON.stringify(id.slice(0, 40))}` };
}
