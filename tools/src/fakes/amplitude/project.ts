import { createRollingCount, type RollingCount } from '../rollingCount.js';
import type { AmplitudeCohort } from './cohortsApi.js';
import { createThrottle, type Throttle } from './throttle.js';

export type AmplitudeRegion = 'us' | 'eu';

export interface AmplitudeProject {
  /** `us` when absent. */
  readonly region?: AmplitudeRegion;
  readonly apiKey: string;
  /** The secret key of the User Profile API and the Behavioral Cohorts API. */
  readonly secretKey?: string;
  /** The name of the project in faults and in the ledger; default: the API key. */
  readonly projectId?: string;
  readonly limits?: {
    readonly httpapiEps?: number;
    readonly batchEps?: number;
    /** Events of one user or device in 24 hours. */
    readonly dailyEvents?: number;
    /** Events per second of the whole project, as on the Starter plan; default: no limit. */
    readonly projectEps?: number;
    /** Cohort files in a month. */
    readonly cohortFiles?: number;
  };
}

export interface ProjectState {
  readonly project: AmplitudeProject;
  limits: NonNullable<AmplitudeProject['limits']>;
  readonly name: string;
  readonly region: AmplitudeRegion;
  readonly throttle: Throttle;
  readonly events: RollingCount;
  readonly silenced: Set<string>;
  /** Calls of the User Profile API. */
  readonly profileCalls: RollingCount;
  /** Cohort files per month and per ten minutes. */
  readonly downloads: RollingCount;
  readonly orders: RollingCount;
  readonly cohorts: Map<string, AmplitudeCohort>;
}

export function openProject(project: AmplitudeProject): ProjectState {
  if (typeof project.apiKey !== 'string' || project.apiKey === '') {
    throw new Error(`an Amplitude project needs an apiKey; got ${JSON.stringify(project.apiKey)}`);
  }
  const region = project.region ?? 'us';
  if (region !== 'us' && region !== 'eu')
    throw new Error(`unknown region ${JSON.stringify(region)}; expected us or eu`);
  return {
    project,
    limits: project.limits ?? {},
    name: project.projectId ?? project.apiKey,
    region,
    throttle: createThrottle(),
    events: createRollingCount(),
    silenced: new Set(),
    profileCalls: createRollingCount(),
    downloads: createRollingCount(),
    orders: createRollingCount(),
    cohorts: new Map(),
  };
}
