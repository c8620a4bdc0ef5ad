import { pastedFault, trimPasted } from '@currents/connector';
import { and, eq, inArray, sql } from 'drizzle-orm';
import type { Admin, Db } from '../admin/admin.js';
import { rowId, type Page, type PageRequest } from '../admin/page.js';
import { fieldProblem, inputInvalid, notConfirmed, type InputInvalid, type NotConfirmed } from '../admin/problem.js';
import { segment, segmentWebhook } from '../db/schema.js';
import { formerValues, overlapFault, unconfirmedRotation, type SecretRotation } from './formerSecret.js';
import { makeToken } from '../secrets/token.js';
import { segmentNotFound, type SegmentNotFound } from './segmentView.js';
import { getWebhook, webhookNotFound, webhooks } from './webhookView.js';
import type { WebhookNotFound, WebhookState, WebhookView } from './webhookView.js';

/** A new secret in plain text: it is stored sealed. */
interface WebhookSecretCreated {
  readonly kind: 'SegmentWebhookSecretCreated';
  readonly secret: string;
  readonly segmentWebhook: WebhookView;
}

interface WebhookDeleted {
  readonly kind: 'SegmentWebhookDeleted';
  /** As it was before. */
  readonly segmentWebhook: WebhookView;
  /** The deletion was only planned: nothing has changed. */
  readonly isDryRun: boolean;
}

type Deps = Pick<Admin, 'db' | 'seal' | 'allowBaseUrl'>;

export const webhookSealContext = (webhookId: number): string => `webhook:${webhookId}`;

/** Sends a segment's changes from now on to a URL. */
export async function createWebhook(
  admin: Deps,
  segmentId: string,
  pastedUrl: string,
): Promise<WebhookSecretCreated | SegmentNotFound | InputInvalid> {
  const url = trimPasted(pastedUrl);
  const problem = webhookUrlFault(url, admin);
  if (problem !== undefined) return inputInvalid([fieldProblem('url', 'malformed', problem)]);
  const secret = makeToken('webhook');
  const id = await admin.db.transaction(async (tx) => {
    const [from] = await tx
      .select({ id: segment.id, lastChangeId: segment.lastChangeId })
      .from(segment)
      .where(and(eq(segment.id, rowId(segmentId) ?? 0), sql`${segment.deletedAt} is null`))
      .for('share');
    if (!from) return undefined;
    const [row] = await tx
      .insert(segmentWebhook)
      .values({ segmentId: from.id, url, deliveredChangeId: from.lastChangeId })
      .returning({ id: segmentWebhook.id });
    const { id } = row as { readonly id: number };
    // The seal is bound to the id.
    const sealed = admin.seal.seal(secret, webhookSealContext(id));
    await tx.update(segmentWebhook).set({ secret: sealed }).where(eq(segmentWebhook.id, id));
    return id;
  });
  if (id === undefined) return segmentNotFound;
  const view = (await getWebhook(admin, String(id))) as WebhookView;
  return { kind: 'SegmentWebhookSecretCreated', secret, segmentWebhook: view };
}

/**
 * Signs requests with a new secret from now on, and for some hours with the former one as well. That cannot be undone, so
 * the exact URL has to be given.
 */
export async function rotateWebhookSecret(
  admin: Deps,
  id: string,
  { confirmUrl, overlapHours }: SecretRotation,
): Promise<WebhookSecretCreated | WebhookNotFound | NotConfirmed | InputInvalid> {
  const fault = overlapFault(overlapHours);
  if (fault) return inputInvalid([fault]);
  const webhook = await getWebhook(admin, id);
  if (webhook.kind === 'SegmentWebhookNotFound') return webhook;
  if (confirmUrl !== webhook.url) return notConfirmed('confirmUrl', webhook.url, unconfirmedRotation(overlapHours));
  const secret = makeToken('webhook');
  const sealed = admin.seal.seal(secret, webhookSealContext(Number(webhook.id)));
  const former = formerValues(segmentWebhook.secret, overlapHours);
  const isRotated = await updateWebhook(admin, id, ['live', 'paused', 'blocked'], { secret: sealed, ...former });
  const rotated = isRotated ? await getWebhook(admin, id) : webhookNotFound;
  return rotated.kind === 'SegmentWebhook'
    ? { kind: 'SegmentWebhookSecretCreated', secret, segmentWebhook: rotated }
    : rotated;
}

/** A segment's webhooks, the newest first. */
export function listWebhooks(admin: Db, segmentId: string, page: PageRequest): Promise<Page<WebhookView>> {
  return webhooks.list(admin, page, eq(segmentWebhook.segmentId, rowId(segmentId) ?? 0));
}

/** Pauses a live or blocked webhook. Changes are kept for it as long as they are stored. Pausing twice is harmless. */
export async function pauseWebhook(admin: Db, id: string): Promise<WebhookView | WebhookNotFound> {
  await updateWebhook(admin, id, ['live', 'blocked'], {
    state: 'paused',
    stateSince: sql`now()`,
    blockedCode: null,
    blockedDetail: null,
    probeAt: null,
  });
  return getWebhook(admin, id);
}

/** Resumes a paused or blocked webhook: pending changes first, in a new retry window. Resuming twice is harmless. */
export async function resumeWebhook(admin: Db, id: string): Promise<WebhookView | WebhookNotFound> {
  await updateWebhook(admin, id, ['paused', 'blocked'], {
    state: 'live',
    stateSince: sql`now()`,
    liveSince: sql`now()`,
    failures: 0,
    deferralUntil: null,
    deferralCode: null,
    deferralDetail: null,
    blockedCode: null,
    blockedDetail: null,
    probes: 0,
    probeAt: null,
  });
  return getWebhook(admin, id);
}

/** What a deleted webhook becomes: neither of its secrets is kept. */
export const deletedWebhook = {
  state: 'deleted',
  stateSince: sql`now()`,
  secret: null,
  formerSecret: null,
  formerUntil: null,
} as const;

/**
 * Deletes a webhook and its secret; pending changes are not delivered.
 * @param options.confirmUrl the exact URL; not needed for a dry run, which changes nothing.
 */
export async function deleteWebhook(
  admin: Db,
  id: string,
  { confirmUrl, isDryRun }: { readonly confirmUrl?: string | undefined; readonly isDryRun: boolean },
): Promise<WebhookDeleted | WebhookNotFound | NotConfirmed> {
  const webhook = await getWebhook(admin, id);
  if (webhook.kind === 'SegmentWebhookNotFound') return webhook;
  if (!isDryRun) {
    if (confirmUrl !== webhook.url)
      return notConfirmed('confirmUrl', webhook.url, `; ${webhook.pendingCount} pending changes are not delivered`);
    await updateWebhook(admin, id, ['live', 'paused', 'blocked'], deletedWebhook);
  }
  return { kind: 'SegmentWebhookDeleted', segmentWebhook: webhook, isDryRun };
}

/** Updates a webhook that is in one of the states; false if there is none. */
async function updateWebhook(
  { db }: Db,
  id: string,
  states: readonly WebhookState[],
  set: Parameters<ReturnType<Admin['db']['update']>['set']>[0],
): Promise<boolean> {
  const updated = await db
    .update(segmentWebhook)
    .set(set)
    .where(and(eq(segmentWebhook.id, rowId(id) ?? 0), inArray(segmentWebhook.state, [...states])))
    .returning({ id: segmentWebhook.id });
  return updated.length === 1;
}

const maxUrlLength = 2_000;

/** Why a webhook cannot have this URL; undefined when it can. */
export function webhookUrlFault(url: string, { allowBaseUrl }: Pick<Admin, 'allowBaseUrl'>): string | undefined {
  const expected = 'expected a URL such as https://example.com/segments';
  const pasted = pastedFault(url);
  if (pasted !== undefined) return `${expected}, got ${pasted}`;
  if (url.length > maxUrlLength || !URL.canParse(url)) return expected;
  const { protocol, username, password, hash } = new URL(url);
  if (username !== '' || password !== '' || hash !== '')
    return 'expected a URL without user, password and fragment; requests are signed instead';
  if (protocol === 'https:' || (protocol === 'http:' && allowBaseUrl)) return undefined;
  return protocol === 'http:'
    ? `${expected}; to allow http://, the operator starts the api and the workers with ALLOW_CUSTOM_BASE_URL=true`
    : expected;
}
