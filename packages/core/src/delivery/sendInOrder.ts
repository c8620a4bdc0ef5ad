import type { RateLimit } from '@currents/connector';
import type { AttemptContext } from './attemptContext.js';
import { cutRequests } from './cutRequests.js';
import type { DeliveryItem } from './deliveryItem.js';
import { postpone } from './postpone.js';
import { sendAll, type SendAllResult } from './sendAll.js';
import { laterHold, type Hold } from './userOrder.js';

/**
 * Sends the admitted ones of these items: those whose users have no earlier event outstanding; then the others, each as
 * soon as the earlier events of its user are final. What an earlier event waits for postpones the later ones, too.
 */
export async function sendInOrder(
  admitted: readonly DeliveryItem[],
  items: readonly DeliveryItem[],
  limits: RateLimit<unknown>,
  context: AttemptContext,
): Promise<SendAllResult> {
  const { order } = context;
  const send = (some: readonly DeliveryItem[]): Promise<SendAllResult> => {
    const maxBytes = context.requestBytes.limit(limits.maxBytes);
    return sendAll(cutRequests(some, { ...limits, maxBytes }), limits, context);
  };
  if (order.isAlone() && !hasDeferred(items)) return send(admitted);
  let total: SendAllResult = { failure: undefined, requests: 0, sent: 0, unconfirmed: undefined };
  if (!(await order.untilReady(context.stopAtMs))) return total;
  /** What the users' events in this attempt wait for. */
  const held = new Map<string, Hold>();
  let rest = items;
  for (;;) {
    const { free, behind } = sortByUser(rest, held, context);
    if (free.length > 0) total = add(total, await send(free));
    if (total.failure || behind.length === 0) return total;
    if (free.length === 0 && !(await order.progress(context.stopAtMs))) return total;
    rest = behind;
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
    let hold = laterHold(held.get(user), deferral ?? attempt.waitsUntil(user, position));
    if (!hold) {
      const older = usersBehind.has(user) ? 'inFlight' : order.olderThan(user, attempt.age);
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
