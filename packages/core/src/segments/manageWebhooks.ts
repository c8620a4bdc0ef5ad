import type { Admin } from '../admin/admin.js';
import { checkFirst, pageOf, readCursor, rowId, writeCursor, type Page, type PageRequest } from '../admin/page.js';
import { fieldProblem, inputInvalid, type InputInvalid, type NotConfirmed } from '../admin/problem.js';
import { makeToken } from '../secrets/token.js';
import { findSegment } from './manageSegments.js';
import { segmentNotFound, type SegmentNotFound } from './segmentView.js';
import {
  findWebhook,
  webhookColumns,
  webhookNotFound,
  webhookViewOf,
  type WebhookNotFound,
  type WebhookRow,
  type WebhookState,
  type WebhookView,
} from './webhookView.js';

/** A new secret, in clear for this once: it is kept sealed. */
export interface WebhookSecretShown {
  readonly kind: 'SegmentWebhookSecretShown';
  readonly secret: string;
  readonly webhook: WebhookView;
}

export interface WebhookWrongState {
  readonly kind: 'SegmentWebhookWrongState';
  readonly message: string;
  readonly state: WebhookState;
}

type Deps = Pick<Admin, 'sql' | 'seal' | 'allowBaseUrl'>;

export const webhookSealContext = (webhookId: number): string => `webhook:${webhookId}`;

/** Tells of everything that happens to the segment from now on. */
export async function createWebhook(
  admin: Deps,
  segmentId: string,
  url: string,
): Promise<WebhookSecretShown | SegmentNotFound | InputInvalid> {
  const problem = faultOf(url, admin);
  if (problem !== undefined) return inputInvalid([fieldProblem('url', 'malformed', problem)]);
  const { sql } = admin;
  const row = await findSegment(admin, segmentId);
  if (!row) return segmentNotFound(segmentId);
  const secret = makeToken('webhook');
  // The seal is bound to the id, so the id is drawn first.
  const [{ id }] = await sql<
    [{ id: number }]
  >`select nextval(pg_get_serial_sequence('segment_webhook', 'id'))::int as id`;
  const made = await sql`
    insert into segment_webhook (id, segment_id, url, delivered_change_id, secret) overriding system value
    select ${id}, id, ${url}, last_change_id, ${admin.seal.seal(secret, webhookSealContext(id))} from segment where id = ${row.id} and deleted_at is null`;
  if (made.count === 0) return segmentNotFound(segmentId);
  return { kind: 'SegmentWebhookSecretShown', secret, webhook: (await getWebhook(admin, String(id))) as WebhookView };
}

/** From now on requests are signed with another secret. The former one is gone, so it is confirmed by the URL, exactly. */
export async function renewWebhookSecret(
  admin: Deps,
  id: string,
  confirmUrl: string,
): Promise<WebhookSecretShown | WebhookNotFound | NotConfirmed> {
  const row = await findWebhook(admin, id);
  if (!row) return webhookNotFound(id);
  if (confirmUrl !== row.url) return notConfirmed(row.url, 'From then on only the new secret signs');
  const secret = makeToken('webhook');
  const sealed = admin.seal.seal(secret, webhookSealContext(row.id));
  const renewed =
    await admin.sql`update segment_webhook set secret = ${sealed} where id = ${row.id} and state <> 'deleted'`;
  if (renewed.count === 0) return webhookNotFound(id);
  return { kind: 'SegmentWebhookSecretShown', secret, webhook: webhookViewOf(row) };
}

/** Webhooks of a segment, the newest first. */
export async function listWebhooks(
  admin: Pick<Admin, 'sql'>,
  segmentId: string,
  { first, after }: PageRequest,
): Promise<Page<WebhookView>> {
  checkFirst(first);
  const [cursor] = readCursor(after, 1) ?? [];
  const rows = await admin.sql<WebhookRow[]>`
    select ${webhookColumns(admin)} from segment_webhook w
    where w.segment_id = ${rowId(segmentId) ?? 0} and w.state <> 'deleted' and (${cursor ?? null}::bigint is null or w.id < ${cursor ?? null}::bigint)
    order by w.id desc limit ${first + 1}`;
  return pageOf(rows.map(webhookViewOf), { first, after }, ({ id }) => writeCursor(id));
}

export async function getWebhook(admin: Pick<Admin, 'sql'>, id: string): Promise<WebhookView | WebhookNotFound> {
  const row = await findWebhook(admin, id);
  return row ? webhookViewOf(row) : webhookNotFound(id);
}

/** Nothing is told any more, and what happens is kept for when it is resumed, for as long as changes are kept. */
export async function pauseWebhook(
  admin: Pick<Admin, 'sql'>,
  id: string,
): Promise<WebhookView | WebhookNotFound | WebhookWrongState> {
  const changed = await admin.sql`
    update segment_webhook set state = 'paused', state_since = now(), blocked_code = null, blocked_detail = null, probe_at = null
    where id = ${rowId(id) ?? 0} and state in ('live', 'blocked')`;
  return afterMove(admin, id, changed.count === 1, 'pause');
}

/** Live again, whether it was paused or blocked: what was kept is told first, with a retry window that begins anew. */
export async function resumeWebhook(
  admin: Pick<Admin, 'sql'>,
  id: string,
): Promise<WebhookView | WebhookNotFound | WebhookWrongState> {
  const changed = await admin.sql`
    update segment_webhook set state = 'live', state_since = now(), live_since = now(), failures = 0, deferral_until = null, deferral_code = null,
      deferral_detail = null, blocked_code = null, blocked_detail = null, probes = 0, probe_at = null
    where id = ${rowId(id) ?? 0} and state in ('paused', 'blocked')`;
  return afterMove(admin, id, changed.count === 1, 'resume');
}

async function afterMove(
  admin: Pick<Admin, 'sql'>,
  id: string,
  moved: boolean,
  deed: 'pause' | 'resume',
): Promise<WebhookView | WebhookNotFound | WebhookWrongState> {
  const webhook = await getWebhook(admin, id);
  if (moved || webhook.kind === 'SegmentWebhookNotFound') return webhook;
  return {
    kind: 'SegmentWebhookWrongState',
    message: `the webhook is ${webhook.state}; there is nothing to ${deed}`,
    state: webhook.state,
  };
}

/** Ends a webhook: it is told nothing more, and its secret is gone. Confirmed by its URL, exactly. */
export async function deleteWebhook(
  admin: Pick<Admin, 'sql'>,
  id: string,
  confirmUrl: string,
): Promise<WebhookView | WebhookNotFound | NotConfirmed> {
  const webhook = await getWebhook(admin, id);
  if (webhook.kind === 'SegmentWebhookNotFound') return webhook;
  if (confirmUrl !== webhook.url)
    return notConfirmed(webhook.url, `${webhook.pending} entries and exits are pending, and would not be told`);
  await admin.sql`update segment_webhook set state = 'deleted', state_since = now(), secret = null where id = ${rowId(id) ?? 0}`;
  return webhook;
}

const maxUrlLength = 2_000;

function faultOf(url: string, { allowBaseUrl }: Pick<Admin, 'allowBaseUrl'>): string | undefined {
  const wanted = 'wanted a URL such as https://example.com/segments';
  if (url.length > maxUrlLength || !URL.canParse(url)) return wanted;
  const { protocol, username, password, hash } = new URL(url);
  if (username !== '' || password !== '' || hash !== '')
    return 'wanted a URL without a user, a password or a fragment; requests are signed instead';
  if (protocol === 'https:' || (protocol === 'http:' && allowBaseUrl)) return undefined;
  return protocol === 'http:'
    ? `${wanted}; an operator can allow http:// by starting the api and the workers with ALLOW_CUSTOM_BASE_URL=true`
    : wanted;
}

function notConfirmed(url: string, consequence: string): NotConfirmed {
  return {
    kind: 'NotConfirmed',
    message: `confirmUrl: wanted the webhook's URL, ${JSON.stringify(url)}, to confirm; something else came. ${consequence}`,
  };
}
