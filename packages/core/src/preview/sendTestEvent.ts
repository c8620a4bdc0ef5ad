import { randomUUID } from 'node:crypto';
import { testMark, type Http, type HttpAnswer, type RecordedRequest, type SendOutcome } from '@currents/connector';
import { findEventType, sampleOf, selects, type CatalogueEvent, type EventType } from '@currents/schema';
import type { Admin } from '../admin/admin.js';
import {
  currentNotFound,
  fieldProblem,
  inputInvalid,
  type CurrentNotFound,
  type CurrentWrongState,
  type InputInvalid,
  type Problem,
} from '../admin/problem.js';
import { countCall } from '../budget/callLimit.js';
import type { CallsThrottled } from '../currents/testGiven.js';
import { findCurrent } from '../currents/currents.js';
import { allowedActions } from '../currents/currentView.js';
import { shownWords } from '../currents/redactAnswer.js';
import { carried } from '../currents/selections.js';
import { wrongState, type CurrentNotReady } from '../currents/transitions.js';
import { errorKind } from '../delivery/attemptContext.js';
import { createCompression } from '../delivery/compression.js';
import { isUsable, loadCurrent, type LoadedCurrent } from '../loadCurrent.js';
import { judgeEvent, requestFor } from './judgeEvent.js';

/** The destination accepted a test event. */
export interface TestEventSent {
  readonly kind: 'TestEventSent';
  readonly eventTypeName: string;
  readonly eventId: string;
  readonly request: RecordedRequest | undefined;
  readonly response: TestResponse | undefined;
  /** Why the answer, a success, does not confirm the event. */
  readonly warning: string | undefined;
}

/** What the destination answered, without credentials. */
interface TestResponse {
  readonly status: number;
  /** At most 300 characters. */
  readonly body: string;
}

/** The connector does not send an event of this type. */
type TestEventNotSent = Problem<'TestEventNotSent', { reason: string }>;

/** The destination refused the event or the Current, or did not answer. */
type TestEventFailed = Problem<
  'TestEventFailed',
  { outcome: 'refused' | 'unreachable'; reason: string; response: TestResponse | undefined }
>;

type SendTestEventResult =
  | TestEventSent
  | TestEventNotSent
  | TestEventFailed
  | CallsThrottled
  | CurrentNotFound
  | CurrentWrongState
  | CurrentNotReady
  | InputInvalid;

const maxPerMinute = 20;

/** Whose event it is: the same user and device each time, so that they are easy to find and delete at the destination. */
const testUser = {
  user_id: 'currents-test-user',
  external_user_id: 'currents-test-user',
  device_id: 'currents-test-device',
  timezone: 'UTC',
} as const;

/**
 * Sends one marked sample to the destination, and returns what it answered. The event is neither stored nor in any count
 * of events; the audit log has it. All processes together send 20 per minute for one Current.
 * @param eventTypeName by default the first type that the Current carries.
 */
export async function sendTestEvent(admin: Admin, id: string, eventTypeName?: string): Promise<SendTestEventResult> {
  const row = await findCurrent(admin.db, id);
  if (!row) return currentNotFound();
  if (!allowedActions(row.state).includes('test')) return wrongState(row, 'test');
  const loaded = await loadCurrent(admin.sql, row.id, admin);
  if (!loaded) return currentNotFound();
  if (!isUsable(loaded)) return { kind: 'CurrentNotReady', message: loaded.detail, reason: loaded.code };
  const eventType =
    eventTypeName === undefined ? carried(row.selection, loaded.connector)[0] : findEventType(eventTypeName);
  if (!eventType) {
    const got =
      eventTypeName === undefined ? 'none that the Current carries' : JSON.stringify(eventTypeName.slice(0, 100));
    return inputInvalid([
      fieldProblem('eventTypeName', 'unknown_value', `expected the name of an event type, got ${got}`),
    ]);
  }
  if (!selects(row.selection, eventType)) {
    const message = `${JSON.stringify(row.name)} does not select ${eventType.name}`;
    return { kind: 'TestEventNotSent', message, reason: 'not_selected' };
  }
  const waitMs = await countCall(admin.sql, { key: `test_event:${row.id}`, perMinute: maxPerMinute });
  if (waitMs > 0) {
    const message = `expected at most ${maxPerMinute} test events per minute for one Current, got more`;
    return { kind: 'CallsThrottled', message, retryAfterMs: waitMs };
  }
  return send(admin, loaded, eventType);
}

async function send(admin: Admin, loaded: LoadedCurrent, eventType: EventType): Promise<SendTestEventResult> {
  const { connector, settings, credentials } = loaded;
  const event = testEventOf(eventType);
  const rules = { connector, settings, selection: undefined };
  const { judgement, mapped } = judgeEvent(rules, event);
  if (mapped?.verdict !== 'sent') {
    const message = judgement.detail ?? judgement.reason?.description ?? 'the connector does not send it';
    return { kind: 'TestEventNotSent', message, reason: judgement.reason?.code ?? judgement.verdict };
  }
  const request = await requestFor({ draft: rules, credentials }, mapped);
  const shown = shownWords(connector, credentials);
  const answers: HttpAnswer[] = [];
  const http: Http = {
    async request(asked) {
      const answer = await admin.http.request(asked);
      answers.push(answer);
      return answer;
    },
  };
  let outcome: SendOutcome | undefined;
  try {
    const results = await createCompression(http).send((through) =>
      connector.send([mapped.item], { settings, credentials, http: through }),
    );
    outcome = results.find((result) => result.id === event.id);
  } catch (error) {
    const message = `the connector failed: ${errorKind(error)}`;
    return { kind: 'TestEventFailed', outcome: 'unreachable', reason: 'send_threw', message, response: undefined };
  }
  const response = responseOf(answers.at(-1), shown);
  if (outcome?.outcome === 'delivered') {
    const { warning } = outcome;
    return {
      kind: 'TestEventSent',
      eventTypeName: eventType.name,
      eventId: event.id,
      request: request && 'url' in request ? request : undefined,
      response,
      warning: warning === undefined ? undefined : shown(warning),
    };
  }
  const { code, detail } = outcome ?? {
    code: 'unanswered',
    detail: 'the answer does not say what became of the event',
  };
  const isRefused = outcome !== undefined && outcome.outcome !== 'deferred';
  const message = shown(detail);
  return { kind: 'TestEventFailed', outcome: isRefused ? 'refused' : 'unreachable', reason: code, message, response };
}

function testEventOf(eventType: EventType): CatalogueEvent {
  const sample = sampleOf(eventType.name);
  return {
    ...sample,
    id: randomUUID(),
    time: Math.floor(Date.now() / 1000),
    user: testUser,
    properties: { ...sample.properties, [testMark]: true },
  };
}

function responseOf(answer: HttpAnswer | undefined, shown: (text: string) => string): TestResponse | undefined {
  return answer && 'body' in answer ? { status: answer.status, body: shown(answer.body) } : undefined;
}
