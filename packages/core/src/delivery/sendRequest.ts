import type { SendResult, SendOutcome } from '@currents/connector';
import { errorKind, type AttemptContext, type CurrentFailure, type UnconfirmedEvents } from './attemptContext.js';
import type { DeliveryItem } from './deliveryItem.js';
import { postpone, type Throttled } from './postpone.js';

/** What the results of one request leave to do; every other event is resolved in its attempt. */
export interface RequestAnswer {
  /** The request was refused as a whole for being too large or bad; these items are to be sent in halves. */
  refusal: Extract<SendOutcome, { outcome: 'split' }> | undefined;
  readonly refused: DeliveryItem[];
  /** A failure of the whole Current. */
  failure: CurrentFailure | undefined;
  /** The deferral of a single event, when that stood alone. */
  deferral: CurrentFailure | undefined;
  unconfirmed: UnconfirmedEvents | undefined;
  readonly throttled: Throttled[];
  /** Items to send again with the next attempt, which begins at once. */
  readonly repeatable: DeliveryItem[];
}

/** Sends one request, and resolves its items by their results. */
export async function sendRequest(request: readonly DeliveryItem[], context: AttemptContext): Promise<RequestAnswer> {
  const startedMs = context.now();
  context.concurrency.onRequest();
  const results = await send(request, context);
  const answeredMs = context.now();
  const byId = isInOrder(request, results) ? undefined : new Map(results.map((result) => [result.id, result]));
  const answer: RequestAnswer = {
    refusal: undefined,
    refused: [],
    failure: undefined,
    deferral: undefined,
    unconfirmed: undefined,
    throttled: [],
    repeatable: [],
  };
  for (let index = 0; index < request.length; index++) {
    const item = request[index] as DeliveryItem;
    // A missing result is not success, and a result for any other id is ignored.
    resolve(item, (byId ? byId.get(item.id) : results[index]) ?? unanswered, answer, answeredMs, context);
  }
  const isCongested = answer.failure !== undefined || answer.throttled.length > 0;
  if (isCongested || answer.refusal) context.concurrency.onRefused();
  else context.concurrency.onResponse(answeredMs - startedMs);
  if (isCongested) context.concurrency.onCongestion();
  return answer;
}

function resolve(
  item: DeliveryItem,
  verdict: SendOutcome,
  answer: RequestAnswer,
  answeredMs: number,
  context: AttemptContext,
): void {
  const { attempt, position } = item;
  switch (verdict.outcome) {
    case 'delivered':
      attempt.deliver(position);
      context.refusals.alone = 0;
      if (verdict.warning !== undefined)
        answer.unconfirmed = { events: (answer.unconfirmed?.events ?? 0) + 1, warning: verdict.warning };
      break;
    case 'rejected':
      attempt.deadLetter(position, verdict);
      break;
    case 'split':
      answer.refusal = verdict;
      answer.refused.push(item);
      break;
    case 'blocked':
      answer.failure = verdict;
      break;
    case 'deferred':
      if (verdict.scope === 'current') answer.failure ??= verdict;
      else if (verdict.scope === 'key') answer.throttled.push({ item, verdict });
      else if (verdict.afterMs === 0) answer.repeatable.push(item);
      else {
        const { code, detail, afterMs } = verdict;
        postpone(item, { code, detail, dueAtMs: afterMs && answeredMs + afterMs }, context, answeredMs);
        answer.deferral = verdict;
      }
      break;
  }
}

async function send(request: readonly DeliveryItem[], context: AttemptContext): Promise<readonly SendResult[]> {
  const { connector, settings, credentials, compression } = context;
  try {
    return await compression.send((http) => connector.send(request, { settings, credentials, http }));
  } catch (error) {
    const detail = `the connector failed: ${errorKind(error)}`;
    return request.map(({ id }) => ({ id, outcome: 'deferred', code: 'send_threw', detail, scope: 'current' }));
  }
}

const unanswered: SendOutcome = {
  outcome: 'deferred',
  code: 'unanswered',
  detail: 'the connector returned no result for this event',
  scope: 'event',
};

/** Whether there is one result per item, in the same order. Usually so, and then no index is needed. */
function isInOrder(request: readonly DeliveryItem[], results: readonly SendResult[]): boolean {
  if (results.length !== request.length) return false;
  for (let index = 0; index < request.length; index++) {
    if ((results[index] as SendResult).id !== (request[index] as DeliveryItem).id) return false;
  }
  return true;
}
