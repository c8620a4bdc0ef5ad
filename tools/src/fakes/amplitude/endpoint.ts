import type { AmplitudeProfile } from './profile.js';
import type { ProjectState } from './project.js';

export type EndpointName = 'httpapi' | 'batch';

/** What the two upload endpoints differ in. */
export interface Endpoint {
  readonly name: EndpointName;
  readonly maxEvents: number;
  largestBytes(profile: AmplitudeProfile): number;
  eps(state: ProjectState): number;
  /** How long an id that went too fast has to stay away. */
  readonly pauseMs: number;
}

export const endpoints: Readonly<Record<string, Endpoint>> = {
  // Amplitude, HTTP V2 API: under 1 MB and under 2000 events, 30 events a second, a pause of 30 seconds.
  '/2/httpapi': {
    name: 'httpapi',
    maxEvents: 1999,
    largestBytes: (profile) => profile.httpapiMaxBytes - 1,
    eps: ({ limits }) => limits.httpapiEps ?? 30,
    pauseMs: 30_000,
  },
  // Amplitude, Batch Event Upload API: up to 20 MB and 2000 events, 1000 events a second, a pause of 15 seconds.
  '/batch': {
    name: 'batch',
    maxEvents: 2000,
    largestBytes: (profile) => profile.batchMaxBytes,
    eps: ({ limits }) => limits.batchEps ?? 1000,
    pauseMs: 15_000,
  },
};
