import type { Budget, SendResult, SendOutcome } from '@currents/connector';
import { errorKind, type AttemptContext, type CurrentFailure } from './attemptContext.js';
import { pauseKeys, postpone, sharing, type Throttled } from './postpone.js';
import type { DeliveryItem } from './deliveryItem.js';

/**
 * Sends request after request until one meets a setback of the whole Current. A refused request is asked again in
 * halves until the culprit stands alone.
 */
export async function sendAll(
  requests: readonly (readonly DeliveryItem[])[],
  budgets: readonly Budget<unknown>[],
  line: AttemptContext,
): Promise<{ setback: CurrentFailure | undefined; requests: number; sent: number }> {
  let queue = [...requests];
  let made = 0;
  let sent = 0;
  let halved = false;
  for (let request = queue.shift(); request && line.now() < line.stopAtMs; request = queue.shift()) {
    made++;
    sent += request.length;
    const split: DeliveryItem[] = [];
    let refusal: Extract<SendOutcome, { outcome: 'split' }> | undefined;
    let setback: CurrentFailure | undefined;
    /** What stands in the way of everything, should the event that stood alone not be to blame. */
    let alone: CurrentFailure | undefined;
    const throttled: Throttled[] = [];
    const innocent: DeliveryItem[] = [];
    const startedMs = line.now();
    const results = await sendOnce(request, line);
    const answeredMs = line.now();
    line.concurrency.onResponse(answeredMs - startedMs);
    const byId = inOrder(request, results) ? undefined : new Map(results.map((result) => [result.id, result]));
    for (let index = 0; index < request.length; index++) {
      const item = request[index] as DeliveryItem;
      const { attempt: track, position } = item;
      // Silence is not success, and an answer about anything else is ignored.
      const verdict: SendOutcome = (byId ? byId.get(item.id) : results[index]) ?? unanswered;
      switch (verdict.outcome) {
        case 'delivered':
          track.deliver(position);
          line.refusals.alone = 0;
          break;
        case 'rejected':
          track.deadLetter(position, verdict);
          break;
        case 'split':
          refusal = verdict;
          split.push(item);
          break;
        case 'blocked':
          setback = verdict;
          break;
        case 'deferred':
          if (verdict.scope === 'current') setback ??= verdict;
          else if (verdict.scope === 'key') throttled.push({ item, verdict });
          // 0 ms: the event goes again with the next attempt, which begins at once.
          else if (verdict.afterMs === 0) innocent.push(item);
          else {
            const { code, detail, afterMs } = verdict;
            postpone(item, { code, detail, dueAtMs: afterMs && answeredMs + afterMs }, line, answeredMs);
            if (halved && request.length === 1) alone = { ...verdict, scope: 'current' };
          }
          break;
      }
    }
    if (setback || throttled.length > 0) line.concurrency.onCongestion();
    if (throttled.length > 0) {
      const sharers = sharing(throttled, [...innocent, ...queue.flat()], budgets);
      await pauseKeys([...throttled, ...sharers], budgets, line);
      const held = new Set(sharers.map(({ item }) => item));
      if (held.size > 0)
        queue = queue.map((items) => items.filter((item) => !held.has(item))).filter((items) => items.length > 0);
    }
    if (setback) return { setback, requests: made, sent };
    if (refusal && request.length > 1) {
      halved = true;
      const middle = Math.ceil(split.length / 2);
      queue.unshift(split.slice(0, middle), split.slice(middle));
      continue;
    }
    if (refusal) {
      const { attempt: track, position } = request[0] as DeliveryItem;
      track.deadLetter(position, { outcome: 'rejected', code: refusal.code, detail: refusal.detail });
      alone = { ...refusal, outcome: 'blocked', code: 'refused_everything' };
    }
    if (!alone) continue;
    line.refusals.alone++;
    // Two in a row stood alone and were refused, and nothing has passed: is it the events, or is it everything?
    // One from the far end tells. Should it be refused too, the rest is kept until that has changed.
    if (line.refusals.alone === maxRefusedAlone - 1) bringLastForward(queue);
    if (line.refusals.alone >= maxRefusedAlone) return { setback: alone, requests: made, sent };
  }
  return { setback: undefined, requests: made, sent };
}

/** This many events refused alone, one after another and none taken between, are not to blame each for itself. */
const maxRefusedAlone = 3;

function bringLastForward(queue: (readonly DeliveryItem[])[]): void {
  const last = queue.pop();
  if (!last) return;
  if (last.length > 1) queue.push(last.slice(0, -1));
  queue.unshift(last.slice(-1));
}

async function sendOnce(request: readonly DeliveryItem[], line: AttemptContext): Promise<readonly SendResult[]> {
  if (request.length === 0) return [];
  const { settings, credentials, http } = line;
  try {
    return await line.connector.send(request, { settings, credentials, http });
  } catch (error) {
    const detail = `the connector failed: ${errorKind(error)}`;
    return request.map(({ id }) => ({ id, outcome: 'deferred', code: 'send_threw', detail, scope: 'current' }));
  }
}

const unanswered: SendOutcome = {
  outcome: 'deferred',
  code: 'unanswered',
  detail: 'the connector said nothing of this event',
  scope: 'event',
};

/** Whether there is one result for every item, in the same order; nearly always so, and then no index is needed. */
function inOrder(request: readonly DeliveryItem[], results: readonly SendResult[]): boolean {
  if (results.length !== request.length) return false;
  for (let index = 0; index < request.length; index++) {
    if ((results[index] as SendResult).id !== (request[index] as DeliveryItem).id) return false;
  }
  return true;
}
