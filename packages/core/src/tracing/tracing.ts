import type { Http } from '@currents/connector';

/**
 * Traces of what happens to a sample of the accepted requests. Without OpenTelemetry's types: its packages are loaded only
 * when traces are switched on, and may not be installed.
 */
export interface Tracing {
  /** Begins the span of a request with events. @param traceparent header of the request (W3C Trace Context) */
  request(facts: RequestFacts): RequestTrace;
  /** Begins the span of an attempt; undefined when no sampled request is among its events. */
  attempt(spans: readonly (Buffer | null)[], facts: AttemptFacts): AttemptTrace | undefined;
  /** Sends what is not sent yet. Never rejects. */
  stop(): Promise<void>;
}

export interface RequestFacts {
  readonly traceparent: string | undefined;
  readonly requestId: string;
  readonly tokenId: number;
}

export interface RequestTrace {
  /** What the request is answered with, as `traceparent`. */
  readonly traceparent: string;
  /** Begins the span of storing the request's events; undefined when the request is not sampled. */
  storing(): StoringTrace | undefined;
  /** Ends the spans of the request. */
  end(status: number, counts?: { readonly accepted: number; readonly quarantined: number }): void;
}

/** The span of storing the events of one request. */
export interface StoringTrace {
  /** Stored beside the events, so that attempts can be linked to it: see `storedSpanBytes`. */
  readonly position: Buffer;
  /** Ends it. */
  stored(batch: { readonly requests: number; readonly events: number }): void;
}

export interface AttemptFacts {
  readonly currentId: number;
  readonly deliveries: number;
  readonly events: number;
}

export interface AttemptTrace {
  /** The client, with a span for each request that it makes. */
  traced(http: Http): Http;
  /** Ends it. @param error why the attempt or the Current failed, as a code */
  end(result: { readonly requests: number; readonly delivered: number; readonly error?: string | undefined }): void;
}

/** A span is stored as the 16 bytes of its trace id and the 8 bytes of its own id, one after the other. */
export const storedSpanBytes = 24;
/** Sampled requests of one batch that its attempts are linked to. */
export const maxStoredSpans = 32;
