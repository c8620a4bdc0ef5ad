import type { IncomingHttpHeaders } from 'node:http';
import type { Partial400 } from './faults/rule.js';

/** A received request. Until the body has arrived, `body` is empty and `complete` is false. */
export interface FakeRequest {
  readonly seq: number;
  /** Virtual time of arrival. */
  readonly receivedAt: number;
  /** The listener that received the request, for example `us`. */
  readonly listener: string;
  readonly connectionId: number;
  /** The number of earlier requests on the connection. */
  readonly requestsBefore: number;
  readonly remoteAddress: string;
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly queryText: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Uint8Array;
  readonly complete: boolean;
}

export interface Answer {
  readonly status: number;
  readonly body: string;
  /** Empty for a response without a body. */
  readonly contentType: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The partner's decision on a request. Events are stored only by `commit`; without it there is nothing to store. */
export interface Decision {
  readonly answer: Answer;
  readonly reason: string;
  readonly project?: string | undefined;
  readonly eventCount: number;
  readonly uncompressedBytes: number;
  readonly commit?: () => void;
  /** Records the events that the response refuses individually; called without a `commit`, after all events are recorded as not stored. */
  readonly reject?: () => void;
}

/** The changes of faults to a partner's behaviour for one request. */
export interface Conditions {
  maxBytes?: number;
  partial400?: Partial400;
  skewMs: number;
  deliveries: number;
  readBytesPerSecond?: number;
  answerBytesPerSecond?: number;
}

export function json(status: number, body: unknown, headers?: Readonly<Record<string, string>>): Answer {
  return { status, body: JSON.stringify(body), contentType: 'application/json', ...(headers && { headers }) };
}

export function text(status: number, body: string): Answer {
  return { status, body, contentType: 'text/plain; charset=utf-8' };
}

export function empty(status: number): Answer {
  return { status, body: '', contentType: '' };
}

/** A decision that stores nothing, about a request without events. */
export function decided(request: FakeRequest, answer: Answer, reason: string): Decision {
  return { answer, reason, eventCount: 0, uncompressedBytes: request.body.byteLength };
}

/** The responses of a partner for faults. */
export interface Dialect {
  revoked(request: FakeRequest): Answer;
  refusedWithoutDetails(): Answer;
  forbidden(): Answer;
  gzipRefused(status: 400 | 415): Answer;
  /** `named`: the ids of the events that the response lists, if the partner's format allows it; `all` lists every event, `none` no event. */
  tooManyRequests(request: FakeRequest, named: 'none' | 'all' | readonly string[]): Answer;
}

/** A partner's service: its decisions, and the properties of its requests that faults need. */
export interface PartnerService {
  /** Whether `projectOf` works before the body has arrived. */
  readonly projectInHeaders: boolean;
  /** The maximum of concurrent requests of one project; more are a violation. */
  readonly maxInFlight: number;
  /** The project of a request, if the received part determines it. */
  projectOf(request: FakeRequest): string | undefined;
  /** The ids of the events in a request's body, in order, including invalid events; empty if none can be found. */
  idsOf(request: FakeRequest): readonly string[];
  eventCountOf(request: FakeRequest): number;
  decide(request: FakeRequest, conditions: Conditions): Decision;
  /** Called when the response has been sent or the client has disconnected. */
  left?(seq: number): void;
  readonly dialect: Dialect;
}
