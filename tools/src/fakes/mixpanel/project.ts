import type { FakeRequest } from '../exchange.js';
import type { Surroundings } from '../fake.js';
import { createRollingCount, type RollingCount } from '../rollingCount.js';
import type { MixpanelProfile } from './profile.js';
import type { QueryCohort } from './queryApi.js';

export type MixpanelRegion = 'us' | 'eu' | 'in';

export const mixpanelRegions: readonly MixpanelRegion[] = ['us', 'eu', 'in'];

export interface MixpanelProject {
  /** `us` when absent. */
  readonly region?: MixpanelRegion;
  readonly projectId: string;
  readonly token: string;
  /** The retired project secret. */
  readonly secret?: string;
  readonly serviceAccounts?: readonly { readonly user: string; readonly secret: string; readonly role: string }[];
  /** `simplified` when absent. */
  readonly identity?: 'simplified' | 'original';
  readonly limits?: {
    readonly maxBytesPerMin?: number;
    readonly maxEventsPerMin?: number;
    /** The number of events of one person and date from which further ones are renamed. A lean ledger counts them only if this is set. */
    readonly hotShardEvents?: number;
  };
}

export interface ProjectState {
  readonly project: MixpanelProject;
  readonly region: MixpanelRegion;
  readonly maxBytesPerMin: number;
  readonly maxEventsPerMin: number;
  readonly bytes: RollingCount;
  readonly events: RollingCount;
  /** Events per person and date, for the hot shard rule. */
  readonly shards: Map<string, number>;
  /** Calls of the Query API. */
  readonly queries: RollingCount;
  readonly cohorts: Map<number, QueryCohort>;
  /** The properties of profiles that /engage has set, by distinct_id. */
  readonly people: Map<string, Readonly<Record<string, unknown>>>;
}

/** The state of Mixpanel's ingestion. */
export interface Ingestion extends Surroundings<MixpanelProfile> {
  readonly projects: () => readonly ProjectState[];
  /** Caches the parsed records of each body. */
  readonly keepRecords: (request: FakeRequest, records: readonly unknown[]) => void;
}

export function openProject(project: MixpanelProject): ProjectState {
  for (const name of ['projectId', 'token'] as const) {
    if (typeof project[name] !== 'string' || project[name] === '')
      throw new Error(`a Mixpanel project needs a ${name}; got ${JSON.stringify(project[name])}`);
  }
  const region = project.region ?? 'us';
  if (!mixpanelRegions.includes(region))
    throw new Error(`unknown region ${JSON.stringify(region)}; expected one of ${mixpanelRegions.join(', ')}`);
  return {
    project,
    region,
    // Mixpanel, Import Events reference: 2 GB or about 30,000 events a second, over a rolling minute.
    maxBytesPerMin: project.limits?.maxBytesPerMin ?? 2_000_000_000,
    maxEventsPerMin: project.limits?.maxEventsPerMin ?? 1_800_000,
    bytes: createRollingCount(),
    events: createRollingCount(),
    shards: new Map(),
    queries: createRollingCount(),
    cohorts: new Map(),
    people: new Map(),
  };
}
