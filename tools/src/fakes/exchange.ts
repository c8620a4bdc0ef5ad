import type { IncomingHttpHeaders } from 'node:http';
import type { Partial400 } from './faults/rule.js';

/** A request as it came in. Until the body is there, `body` is empty and `complete` false. */
export interface FakeRequest {
  readonly seq: number;
  /** Virtual time of arrival. */
  readonly receivedAt: number;
  /** The listener it came in by, for example `us`. */
  readonly listener: string;
  readonly connectionId: number;
  /** How many requests the connection carried before this one. */
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
  /** Empty for an answer that has no body. */
  readonly contentType: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What the partner says to a request. Nothing is stored before `commit` is called; without one there is nothing to store. */
export interface Decision {
  readonly answer: Answer;
  readonly reason: string;
  readonly project?: string | undefined;
  readonly eventCount: number;
  readonly uncompressedBytes: number;
  readonly commit?: () => void;
  /** Notes the events that the answer refuses by name; called when there is no `commit`, after all of them were noted as not stored. */
  readonly reject?: () => void;
}

/** What faults change of a partner's ways for one request. */
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

/** How a partner words what a fault makes it say. */
export interface Dialect {
  revoked(request: FakeRequest): Answer;
  refusedWithoutDetails(): Answer;
  forbidden(): Answer;
  gzipRefused(status: 400 | 415): Answer;
  /** `named` are the events' ids that the answer lists where the partner's format can; `all` lists every one, `none` nobody. */
  tooManyRequests(request: FakeRequest, named: 'none' | 'all' | readonly string[]): Answer;
}

/** A partner's service: what it decides, and what faults must know of its requests. */
export interface PartnerService {
  /** Whether `projectOf` can answer before the body has arrived. */
  readonly projectInHeaders: boolean;
  /** More requests of one project at a time than this are a violation. */
  readonly maxInFlight: number;
  /** The project a request is for, as far as can be told from what has arrived. */
  projectOf(request: FakeRequest): string | undefined;
  /** The ids of the events in a request's body, in order, whatever else is wrong with them; empty when there are none to be found. */
  idsOf(request: FakeRequest): readonly string[];
  eventCountOf(request: FakeRequest): number;
  decide(request: FakeRequest, conditions: Conditions): Decision;
  /** The answer to a request has gone out, or the client is gone. */
  left?(seq: number): void;
  readonly dialect: Dialect;
}
