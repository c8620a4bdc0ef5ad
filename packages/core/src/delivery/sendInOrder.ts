import type { RateLimit } from '@currents/connector';
import type { AttemptContext } from './attemptContext.js';
import { cutRequests } from './cutRequests.js';
import type { DeliveryItem } from './deliveryItem.js';
import type { OrderedItems } from './mapEvents.js';
import { postpone } from './postpone.js';
import { sendAll, type SendAllResult } from './sendAll.js';
import { laterHold, leftAt, type Hold } from './userOrder.js';

/** So long, in milliseconds, a request waits for the events behind others that would fill it. */
const gatherMs = 25;

/**
 * Sends the admitted ones of these items: those whose users have no earlier event outstanding; then the others, as the
 * earlier events of their users become final. What an earlier event waits for postpones the later ones, too.
 */
export async function sendInOrder(
  admitted: readonly DeliveryItem[],
  { all, frontCount }: OrderedItems,
  limits: RateLimit<unknown>,
  context: AttemptContext,
): Promise<SendAllResult> {
  const { order } = context;
  const cut = (some: readonly DeliveryItem[]): (readonly DeliveryItem[])[] =>
    cutRequests(some, { ...limits, maxBytes: context.requestBytes.limit(limits.maxBytes) });
  const isPlain = !hasDeferred(all);
  if (isPlain && order.isAlone()) return sendAll(cut(admitted), limits, context);
  let total: SendAllResult = { failure: undefined, requests: 0, sent: 0, unconfirmed: undefined };
  if (!(await order.untilReady(context.stopAtMs))) return total;
  /** What the users' events in this attempt wait for. */
  const held = new Map<string, Hold>();
  let rest = all;
  const takeFree = (): readonly DeliveryItem[] => {
    const { free, behind } = sortByUser(rest, held, context);
    rest = behind;
    return free;
  };
  let free: readonly DeliveryItem[];
  if (isPlain && admitted.length === all.length && order.isSettled()) {
    free = all.slice(0, frontCount);
    rest = all.slice(frontCount);
  } else free = takeFree();
  /** The items that were free so far. */
  const tried = [...free];
  // The last request takes along what becomes free in a moment: small requests are dear.
  const withLast = async (last: readonly DeliveryItem[]) => cut(await gatherFree(last));
  for (;;) {
    if (free.length > 0) total = add(total, await sendAll(cut(free), limits, context, withLast));
    if (total.failure || rest.length === 0) return total;
    free = await gatherFree([]);
    if (free.length === 0 && rest.length > 0) return total;
  }

  /** Adds to these items what is free; waits until there is one, and then a moment for the others. */
  async function gatherFree(items: readonly DeliveryItem[]): Promise<readonly DeliveryItem[]> {
    if (rest.length === 0) return items;
    holdBehindTried(tried, new Set(items), held, context.now());
    const gathered = [...items];
    for (let untilMs = context.stopAtMs; ;) {
      for (const item of takeFree()) {
        gathered.push(item);
        tried.push(item);
      }
      if (gathered.length > 0) untilMs = Math.min(untilMs, context.now() + gatherMs);
      if (rest.length === 0 || !(await order.progress(untilMs))) return gathered;
    }
  }
}

/**
 * What this attempt has tried, and what is not final after that, holds back the later events of its users: it is sent
 * again by another attempt. Not the items that are still to be sent in this one.
 */
function holdBehindTried(
  tried: readonly DeliveryItem[],
  unsent: ReadonlySet<DeliveryItem>,
  held: Map<string, Hold>,
  nowMs: number,
): void {
  for (const item of tried) {
    const { user, attempt, position } = item;
    if (user === undefined || !attempt.isPending(position) || unsent.has(item)) continue;
    held.set(user, laterHold(held.get(user), attempt.deferralAt(position) ?? leftAt(nowMs)) as Hold);
  }
}

function hasDeferred(items: readonly DeliveryItem[]): boolean {
  return items.some(({ attempt }, index) => attempt !== items[index - 1]?.attempt && attempt.hasDeferred());
}

/** Separates the items that may be sent from those behind events in flight, and postpones those that have to wait. */
function sortByUser(items: readonly DeliveryItem[], held: Map<string, Hold>, context: AttemptContext) {
  const { order } = context;
  const free: DeliveryItem[] = [];
  const behind: DeliveryItem[] = [];
  const usersBehind = new Set<string>();
  order.refresh();
  for (const item of items) {
    const { user, attempt, position } = item;
    if (!attempt.isPending(position)) continue;
    const deferral = attempt.deferralAt(position);
    if (user === undefined) {
      if (!deferral) free.push(item);
      continue;
    }
    let hold = laterHold(held.size > 0 ? held.get(user) : undefined, deferral ?? attempt.waitsUntil(user, position));
    if (!hold) {
      const older =
        usersBehind.size > 0 && usersBehind.has(user) ? 'inFlight' : order.olderThan(user, item.userHash, attempt.age);
      if (older === 'inFlight') {
        usersBehind.add(user);
        behind.push(item);
        continue;
      }
      hold = older;
    }
    if (!hold) {
      free.push(item);
      continue;
    }
    held.set(user, hold);
    if (!deferral && !hold.isLeft) postpone(item, hold, context);
  }
  return { free, behind };
}

function add(one: SendAllResult, other: SendAllResult): SendAllResult {
  const unconfirmed =
    one.unconfirmed && other.unconfirmed
      ? { ...other.unconfirmed, events: one.unconfirmed.events + other.unconfirmed.events }
      : (one.unconfirmed ?? other.unconfirmed);
  return { failure: other.failure, requests: one.requests + other.requests, sent: one.sent + other.sent, unconfirmed };
}
