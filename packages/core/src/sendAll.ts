import type { Budget, Item, SendResult, Verdict } from '@currents/connector';
import { errorKind, type Line, type Seat, type Seats, type Setback } from './line.js';
import { pauseKeys, postpone, type Throttled } from './postpone.js';

/**
 * Sends request after request until one meets a setback of the whole Current. A refused request is asked again in
 * halves until the culprit stands alone.
 */
export async function sendAll(
  requests: readonly (readonly Item<unknown>[])[],
  seats: Seats,
  budgets: readonly Budget<unknown>[],
  line: Line,
): Promise<{ setback: Setback | undefined; requests: number; sent: number }> {
  const queue = [...requests];
  let made = 0;
  let sent = 0;
  let halved = false;
  for (let request = queue.shift(); request && line.now() < line.stopAtMs; request = queue.shift()) {
    made++;
    sent += request.length;
    const split: Item<unknown>[] = [];
    let refusal: Extract<Verdict, { outcome: 'split' }> | undefined;
    let setback: Setback | undefined;
    /** What stands in the way of everything, should the event that stood alone not be to blame. */
    let alone: Setback | undefined;
    const throttled: Throttled[] = [];
    const startedMs = line.now();
    const results = await sendOnce(request, line);
    line.pace.answered(line.now() - startedMs);
    for (const [item, verdict] of answersOf(request, results)) {
      const { track, position } = seats.get(item.id) as Seat;
      switch (verdict.outcome) {
        case 'delivered':
          track.deliver(position);
          line.refusals.alone = 0;
          break;
        case 'rejected':
          track.bury(position, verdict);
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
          // 0 ms: the event is innocent, and goes again with the next attempt, which begins at once.
          else if (verdict.afterMs !== 0) {
            const { code, detail, afterMs } = verdict;
            postpone({ track, position }, { code, detail, afterMs }, line);
            if (halved && request.length === 1) alone = { ...verdict, scope: 'current' };
          }
          break;
      }
    }
    if (setback || throttled.length > 0) line.pace.troubled();
    if (throttled.length > 0) await pauseKeys(throttled, seats, budgets, line);
    if (setback) return { setback, requests: made, sent };
    if (refusal && request.length > 1) {
      halved = true;
      const middle = Math.ceil(split.length / 2);
      queue.unshift(split.slice(0, middle), split.slice(middle));
      continue;
    }
    if (refusal) {
      const { track, position } = seats.get((request[0] as Item<unknown>).id) as Seat;
      track.bury(position, { outcome: 'rejected', code: refusal.code, detail: refusal.detail });
      alone = { ...refusal, outcome: 'blocked', code: 'refused_everything' };
    }
    if (!alone) continue;
    line.refusals.alone++;
    // Two in a row stood alone and were refused, and nothing has passed: is it the events, or is it everything?
    // One from the far end tells. Should it be refused too, the rest is kept until that has changed.
    if (line.refusals.alone === mostAlone - 1) bringLastForward(queue);
    if (line.refusals.alone >= mostAlone) return { setback: alone, requests: made, sent };
  }
  return { setback: undefined, requests: made, sent };
}

/** This many events refused alone, one after another and none taken between, are not to blame each for itself. */
const mostAlone = 3;

function bringLastForward(queue: (readonly Item<unknown>[])[]): void {
  const last = queue.pop();
  if (!last) return;
  if (last.length > 1) queue.push(last.slice(0, -1));
  queue.unshift(last.slice(-1));
}

async function sendOnce(request: readonly Item<unknown>[], line: Line): Promise<readonly SendResult[]> {
  if (request.length === 0) return [];
  const { settings, credentials, http } = line;
  try {
    return await line.connector.send(request, { settings, credentials, http });
  } catch (error) {
    const detail = `the connector failed: ${errorKind(error)}`;
    return request.map(({ id }) => ({ id, outcome: 'deferred', code: 'send_threw', detail, scope: 'current' }));
  }
}

const unanswered: Verdict = {
  outcome: 'deferred',
  code: 'unanswered',
  detail: 'the connector said nothing of this event',
  scope: 'event',
};

/** Every item with its verdict. Silence is not success, and an answer about anything else is ignored. */
function* answersOf(request: readonly Item<unknown>[], results: readonly SendResult[]): Generator<[Item<unknown>, Verdict]> {
  const byId = new Map<string, SendResult>();
  for (const result of results) byId.set(result.id, result);
  for (const item of request) yield [item, byId.get(item.id) ?? unanswered];
}
