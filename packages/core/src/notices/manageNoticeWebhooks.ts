import { randomBytes, randomUUID } from 'node:crypto';
import { trimPasted } from '@currents/connector';
import { eq, getTableColumns, ne, sql } from 'drizzle-orm';
import type { Admin, Db } from '../admin/admin.js';
import { collection } from '../admin/collection.js';
import { rowId, type Page, type PageRequest } from '../admin/page.js';
import {
  fieldProblem,
  inputInvalid,
  notConfirmed,
  type InputInvalid,
  type NotConfirmed,
  type Problem,
} from '../admin/problem.js';
import { unblock } from '../circuitBreaker.js';
import { advisoryLocks } from '../db/advisoryLocks.js';
import { databaseNow } from '../db/databaseNow.js';
import { noticeWebhook } from '../db/schema.js';
import {
  formerValues,
  openSecrets,
  overlapFault,
  unconfirmedRotation,
  type SecretRotation,
} from '../segments/formerSecret.js';
import { secretPrefix } from '../process/webhookSignature.js';
import { webhookUrlFault } from '../segments/manageWebhooks.js';
import { noticeWebhookSealContext, openNoticeSecret, pingBody, sendNoticeWebhook } from './noticeWebhookRequest.js';

/** A receiver of all notices over HTTP. */
export type NoticeWebhookView = Readonly<ReturnType<typeof viewOf>>;

export type NoticeWebhookNotFound = Problem<'NoticeWebhookNotFound'>;
export type TooManyNoticeWebhooks = Problem<'TooManyNoticeWebhooks'>;

/** A new secret in plain text: it is stored sealed. */
interface SecretCreated {
  readonly kind: 'NoticeWebhookSecretCreated';
  readonly secret: string;
  readonly noticeWebhook: NoticeWebhookView;
}

interface Deleted {
  readonly kind: 'NoticeWebhookDeleted';
  /** As it was before. */
  readonly noticeWebhook: NoticeWebhookView;
  /** The deletion was only planned: nothing has changed. */
  readonly isDryRun: boolean;
}

interface Tested {
  readonly kind: 'NoticeWebhookTested';
  readonly hasPassed: boolean;
  /** Why it has not passed. */
  readonly code: string | undefined;
  readonly detail: string | undefined;
  readonly noticeWebhook: NoticeWebhookView;
}

const notFound: NoticeWebhookNotFound = {
  kind: 'NoticeWebhookNotFound',
  message: 'there is no notice webhook with this id',
};

/** Each of them receives a request for every notice. */
const maxWebhooks = 10;

const columns = {
  ...getTableColumns(noticeWebhook),
  pendingCount: sql<number>`(select count(*)::int from notice_message m
    where m.webhook_id = notice_webhook.id and m.state = 'ready')`,
  formerUntil:
    sql<Date | null>`case when ${noticeWebhook.formerUntil} > now() then ${noticeWebhook.formerUntil} end`.mapWith(
      noticeWebhook.formerUntil,
    ),
};

type Row = typeof noticeWebhook.$inferSelect & { readonly pendingCount: number };

const webhooks = collection({
  select: ({ db }: Db) => db.select(columns).from(noticeWebhook),
  id: noticeWebhook.id,
  isVisible: ne(noticeWebhook.state, 'deleted'),
  viewOf,
});

/** The newest first. */
export function listNoticeWebhooks(admin: Db, page: PageRequest): Promise<Page<NoticeWebhookView>> {
  return webhooks.list(admin, page);
}

export const findNoticeWebhooks = webhooks.find;

export async function getNoticeWebhook(admin: Db, id: string): Promise<NoticeWebhookView | NoticeWebhookNotFound> {
  return (await findNoticeWebhooks(admin, [id]))[0] ?? notFound;
}

type Deps = Pick<Admin, 'db' | 'seal' | 'allowBaseUrl'>;

/** Sends every notice from now on to a URL. */
export async function createNoticeWebhook(
  admin: Deps,
  pastedUrl: string,
): Promise<SecretCreated | InputInvalid | TooManyNoticeWebhooks> {
  const url = trimPasted(pastedUrl);
  const fault = webhookUrlFault(url, admin);
  if (fault !== undefined) return inputInvalid([fieldProblem('url', 'malformed', fault)]);
  const secret = makeSecret();
  const id = await admin.db.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(${advisoryLocks.noticeLimits}::bigint)`);
    const present = await tx
      .select({ id: noticeWebhook.id })
      .from(noticeWebhook)
      .where(ne(noticeWebhook.state, 'deleted'));
    if (present.length >= maxWebhooks) return undefined;
    const [row] = await tx.insert(noticeWebhook).values({ url }).returning({ id: noticeWebhook.id });
    const { id } = row as { readonly id: number };
    // The seal is bound to the id.
    const sealed = admin.seal.seal(secret, noticeWebhookSealContext(id));
    await tx.update(noticeWebhook).set({ secret: sealed }).where(eq(noticeWebhook.id, id));
    return id;
  });
  if (id === undefined)
    return {
      kind: 'TooManyNoticeWebhooks',
      message: `expected at most ${maxWebhooks} notice webhooks, got another; delete one first`,
    };
  const view = (await getNoticeWebhook(admin, String(id))) as NoticeWebhookView;
  return { kind: 'NoticeWebhookSecretCreated', secret, noticeWebhook: view };
}

/** Sends to another URL, which is not blocked. */
export async function updateNoticeWebhook(
  admin: Deps,
  id: string,
  pastedUrl: string,
): Promise<NoticeWebhookView | NoticeWebhookNotFound | InputInvalid> {
  const url = trimPasted(pastedUrl);
  const fault = webhookUrlFault(url, admin);
  if (fault !== undefined) return inputInvalid([fieldProblem('url', 'malformed', fault)]);
  const live = {
    state: 'live',
    stateSince: sql`now()`,
    blockedCode: null,
    blockedDetail: null,
    probes: 0,
    probeAt: null,
  } as const;
  await admin.db
    .update(noticeWebhook)
    .set({ url, ...live })
    .where(isPresent(id));
  return getNoticeWebhook(admin, id);
}

/**
 * Signs requests with a new secret from now on, and for some hours with the former one as well. That cannot be undone, so
 * the exact URL has to be given.
 */
export async function rotateNoticeWebhookSecret(
  admin: Deps,
  id: string,
  { confirmUrl, overlapHours }: SecretRotation,
): Promise<SecretCreated | NoticeWebhookNotFound | NotConfirmed | InputInvalid> {
  const fault = overlapFault(overlapHours);
  if (fault) return inputInvalid([fault]);
  const webhook = await getNoticeWebhook(admin, id);
  if (webhook.kind === 'NoticeWebhookNotFound') return webhook;
  if (confirmUrl !== webhook.url) return notConfirmed('confirmUrl', webhook.url, unconfirmedRotation(overlapHours));
  const secret = makeSecret();
  const sealed = admin.seal.seal(secret, noticeWebhookSealContext(Number(webhook.id)));
  const former = formerValues(noticeWebhook.secret, overlapHours);
  const isRotated = await updateConfirmed(admin, webhook, { secret: sealed, ...former });
  if (!isRotated) return rotateNoticeWebhookSecret(admin, id, { confirmUrl, overlapHours });
  const rotated = await getNoticeWebhook(admin, id);
  return rotated.kind === 'NoticeWebhook'
    ? { kind: 'NoticeWebhookSecretCreated', secret, noticeWebhook: rotated }
    : rotated;
}

/**
 * Deletes a webhook and its secret; pending notices are not sent to it.
 * @param options.confirmUrl the exact URL; not needed for a dry run, which changes nothing.
 */
export async function deleteNoticeWebhook(
  admin: Db,
  id: string,
  { confirmUrl, isDryRun }: { readonly confirmUrl?: string | undefined; readonly isDryRun: boolean },
): Promise<Deleted | NoticeWebhookNotFound | NotConfirmed> {
  const webhook = await getNoticeWebhook(admin, id);
  if (webhook.kind === 'NoticeWebhookNotFound') return webhook;
  if (!isDryRun) {
    if (confirmUrl !== webhook.url)
      return notConfirmed('confirmUrl', webhook.url, `; ${webhook.pendingCount} pending notices are not sent to it`);
    const end = {
      state: 'deleted',
      stateSince: sql`now()`,
      secret: null,
      formerSecret: null,
      formerUntil: null,
    } as const;
    if (!(await updateConfirmed(admin, webhook, end))) return deleteNoticeWebhook(admin, id, { confirmUrl, isDryRun });
  }
  return { kind: 'NoticeWebhookDeleted', noticeWebhook: webhook, isDryRun };
}

/** Sends a signed request without a notice, now. A blocked webhook whose receiver accepts it is live again. */
export async function testNoticeWebhook(
  admin: Pick<Admin, 'db' | 'sql' | 'seal' | 'http'>,
  id: string,
): Promise<Tested | NoticeWebhookNotFound> {
  const webhook = await getNoticeWebhook(admin, id);
  if (webhook.kind === 'NoticeWebhookNotFound') return webhook;
  const key = Number(webhook.id);
  const [row] = await admin.db.select(columns).from(noticeWebhook).where(isPresent(id));
  if (!row) return notFound;
  const { secret, formerSecret, formerUntil } = row;
  const open = (sealed: Buffer | null) => openNoticeSecret(admin.seal, key, sealed);
  const secrets = openSecrets(open, { secret, formerSecret: formerUntil && formerSecret });
  const nowMs = Date.parse(await databaseNow(admin.db));
  const verdict =
    secrets instanceof Error
      ? { outcome: 'blocked', code: 'secret_unreadable', detail: secrets.message }
      : await sendNoticeWebhook(admin.http, {
          url: row.url,
          secrets,
          id: `msg_${randomUUID()}`,
          body: pingBody(nowMs),
          nowMs,
        });
  const hasPassed = verdict.outcome === 'delivered';
  if (hasPassed) await unblock(admin.sql, 'notice_webhook', key);
  const [present = webhook] = await findNoticeWebhooks(admin, [id]);
  const failure = 'code' in verdict ? verdict : undefined;
  return {
    kind: 'NoticeWebhookTested',
    hasPassed,
    code: failure?.code,
    detail: failure?.detail,
    noticeWebhook: present,
  };
}

/** Updates a webhook whose URL was confirmed. False when it was moved or deleted meanwhile: look again. */
async function updateConfirmed(
  { db }: Db,
  { id, url }: NoticeWebhookView,
  set: Parameters<ReturnType<Admin['db']['update']>['set']>[0],
): Promise<boolean> {
  const updated = await db
    .update(noticeWebhook)
    .set(set)
    .where(sql`${isPresent(id)} and ${noticeWebhook.url} = ${url}`)
    .returning({ id: noticeWebhook.id });
  return updated.length === 1;
}

function makeSecret(): string {
  return `${secretPrefix}${randomBytes(32).toString('base64')}`;
}

function isPresent(id: string) {
  return sql`${noticeWebhook.id} = ${rowId(id) ?? 0} and ${noticeWebhook.state} <> 'deleted'`;
}

function viewOf(row: Row) {
  // Deleted ones are never selected.
  const state = row.state as 'live' | 'blocked';
  return {
    kind: 'NoticeWebhook' as const,
    id: String(row.id),
    url: row.url,
    state,
    stateSince: row.stateSince,
    /** Why it is blocked. */
    block: state === 'blocked' ? { code: row.blockedCode ?? '', detail: row.blockedDetail ?? '' } : undefined,
    /** Notices that it is still to receive. */
    pendingCount: row.pendingCount,
    /** Until when the former secret signs requests, too. */
    formerSecretUntil: row.formerUntil ?? undefined,
    createdAt: row.createdAt,
  };
}
