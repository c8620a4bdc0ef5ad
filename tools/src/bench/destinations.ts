/** An event as the generator and the files of the floor have it. */
export interface PlatformEvent {
  readonly event_type: string;
  readonly id: string;
  readonly time: number;
  readonly user: { readonly external_user_id: string; readonly device_id: string };
  readonly properties: Record<string, unknown>;
}

/** One destination of the bench: how the hub and a plain script send to the sink, and how that counts and answers. */
interface BenchDestination {
  /** The path of requests at the sink. */
  readonly path: string;
  /** Settings of the Current; the sinks have no limits, because the bench measures the hub and not a partner's. */
  settings(sinkUrl: string): Readonly<Record<string, unknown>>;
  readonly credentials: Readonly<Record<string, string>>;
  /** The key before the id that every event has exactly once. */
  readonly idKey: string;
  answer(events: number): string;
  /** The simplest mapping that a script can have. */
  mapPlainly(event: PlatformEvent): unknown;
  /** The body of a request. */
  bodyOf(events: readonly unknown[]): string;
}

const key = 'bench';

export const benchDestinations = {
  mixpanel: {
    path: '/import?strict=1',
    settings: (baseUrl) => ({ region: 'us', baseUrl, rateShare: 100 }),
    credentials: { kind: 'projectToken', token: key },
    idKey: '"$insert_id":"',
    answer: (found) => `{"code":200,"num_records_imported":${found},"status":"OK"}`,
    mapPlainly: ({ event_type, id, time, user, properties }) => ({
      event: event_type,
      properties: { ...properties, time: time * 1000, distinct_id: user.external_user_id, $insert_id: id },
    }),
    bodyOf: (events) => JSON.stringify(events),
  },
  amplitude: {
    path: '/batch',
    settings: (baseUrl) => ({ region: 'us', baseUrl, gzip: true }),
    credentials: { apiKey: key },
    idKey: '"insert_id":"',
    answer: (found) => `{"code":200,"events_ingested":${found}}`,
    mapPlainly: ({ event_type, id, time, user, properties }) => ({
      user_id: user.external_user_id,
      device_id: user.device_id,
      event_type,
      time: time * 1000,
      insert_id: id,
      event_properties: properties,
    }),
    bodyOf: (events) => JSON.stringify({ api_key: key, events }),
  },
  posthog: {
    path: '/posthog/batch',
    settings: (sinkUrl) => ({ region: 'us', baseUrl: `${sinkUrl}/posthog` }),
    credentials: { projectToken: key },
    idKey: '"uuid":"',
    answer: () => '{"status":"Ok"}',
    mapPlainly: ({ event_type, id, time, user, properties }) => ({
      event: event_type,
      distinct_id: user.external_user_id,
      uuid: id,
      timestamp: new Date(time * 1000).toISOString(),
      properties,
    }),
    bodyOf: (batch) => JSON.stringify({ api_key: key, batch }),
  },
  http: {
    path: '/events',
    settings: (sinkUrl) => ({ url: `${sinkUrl}/events`, gzip: true, eventsPerRequest: 1_000, requestBytes: 4_000_000 }),
    credentials: { token: key },
    idKey: '"id":"',
    answer: () => '{}',
    mapPlainly: (event) => event,
    bodyOf: (events) => JSON.stringify({ events }),
  },
} as const satisfies Record<string, BenchDestination>;

export type BenchDestinationName = keyof typeof benchDestinations;

export const benchDestinationNames = Object.keys(benchDestinations) as [
  BenchDestinationName,
  ...BenchDestinationName[],
];
