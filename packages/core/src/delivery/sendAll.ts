import type { Budget, RateLimit } from '@currents/connector';
import type { AttemptContext, CurrentFailure, UnconfirmedEvents } from './attemptContext.js';
import type { Deferral } from '../batch/deferral.js';
import { cutRequests } from './cutRequests.js';
import type { DeliveryItem } from './deliveryItem.js';
import { pauseKeys, postpone, sharing } from './postpone.js';
import { sendRequest, type RequestAnswer } from './sendRequest.js';

type Request = readonly DeliveryItem[];

export interface SendAllResult {
  readonly failure: CurrentFailure | undefined;
  /** Requests made and items sent. */
  readonly requests: number;
  readonly sent: number;
  readonly unconfirmed: UnconfirmedEvents | undefined;
}

/**
 * Sends the requests in order, until one meets a failure of the whole Current or the lease is about to expire. A refused
 * request is sent again in halves (bisection) until the event at fault is alone; when it was too large, the requests after
 * it are smaller, too.
 *
 * @param withLast what to send in place of the last request: at least its items.
 */
export async function sendAll(
  requests: readonly Request[],
  limits: RateLimit<unknown>,
  context: AttemptContext,
  withLast?: (last: Request) => Promise<readonly Request[]>,
): Promise<SendAllResult> {
  const { budgets } = limits;
  const { requestBytes } = context;
  let queue = [...requests];
  let made = 0;
  let sent = 0;
  let isBisecting = false;
  let unconfirmed: UnconfirmedEvents | undefined;
  const result = (failure?: CurrentFailure): SendAllResult => ({ failure, requests: made, sent, unconfirmed });
  for (let request = queue.shift(); request && context.now() < context.stopAtMs; request = queue.shift()) {
    // While a refused request is sent in halves, nothing joins them.
    if (withLast && queue.length === 0 && !isBisecting) {
      queue = [...(await withLast(request))];
      request = queue.shift() ?? request;
    }
    const answer = await sendRequest(request, context);
    made++;
    sent += request.length;
    context.order.advance();
    if (answer.unconfirmed)
      unconfirmed = { ...answer.unconfirmed, events: answer.unconfirmed.events + (unconfirmed?.events ?? 0) };
    if (answer.throttled.length > 0) queue = await pauseThrottled(answer, queue, budgets, context);
    if (answer.failure) return result(answer.failure);
    queue = holdBehind(request, answer, queue, context);
    if (!answer.refusal && requestBytes.isLowered()) requestBytes.onAccepted(bytesOf(request), limits.maxBytes);
    if (answer.refusal && request.length > 1) {
      isBisecting = true;
      if (answer.refusal.isTooLarge) {
        requestBytes.onTooLarge(bytesOf(request));
        queue = cutRequests(queue.flat(), { ...limits, maxBytes: requestBytes.limit(limits.maxBytes) }).slice();
      }
      queue.unshift(...halvesOf(answer.refused));
      continue;
    }
    const failure = failureAlone(request, answer, isBisecting);
    if (failure && isRefusingEverything(queue, context)) return result(failure);
  }
  return result();
}

function bytesOf(items: Request): number {
  return items.reduce((bytes, item) => bytes + item.bytes + 1, 0);
}

/** Postpones the items of throttled keys, those still queued included. Returns the rest of the queue. */
async function pauseThrottled(
  { throttled, repeatable }: RequestAnswer,
  queue: Request[],
  budgets: readonly Budget<unknown>[],
  context: AttemptContext,
): Promise<Request[]> {
  const sharers = sharing(throttled, [...repeatable, ...queue.flat()], budgets);
  await pauseKeys([...throttled, ...sharers], budgets, context);
  if (sharers.length === 0) return queue;
  const held = new Set(sharers.map(({ item }) => item));
  return queue.map((items) => items.filter((item) => !held.has(item))).filter((items) => items.length > 0);
}

/** Takes the items out of the queue whose user has an event in this request that is to be sent again later. */
function holdBehind(
  request: Request,
  { refused }: RequestAnswer,
  queue: Request[],
  context: AttemptContext,
): Request[] {
  if (queue.length === 0 || refused.length === request.length) return queue;
  const again = new Set(refused);
  const held = new Map<string, Deferral | undefined>();
  for (const item of request) {
    const { user, attempt, position } = item;
    if (user !== undefined && attempt.isPending(position) && !again.has(item))
      held.set(user, attempt.deferralAt(position));
  }
  if (held.size === 0) return queue;
  const isFree = (item: DeliveryItem): boolean => {
    if (item.user === undefined || !held.has(item.user)) return true;
    const deferral = held.get(item.user);
    if (deferral) postpone(item, deferral, context);
    return false;
  };
  return queue.map((items) => items.filter(isFree)).filter((items) => items.length > 0);
}

function halvesOf(items: Request): Request[] {
  const middle = Math.ceil(items.length / 2);
  return [items.slice(0, middle), items.slice(middle)].filter((half) => half.length > 0);
}

/** The failure of an event that was sent alone. If all others fail alike, it is the failure of the whole Current. */
function failureAlone(
  request: Request,
  { refusal, deferral }: RequestAnswer,
  isBisecting: boolean,
): CurrentFailure | undefined {
  if (refusal) {
    const { attempt, position } = request[0] as DeliveryItem;
    attempt.deadLetter(position, { outcome: 'rejected', code: refusal.code, detail: refusal.detail });
    return { ...refusal, outcome: 'blocked', code: 'refused_everything' };
  }
  if (deferral?.outcome === 'deferred' && isBisecting && request.length === 1) return { ...deferral, scope: 'current' };
  return undefined;
}

/** When this many events in a row are refused alone, and none is accepted in between, the events are not at fault. */
const maxRefusedAlone = 3;

/** Counts an event refused alone. The one before the last is followed by the newest event, as a sample of the rest. */
function isRefusingEverything(queue: Request[], { refusals }: AttemptContext): boolean {
  refusals.alone++;
  if (refusals.alone === maxRefusedAlone - 1) bringLastForward(queue);
  return refusals.alone >= maxRefusedAlone;
}

/** Of the last item's user it is the first one, so that the user's events keep their order. */
function bringLastForward(queue: Request[]): void {
  const user = queue.at(-1)?.at(-1)?.user;
  const at =
    user === undefined ? queue.length - 1 : queue.findIndex((items) => items.some((item) => item.user === user));
  const items = queue[at];
  if (!items) return;
  const index = user === undefined ? items.length - 1 : items.findIndex((item) => item.user === user);
  const rest = items.filter((_, place) => place !== index);
  queue.splice(at, 1, ...(rest.length > 0 ? [rest] : []));
  queue.unshift([items[index] as DeliveryItem]);
}
